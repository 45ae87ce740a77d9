"""The bed zones that a question is about: the places of the units that answer it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.gateway import Gateway
from orientation.access import MEDICO_SOCIAL
from orientation.criteria import Criteria
from orientation.errors import Forbidden
from orientation.query.clauses import all_of
from orientation.query.facets import eligible
from orientation.query.places import place_clauses
from orientation.search import UNITS

COUNTS_RIGHT = "Bed counts need an access profile of 1 to 4."
_PAGE = 10_000


def may_see_counts(criteria: Criteria) -> Criteria:
    """Return the question narrowed to what its profile may see counts of; ``Forbidden`` for none."""
    if not criteria.access.sees_counts:
        raise Forbidden(COUNTS_RIGHT)
    if criteria.access.profile != 3:
        return criteria
    kept = (MEDICO_SOCIAL,) if not criteria.fields or MEDICO_SOCIAL in criteria.fields else ("none",)
    return replace(criteria, fields=kept)


def zones_of(gateway: Gateway, criteria: Criteria, index: str = UNITS) -> list[str]:
    """Return the ids of the places that answer, each once, whatever the number of units that share it."""
    found: dict[str, None] = {}
    source: dict[str, Any] = {"size": _PAGE, "sources": [{"id": {"terms": {"field": "places.id"}}}]}
    inside = all_of(place_clauses(criteria, criteria.radius_m))
    while True:
        pages = {"pages": {"composite": source}}
        counted = {"places": {"nested": {"path": "places"}, "aggs": {"inside": {"filter": inside, "aggs": pages}}}}
        body = {
            "size": 0,
            "track_total_hits": False,
            "query": {"bool": {"filter": [eligible(criteria, criteria.radius_m)]}},
            "aggs": counted,
        }
        answer = gateway.search(index, body)["aggregations"]["places"]["inside"]["pages"]
        found |= dict.fromkeys(bucket["key"]["id"] for bucket in answer["buckets"])
        if len(answer["buckets"]) < _PAGE:
            return list(found)
        source["after"] = answer["after_key"]
