"""Which place of a unit answers: the same rules as the query, applied to the few places of one hit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from mappings.beds import HORIZON_FIELDS
from mappings.capacity import HORIZONS
from mappings.document import weight_token
from mappings.geo import Point, distance_m
from orientation.criteria import Criteria
from orientation.query.freshness import is_stale
from orientation.query.ranking import BED_TIERS

Place = Mapping[str, Any]

EDGE_M = 0.05
"""The engine keeps points to about a centimetre: a place this near outside the radius is the one it took."""


def best_place(criteria: Criteria, places: list[dict[str, Any]], radius_m: int | None) -> dict[str, Any] | None:
    """Return the place that gives the unit its rank: by bed tier where beds rank, then by distance.

    A unit found has one that answers every criterion; with no criterion on places and no origin the first stands.
    """
    if len(places) < 2:
        return places[0] if places else None
    answering = [place for place in places if answers(criteria, place, radius_m)]
    return min(answering or places, key=lambda place: _rank(criteria, place))


def _rank(criteria: Criteria, place: Place) -> tuple[float, float, float]:
    tier = BED_TIERS.index(bed_tier(criteria, place)) if criteria.beds_matter and criteria.sort != "distance" else 0
    count = -(free_beds(criteria, place) or 0) if criteria.sort == "beds" else 0
    metres = place_distance_m(criteria, place)
    return tier, count, float("inf") if metres is None else metres


def answers(criteria: Criteria, place: Place, radius_m: int | None) -> bool:
    """Say whether a place meets every criterion on places."""
    return (
        _is_near(criteria, place, radius_m)
        and _among(criteria.departments, place.get("department"))
        and _among(criteria.regions, place.get("region"))
        and _among(criteria.communes, place.get("insee"))
        and (not criteria.equipment or not set(criteria.equipment).isdisjoint(place.get("equipment", ())))
        and _bears(criteria, place)
        and _has_beds(criteria, place)
    )


def _among(asked: tuple[str, ...], value: str | None) -> bool:
    return not asked or value in asked


def _is_near(criteria: Criteria, place: Place, radius_m: int | None) -> bool:
    if criteria.origin is None or radius_m is None or place.get("insee") in criteria.origin.communes:
        return True
    metres = place_distance_m(criteria, place)
    return metres is not None and metres <= radius_m + EDGE_M


def _bears(criteria: Criteria, place: Place) -> bool:
    if criteria.equipment_weight_min is None:
        return True
    least = [weight_token(code, criteria.equipment_weight_min) for code in criteria.equipment]
    return any(
        token[:3] == floor[:3] and token >= floor for token in place.get("equipment_limits", ()) for floor in least
    )


def _has_beds(criteria: Criteria, place: Place) -> bool:
    if criteria.beds is None or criteria.beds.minimum is None:
        return True
    count = free_beds(criteria, place)
    return count is not None and count >= criteria.beds.minimum


def place_distance_m(criteria: Criteria, place: Place) -> float | None:
    """Return the metres from the origin to a place; ``None`` without an origin or a point."""
    point = place.get("point")
    if criteria.origin is None or point is None:
        return None
    return distance_m(criteria.origin.point, Point(point["lat"], point["lon"]))


def free_beds(criteria: Criteria, place: Place) -> int | None:
    """Return the free beds of the kind asked for by counts that count; ``None`` where nothing is known."""
    beds = criteria.wanted_beds
    free = place.get("beds", {}).get(HORIZON_FIELDS[HORIZONS[beds.horizon]])
    if free is None or _too_old(criteria, free["observed_at"]):
        return None
    count: int = free[beds.gender or "all"]
    return count


def _too_old(criteria: Criteria, observed_at: str) -> bool:
    oldest = criteria.wanted_beds.max_age_s
    return oldest is not None and datetime.fromisoformat(observed_at) < criteria.as_of - timedelta(seconds=oldest)


def bed_tier(criteria: Criteria, place: Place) -> str:
    """Return the bed tier of a place, as ``ranking.bed_tiers`` defines it."""
    count = free_beds(criteria, place)
    if count is None:
        return "beds_unknown"
    if count < max(1, criteria.wanted_beds.minimum or 1):
        return "beds_none"
    horizon = HORIZON_FIELDS[HORIZONS[criteria.wanted_beds.horizon]]
    observed_at = datetime.fromisoformat(place["beds"][horizon]["observed_at"])
    return "beds_stale" if is_stale(place, observed_at, criteria) else "beds_fresh"
