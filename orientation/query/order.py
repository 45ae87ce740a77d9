"""The order of results as sort keys of the engine, ending in the unit's id so that it is total."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orientation.criteria import Criteria
from orientation.query.clauses import Clause, all_of
from orientation.query.places import bed_count_field, place_clauses
from orientation.query.ranking import BED_TIERS, bed_tier_of, bed_tiers
from orientation.query.shape import Shape, flat_name

MISSING_COUNT = -1
"""Sort value of a unit with no count, below any count."""
FURTHEST = "Infinity"
"""Sort value, as the engine writes it, of a unit with no place that answers."""

Values = Sequence[Any]
"""Sort values of a hit: score (but by distance), the keys of each bed tier or the distance, id."""


def sort_keys(criteria: Criteria, shape: Shape) -> list[Any]:
    """Return the sort of the asked order for units of one shape.

    Where beds rank, rows have keys for each bed tier in turn, on which the other tiers all tie: so the count and the
    distance that decide are those of the unit's best place. The only place of a unit needs one of each.
    """
    head: list[Any] = [] if criteria.sort == "distance" else ["_score"]
    if shape is not Shape.ROWS:
        counted = criteria.sort == "beds" and criteria.beds_matter and shape is Shape.FLAT
        counts = [_count_key(criteria, None)] if counted else []
        nearest = [_distance_key(criteria, None)] if criteria.origin is not None else []
        return [*head, *counts, *nearest, "id"]
    places = place_clauses(criteria, criteria.radius_m)
    return [*head, *(_key(criteria, places, tier, counts=counts) for tier, counts in _tail(criteria)), "id"]


def as_rows(criteria: Criteria, values: Values) -> list[Any]:
    """Return the sort values of a unit of one place as they would be of rows: nothing in the tiers that are not its."""
    if not _by_tier(criteria):
        return list(values)
    own = list(values[1:-1])
    tail: list[Any] = []
    for tier, keys in _tier_keys(criteria):
        if tier != bed_tier_of(values[0]):
            tail += [_nothing(counts) for counts in keys]
        else:
            tail += own[-len(keys) :] if keys else []
    return [values[0], *tail, values[-1]]


def as_flat(criteria: Criteria, after: Values, shape: Shape) -> list[Any]:
    """Return the place in an answer to go on from, for units of one place.

    Within a tie on their own keys, what follows decides: a unit of rows that says more there comes first.
    """
    if not _by_tier(criteria):
        return list(after)
    rest = list(after[1:-1])
    for tier, keys in _tier_keys(criteria):
        own, rest = rest[: len(keys)], rest[len(keys) :]
        if tier == bed_tier_of(after[0]):
            if criteria.sort == "beds":
                distance = own[-1:] if criteria.origin is not None else []
                count = own[:1] if any(keys) else [MISSING_COUNT]
                own = [*count, *distance] if shape is Shape.FLAT else distance
            says_more = any(not _is_nothing(value) for value in rest)
            return [after[0], *own, "" if says_more else after[-1]]
    raise ValueError(f"a score of {after[0]} is of no bed tier")


def position(criteria: Criteria, values: Values) -> tuple[Any, ...]:
    """Return sort values such that Python's order is the engine's: scores and counts fall, distances and ids rise."""
    falls = (*([] if criteria.sort == "distance" else [True]), *(counts for _, counts in _tail(criteria)))
    numbers = (-float(value) if fall else float(value) for value, fall in zip(values, falls, strict=False))
    return (*numbers, values[-1])


def _by_tier(criteria: Criteria) -> bool:
    return criteria.beds_matter and criteria.sort != "distance"


def _tier_keys(criteria: Criteria) -> list[tuple[str, list[bool]]]:
    """Return, for each tier, whether each of its keys is a count (which falls) or a distance."""
    nearest = [False] if criteria.origin is not None else []
    counted = criteria.sort == "beds"
    return [(tier, [*([True] if counted and tier != "beds_unknown" else []), *nearest]) for tier in BED_TIERS]


def _nothing(counts: bool) -> Any:
    """Return the sort value of what is not there: after all others."""
    return MISSING_COUNT if counts else FURTHEST


def _is_nothing(value: Any) -> bool:
    return value in (MISSING_COUNT, FURTHEST)


def _tail(criteria: Criteria) -> list[tuple[Clause | None, bool]]:
    """Return the keys after the score, each with its tier and whether it is a count; what is unknown has no count."""
    if not _by_tier(criteria):
        return [(None, False)] if criteria.origin is not None else []
    tiers = bed_tiers(criteria)
    return [(tiers[name], counts) for name, keys in _tier_keys(criteria) for counts in keys]


def _key(criteria: Criteria, places: list[Clause], tier: Clause | None, *, counts: bool) -> dict[str, Any]:
    inside = all_of((*places, tier))
    return _count_key(criteria, inside) if counts else _distance_key(criteria, inside)


def _distance_key(criteria: Criteria, inside: Clause | None) -> dict[str, Any]:
    """Metres on the sphere to the nearest place that answers, or to the only one; without, a unit sorts last."""
    assert criteria.origin is not None
    point = {"lat": criteria.origin.point.lat, "lon": criteria.origin.point.lon}
    if inside is None:
        return {"_geo_distance": {"place.point": point, "order": "asc", "unit": "m"}}
    nested = {"path": "places", "filter": inside}
    return {"_geo_distance": {"places.point": point, "order": "asc", "unit": "m", "mode": "min", "nested": nested}}


def _count_key(criteria: Criteria, inside: Clause | None) -> dict[str, Any]:
    """Most free beds in one place first."""
    field = bed_count_field(criteria.wanted_beds)
    if inside is None:
        return {flat_name(field): {"order": "desc", "missing": MISSING_COUNT}}
    nested = {"path": "places", "filter": inside}
    return {field: {"order": "desc", "mode": "max", "missing": MISSING_COUNT, "nested": nested}}
