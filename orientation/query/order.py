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
    return [*head, *(_key(criteria, places, tier, counts=counts) for tier, counts in _tail(criteria)), "id"]


def tail_shape(criteria: Criteria) -> tuple[bool, ...]:
    """Return, for each key between the score and the id, whether it is a count (which falls) or a distance."""
    return tuple(counts for _, counts in _tail(criteria))


def _tail(criteria: Criteria) -> list[tuple[Clause | None, bool]]:
    """Return the keys after the score: where beds rank, those of each tier in turn, on which other tiers all tie.

    So the count and the distance that decide are those of the unit's best place. What is unknown has no count.
    """
    nearest = [False] if criteria.origin is not None else []
    if not criteria.beds_matter or criteria.sort == "distance":
        return [(None, counts) for counts in nearest]
    keys: list[tuple[Clause | None, bool]] = []
    for name, tier in bed_tiers(criteria).items():
        most = [True] if criteria.sort == "beds" and name != "beds_unknown" else []
        keys += [(tier, counts) for counts in (*most, *nearest)]
    return keys


def _key(criteria: Criteria, places: list[Clause], tier: Clause | None, *, counts: bool) -> dict[str, Any]:
    inside = all_of((*places, tier))
    return _count_key(criteria, inside) if counts else _distance_key(criteria, inside)


def _distance_key(criteria: Criteria, inside: Clause) -> dict[str, Any]:
    """Metres on the sphere to the nearest place that answers; a unit with none sorts after all others."""
    assert criteria.origin is not None
    point = criteria.origin.point
    return {
        "_geo_distance": {
            "places.point": {"lat": point.lat, "lon": point.lon},
            "order": "asc",
            "unit": "m",
            "mode": "min",
            "nested": {"path": "places", "filter": inside},
        }
    }


def _count_key(criteria: Criteria, inside: Clause) -> dict[str, Any]:
    """Most free beds in one place first."""
    return {
        bed_count_field(criteria.wanted_beds): {
            "order": "desc",
            "mode": "max",
            "missing": MISSING_COUNT,
            "nested": {"path": "places", "filter": inside},
        }
    }
