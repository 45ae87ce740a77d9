"""Elasticsearch itself: the embedded node, and the one gateway that knows the client."""
