"""Counts beside the results: each facet counts with every other selection but its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from orientation.answer import FacetValue
from orientation.criteria import Criteria
from orientation.query.clauses import Clause, all_of, in_one_place
from orientation.query.filters import unit_clauses
from orientation.query.places import place_clauses

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


def without(criteria: Criteria, names: Iterable[str]) -> Criteria:
    """Return the question without its selections in these facets."""
    changes: dict[str, Any] = {FACETS[name].selects: () for name in names}
    if "equipment" in names:
        changes["equipment_weight_min"] = None
    return replace(criteria, **changes) if changes else criteria


def eligible(criteria: Criteria, radius_m: int | None) -> Clause:
    """Return the whole question as one filter: what a result must satisfy."""
    return all_of((*unit_clauses(criteria), in_one_place(place_clauses(criteria, radius_m))))


def facet_aggregations(criteria: Criteria, names: tuple[str, ...], radii: tuple[int | None, ...]) -> dict[str, Any]:
    """Return one aggregation a facet; ``radii`` are the rungs to count within, one bucket each."""
    open_facets = selected(criteria, names)
    return {name: _counted(name, criteria, open_facets, radii) for name in names}


def _counted(
    name: str, criteria: Criteria, open_facets: tuple[str, ...], radii: tuple[int | None, ...]
) -> dict[str, Any]:
    own = without(criteria, (name,) if name in open_facets else ())
    if len(radii) == 1 and not open_facets:
        return _values(name, own, radii[0])
    discs = {str(n): _narrowed(own, open_facets, radius) for n, radius in enumerate(radii)}
    if not FACETS[name].of_places:
        return {"filters": {"filters": discs}, "aggs": {"values": _values(name, own, None)}}
    parts = {n: {"filter": disc, "aggs": {"values": _values(name, own, radii[int(n)])}} for n, disc in discs.items()}
    return {"filter": {"match_all": {}}, "aggs": parts}


def _narrowed(own: Criteria, open_facets: tuple[str, ...], radius_m: int | None) -> Clause:
    """Return what the main query leaves out for the sake of other facets, within a radius."""
    clauses = unit_clauses(own) if open_facets else []
    return all_of((*clauses, in_one_place(place_clauses(own, radius_m))))


def _values(name: str, own: Criteria, radius_m: int | None) -> dict[str, Any]:
    """Count units by value; a value of places counts only places that answer everything else."""
    facet = FACETS[name]
    terms = {"terms": {"field": facet.field, "size": _EVERY_CODE}}
    if not facet.of_places:
        return terms
    inside = {"filter": all_of(place_clauses(own, radius_m)), "aggs": {"values": terms | _BY_UNIT}}
    return {"nested": {"path": "places"}, "aggs": {"places": inside}}


_BY_UNIT: dict[str, Any] = {"aggs": {"units": {"reverse_nested": {}}}}


def read_facets(
    aggregations: Mapping[str, Any], criteria: Criteria, names: tuple[str, ...], rung: int
) -> dict[str, tuple[FacetValue, ...]]:
    """Return the counts of the rung used, most units first, then by code."""
    return {name: _read(aggregations[name], name, criteria, str(rung)) for name in names}


def _read(found: Mapping[str, Any], name: str, criteria: Criteria, rung: str) -> tuple[FacetValue, ...]:
    if "buckets" in found and isinstance(found["buckets"], dict):
        found = found["buckets"][rung]["values"]
    elif rung in found:
        found = found[rung]["values"]
    if "places" in found:
        found = found["places"]["values"]
    chosen = set(getattr(criteria, FACETS[name].selects))
    counts = {bucket["key"]: bucket.get("units", bucket)["doc_count"] for bucket in found["buckets"]}
    values = [FacetValue(code, count, code in chosen) for code, count in counts.items()]
    values += [FacetValue(code, 0, selected=True) for code in chosen - counts.keys()]
    return tuple(sorted(values, key=lambda value: (-value.count, value.code)))
