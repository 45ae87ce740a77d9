"""The order of results as sort keys of the engine, ending in the unit's id so that it is total."""

from __future__ import annotations

from typing import Any

from orientation.criteria import Criteria
from orientation.query.clauses import Clause, all_of
from orientation.query.places import bed_count_field, place_clauses
from orientation.query.ranking import bed_tiers

MISSING_COUNT = -1
"""Sort value of a unit with no count, below any count."""


def sort_keys(criteria: Criteria, radius_m: int | None, *, by_rung: bool) -> list[Any]:
    """Return the sort of the asked order; ``by_rung`` puts the widening rung, carried by the score, first."""
    head: list[Any] = ["_score"] if by_rung or criteria.sort != "distance" else []
    places = place_clauses(criteria, radius_m)
    keys = [key for tier in _tiers(criteria) for key in _tier_keys(criteria, places, tier)]
    return [*head, *keys, "id"]


def _tier_keys(criteria: Criteria, places: list[Clause], tier: Clause | None) -> list[Any]:
    """Return the keys that order the units of one bed tier; those of other tiers all tie on them."""
    count = [_count_key(criteria, places, tier)] if tier is not None and criteria.sort == "beds" else []
    metres = [_distance_key(criteria, places, tier)] if criteria.origin is not None else []
    return count + metres


def tail_shape(criteria: Criteria) -> tuple[bool, ...]:
    """Return, for each key between the score and the id, whether it is a count (which falls) or a distance."""
    one = [True] if criteria.beds_matter and criteria.sort == "beds" else []
    one += [False] if criteria.origin is not None else []
    return tuple(one * len(_tiers(criteria)))


def _tiers(criteria: Criteria) -> list[Clause | None]:
    """Return the clause of each bed tier where beds rank: the distance that counts is that of the best place."""
    if criteria.beds_matter and criteria.sort != "distance":
        return list(bed_tiers(criteria).values())
    return [None]


def _distance_key(criteria: Criteria, places: list[Clause], tier: Clause | None) -> dict[str, Any]:
    """Metres on the sphere to the nearest place that answers; a unit with none sorts after all others."""
    assert criteria.origin is not None
    point = criteria.origin.point
    return {
        "_geo_distance": {
            "places.point": {"lat": point.lat, "lon": point.lon},
            "order": "asc",
            "unit": "m",
            "mode": "min",
            "nested": {"path": "places", "filter": all_of((*places, tier))},
        }
    }


def _count_key(criteria: Criteria, places: list[Clause], tier: Clause | None) -> dict[str, Any]:
    """Most free beds in one place first."""
    return {
        bed_count_field(criteria.wanted_beds): {
            "order": "desc",
            "mode": "max",
            "missing": MISSING_COUNT,
            "nested": {"path": "places", "filter": all_of((*places, tier))},
        }
    }
