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


def without(criteria: Criteria, name: str) -> Criteria:
    """Return the question without its selection in a facet."""
    if name == "equipment":
        return replace(criteria, equipment=(), equipment_weight_min=None)
    if name == "activity":
        return replace(criteria, activities=(), near_activities=())
    changes: dict[str, Any] = {FACETS[name].selects: ()}
    return replace(criteria, **changes)


def eligible(criteria: Criteria, radius_m: int | None) -> Clause:
    """Return the whole question as one filter: what a result must satisfy."""
    return all_of((*unit_clauses(criteria), in_one_place(place_clauses(criteria, radius_m))))


def facet_aggregations(criteria: Criteria, names: Iterable[str], radii: tuple[int | None, ...]) -> dict[str, Any]:
    """Return the aggregations of facets that the question selects nothing in.

    ``radii`` are the rungs to count within, each wider than the one before. With several, ``rungs`` has one bucket a
    rung, whose own count is the total within it; a single one is what the query itself says.
    """
    of_units = {name: _terms(FACETS[name].field) for name in names if not FACETS[name].of_places}
    of_places = {name: _by_place(name, criteria, radii) for name in names if FACETS[name].of_places}
    if len(radii) == 1:
        return of_units | of_places
    discs = {str(n): all_of([in_one_place(place_clauses(criteria, radius))]) for n, radius in enumerate(radii)}
    return {"rungs": {"filters": {"filters": discs}, "aggs": of_units}} | of_places


def _terms(field: str) -> dict[str, Any]:
    return {"terms": {"field": field, "size": _EVERY_CODE}}


def _by_place(name: str, criteria: Criteria, radii: tuple[int | None, ...]) -> dict[str, Any]:
    """Count units by what their places are; only places that answer everything else count."""
    values = _terms(FACETS[name].field) | {"aggs": {"units": {"reverse_nested": {}}}}
    discs = {str(n): all_of(place_clauses(criteria, radius)) for n, radius in enumerate(radii)}
    return {
        "nested": {"path": "places"},
        "aggs": {"rungs": {"filters": {"filters": discs}, "aggs": {"values": values}}},
    }


def read_facet(aggregations: Mapping[str, Any], name: str, criteria: Criteria, rung: int) -> tuple[FacetValue, ...]:
    """Return the counts of a facet within the rung used, most units first, then by code."""
    if FACETS[name].of_places:
        buckets = aggregations[name]["rungs"]["buckets"][str(rung)]["values"]["buckets"]
    elif "rungs" in aggregations:
        buckets = aggregations["rungs"]["buckets"][str(rung)][name]["buckets"]
    else:
        buckets = aggregations[name]["buckets"]
    chosen = set(getattr(criteria, FACETS[name].selects))
    counts = {bucket["key"]: bucket.get("units", bucket)["doc_count"] for bucket in buckets}
    values = [FacetValue(code, count, code in chosen) for code, count in counts.items()]
    values += [FacetValue(code, 0, selected=True) for code in chosen - counts.keys()]
    return tuple(sorted(values, key=lambda value: (-value.count, value.code)))
