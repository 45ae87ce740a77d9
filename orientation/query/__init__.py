"""A question as an Elasticsearch query: pure functions from ``Criteria`` to plain dicts, one module a concern."""
