"""The bed zones that a question is about: the places of the units that answer it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from engine.gateway import Gateway
from orientation.access import MEDICO_SOCIAL
from orientation.criteria import Criteria
from orientation.errors import Forbidden
from orientation.query.clauses import all_of
from orientation.query.facets import eligible
from orientation.query.places import place_clauses
from orientation.query.shape import BOTH, Shape, flat_name, of_shape
from orientation.search import UNITS

COUNTS_RIGHT = "Bed counts need an access profile of 1 to 4."
_PAGE = 10_000


def may_see_counts(criteria: Criteria) -> Criteria:
    """Return the question narrowed to what its profile may see counts of; ``Forbidden`` for none."""
    if not criteria.access.sees_counts:
        raise Forbidden(COUNTS_RIGHT)
    if not criteria.access.counts_of_one_field:
        return criteria
    kept = (MEDICO_SOCIAL,) if not criteria.fields or MEDICO_SOCIAL in criteria.fields else ("none",)
    return replace(criteria, fields=kept)


def zones_of(gateway: Gateway, criteria: Criteria, index: str = UNITS) -> list[str]:
    """Return the ids of the places that answer, each once, whatever the number of units that share it."""
    found: dict[str, None] = {}
    for shape in BOTH:
        for page in _pages(gateway, criteria, index, shape):
            found |= dict.fromkeys(page)
    return list(found)


def _pages(gateway: Gateway, criteria: Criteria, index: str, shape: Shape) -> Iterator[list[str]]:
    """Yield the ids of the places of units of one shape that answer, some at a time."""
    field = "places.id" if shape is Shape.ROWS else flat_name("places.id")
    source: dict[str, Any] = {"size": _PAGE, "sources": [{"id": {"terms": {"field": field}}}]}
    while True:
        body = {
            "size": 0,
            "track_total_hits": False,
            "query": of_shape(shape, eligible(criteria, criteria.radius_m)),
            "aggs": _inside(criteria, shape, {"pages": {"composite": source}}),
        }
        answer = gateway.search(index, body)["aggregations"]
        if shape is Shape.ROWS:
            answer = answer["places"]["inside"]
        buckets = answer["pages"]["buckets"]
        yield [bucket["key"]["id"] for bucket in buckets]
        if len(buckets) < _PAGE:
            return
        source["after"] = answer["pages"]["after_key"]


def _inside(criteria: Criteria, shape: Shape, pages: dict[str, Any]) -> dict[str, Any]:
    """Return what counts only the rows that answer; the only place of a unit that answers does."""
    if shape is not Shape.ROWS:
        return pages
    answering = {"filter": all_of(place_clauses(criteria, criteria.radius_m)), "aggs": pages}
    return {"places": {"nested": {"path": "places"}, "aggs": {"inside": answering}}}
