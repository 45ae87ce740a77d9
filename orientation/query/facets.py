"""Counts beside the results: each facet counts with every other selection but its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from orientation.answer import FacetValue
from orientation.criteria import Criteria
from orientation.query.clauses import Clause, all_of, in_one_place, present
from orientation.query.filters import unit_clauses
from orientation.query.places import place_clauses
from orientation.query.shape import Shape, flat_name

_ROWS, _ANSWERING = "rows", "answering"
"""Aggregations that the facets of places lie in: rows of places, and those of them that answer."""

_EVERY_CODE = 1000
"""More values than any list has in use, so that counts on one shard are exact."""


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet: the field it counts, and the part of ``Criteria`` that selects in it."""

    field: str
    selects: str

    @property
    def of_places(self) -> bool:
        """Say whether it counts what places are rather than what units are."""
        return self.field.startswith("places.")


FACETS: Mapping[str, Facet] = {
    "activity": Facet("activities", "activities"),
    "mode": Facet("care_mode", "modes"),
    "field": Facet("field", "fields"),
    "public": Facet("publics", "publics"),
    "equipment": Facet("places.equipment", "equipment"),
    "site_category": Facet("site_category", "site_categories"),
    "department": Facet("places.department", "departments"),
    "region": Facet("places.region", "regions"),
    "commune": Facet("places.insee", "communes"),
    "act": Facet("acts", "acts"),
    "specialisation": Facet("specialisations", "specialisations"),
    "competence": Facet("competences", "competences"),
    "expertise": Facet("expertise", "expertise"),
    "reception": Facet("reception", "reception"),
    "offer_type": Facet("offer_type", "offer_types"),
}


def selected(criteria: Criteria, names: Iterable[str]) -> tuple[str, ...]:
    """Return the facets asked for that the question selects in: those that need a count without it."""
    return tuple(name for name in names if getattr(criteria, FACETS[name].selects))


def without(criteria: Criteria, name: str) -> Criteria:
    """Return the question without its selection in a facet."""
    if name == "equipment":
        return replace(criteria, equipment=(), equipment_weight_min=None)
    if name == "activity":
        return replace(criteria, activities=(), near_activities=())
    changes: dict[str, Any] = {FACETS[name].selects: ()}
    return replace(criteria, **changes)


def eligible(criteria: Criteria, radius_m: int | None) -> list[Clause]:
    """Return the whole question as filters, written about rows of places: what a result must satisfy."""
    return present((*unit_clauses(criteria), in_one_place(place_clauses(criteria, radius_m))))


def facet_aggregations(criteria: Criteria, names: Iterable[str], shape: Shape) -> dict[str, Any]:
    """Return the aggregations that count facets of the units of one shape that answer.

    Units count by what they are, or by what their places are; only places that answer everything else count.
    """
    flat, rows = {}, {}
    for name in names:
        facet = FACETS[name]
        if facet.of_places and shape is Shape.ROWS:
            rows[name] = _terms(facet.field) | {"aggs": {"units": {"reverse_nested": {}}}}
        else:
            flat[name] = _terms(flat_name(facet.field))
    if not rows:
        return flat
    answering = {"filter": all_of(place_clauses(criteria, criteria.radius_m)), "aggs": rows}
    return flat | {_ROWS: {"nested": {"path": "places"}, "aggs": {_ANSWERING: answering}}}


def _terms(field: str) -> dict[str, Any]:
    return {"terms": {"field": field, "size": _EVERY_CODE}}


def read_facet(counted: Iterable[Mapping[str, Any]], name: str, criteria: Criteria) -> tuple[FacetValue, ...]:
    """Return the counts of a facet over the units of each shape, most units first, then by code."""
    chosen = set(getattr(criteria, FACETS[name].selects))
    counts: Counter[str] = Counter()
    for aggregations in counted:
        told = aggregations[name] if name in aggregations else aggregations[_ROWS][_ANSWERING][name]
        for bucket in told["buckets"]:
            counts[bucket["key"]] += bucket.get("units", bucket)["doc_count"]
    values = [FacetValue(code, count, code in chosen) for code, count in counts.items()]
    values += [FacetValue(code, 0, selected=True) for code in chosen - counts.keys()]
    return tuple(sorted(values, key=lambda value: (-value.count, value.code)))
