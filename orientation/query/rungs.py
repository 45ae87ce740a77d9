"""How far to look: the answers within the rungs of widening, counted at once.

Which rung a question will end at is guessed from those before it. Where the guess is searched at once, only the rungs
nearer than it are counted beside: how many answers are within the guess itself, its own search tells.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mappings.territory import radius_ladder_m
from orientation.criteria import Criteria
from orientation.placing import EDGE_M
from orientation.query.clauses import all_of, in_one_place, none_of, terms
from orientation.query.facets import eligible
from orientation.query.places import place_clauses
from orientation.query.shape import BOTH, Shape, of_shape

ENOUGH = 5
"""Results from which the radius is not widened any more."""

DEFAULT_LADDER_M = (30_000, 60_000, 100_000, 150_000, 200_000)
"""Rungs for an origin of no known department (at sea, abroad)."""

RUNGS, HERE, BEYOND = "rungs", "here", "beyond"
"""Aggregations of the first request: units by distance; those in the commune of the origin, and the others."""


_REMEMBERED = 20_000


class Rungs:
    """Which rung questions of a kind ended at: those of an activity in a department mostly end where the last did.

    A guess is thrown away where the counts say otherwise: it saves a round trip and the counts of what is further, or
    costs a search, and changes no answer. Safe for threads.
    """

    def __init__(self) -> None:
        """Know of none yet."""
        self._known: dict[Hashable, int] = {}

    def guess(self, criteria: Criteria) -> int | None:
        """Return the rung that the last question of the kind ended at; ``None`` where there was none."""
        return self._known.get(_kind(criteria))

    def was(self, criteria: Criteria, rung: int) -> None:
        """Remember where a question ended."""
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[_kind(criteria)] = rung


def _kind(criteria: Criteria) -> Hashable:
    """Return what makes questions alike enough to end at one rung: codes, and nothing of who asks or for whom."""
    return criteria.origin_department, criteria.activities, criteria.modes, criteria.use_case, criteria.beds is not None


def ladder(criteria: Criteria) -> tuple[int | None, ...]:
    """Return the radii to try: the one asked for, or the department's default and its widenings."""
    if criteria.origin is None or criteria.radius_m is not None:
        return (criteria.radius_m,)
    department = criteria.origin_department
    return radius_ladder_m(department) if department else DEFAULT_LADDER_M


def rung_bodies(criteria: Criteria, radii: Sequence[int | None], timeout: str = "2s") -> list[dict[str, Any]]:
    """Return the searches that count, within each of some rungs, the units that do what is asked.

    Units of a near activity answer too, but are not what the radius is widened for.
    """
    if not radii:
        return []
    asked = replace(criteria, near_activities=()) if criteria.activities else criteria
    filters = eligible(asked, radii[-1])
    return [
        {
            "size": 0,
            "timeout": timeout,
            "track_total_hits": False,
            "query": of_shape(shape, filters),
            "aggs": _in_rows(asked, radii) if shape is Shape.ROWS else _in_rings(asked, radii),
            "stats": ["orientation"],
        }
        for shape in BOTH
    ]


def _in_rows(criteria: Criteria, radii: Sequence[int | None]) -> dict[str, Any]:
    """Count units with a place that answers within each radius."""
    discs = [all_of([in_one_place(place_clauses(criteria, radius))]) for radius in radii]
    return {RUNGS: {"filters": {"filters": {str(n): disc for n, disc in enumerate(discs)}}}}


def _in_rings(criteria: Criteria, radii: Sequence[int | None]) -> dict[str, Any]:
    """Count units of one place by its distance, which is computed once for all radii; those of the commune apart."""
    assert criteria.origin is not None
    point = criteria.origin.point
    ranges = [{"key": str(n), "to": radius + EDGE_M} for n, radius in enumerate(radii) if radius is not None]
    rings = {
        "geo_distance": {
            "field": "place.point",
            "origin": {"lat": point.lat, "lon": point.lon},
            "unit": "m",
            "keyed": True,
            "ranges": ranges,
        }
    }
    here = terms("place.insee", criteria.origin.communes)
    if here is None:
        return {RUNGS: rings}
    return {HERE: {"filter": here}, BEYOND: {"filter": none_of(here), "aggs": {RUNGS: rings}}}


def counted_beside(criteria: Criteria, guess: int) -> tuple[int | None, ...]:
    """Return the rungs to count beside the search of a guess: those nearer, as long as its total tells the rest.

    It does not where units of near activities are in it, which the radius is not widened for.
    """
    return ladder(criteria) if criteria.near_activities else ladder(criteria)[:guess]


def rung_beside(criteria: Criteria, guess: int, counted: Sequence[Mapping[str, Any]], total: int) -> int | None:
    """Return the rung used, told by what was counted beside the search of a guess and by the total of that search.

    ``None`` where it is further than the guess.
    """
    rungs, known = len(ladder(criteria)), len(counted_beside(criteria, guess))
    rung = nearest_with_enough(counted, known)
    if rung is None and known == rungs:
        return rungs - 1
    if rung is None and (total >= ENOUGH or guess == rungs - 1):
        return guess
    return rung


def nearest_with_enough(counted: Sequence[Mapping[str, Any]], rungs: int) -> int | None:
    """Return the nearest of the rungs counted that has enough results."""
    for n in range(rungs):
        if sum(_within(response["aggregations"], str(n)) for response in counted) >= ENOUGH:
            return n
    return None


def empty_within(criteria: Criteria, rung: int, responses: Sequence[Mapping[str, Any]]) -> tuple[Shape, ...]:
    """Return the shapes that no answer within a rung is of, as far as the counts of the rungs tell.

    They leave near activities out. Half of all questions are answered by units of one place alone.
    """
    if criteria.near_activities:
        return ()
    counted = dict(zip(BOTH, responses, strict=True))
    return () if _within(counted[Shape.ROWS]["aggregations"], str(rung)) else (Shape.ROWS,)


def _within(counted: Mapping[str, Any], rung: str) -> int:
    """Return how many units of one shape answer within a rung."""
    here = counted[HERE]["doc_count"] if HERE in counted else 0
    rungs = counted.get(BEYOND, counted)[RUNGS]
    beyond: int = rungs["buckets"][rung]["doc_count"]
    return here + beyond
