"""One question, one round trip to the engine, whatever the radius turns out to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mappings.territory import radius_ladder_m
from orientation.criteria import Criteria, Page
from orientation.query.clauses import Clause, in_one_place, present
from orientation.query.facets import eligible, facet_aggregations, selected, without
from orientation.query.filters import unit_clauses
from orientation.query.order import sort_keys
from orientation.query.places import place_clauses
from orientation.query.ranking import RING, ranking_clauses

ENOUGH = 5
"""Results from which the radius is not widened any more."""

DEFAULT_LADDER_M = (30_000, 60_000, 100_000, 150_000, 200_000)
"""Rungs for an origin of no known department (at sea, abroad)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent for one page: the search itself, and one count for each facet that the question selects in.

    A facet counts without its own selection, so such a count is a query of its own; all go in one round trip.
    ``radii`` are the rungs that the bodies cover, the last one being the widest.
    """

    criteria: Criteria
    page: Page
    radii: tuple[int | None, ...]
    body: dict[str, Any]
    counts: dict[str, dict[str, Any]]

    @property
    def widens(self) -> bool:
        """Say whether the radius is to be chosen from the response."""
        return len(self.radii) > 1

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """Every search of the round trip, the one that has the hits first."""
        return [self.body, *self.counts.values()]


def ladder(criteria: Criteria) -> tuple[int | None, ...]:
    """Return the radii to try: the one asked for, or the department's default and its widenings."""
    if criteria.origin is None or criteria.radius_m is not None:
        return (criteria.radius_m,)
    department = criteria.origin_department
    return radius_ladder_m(department) if department else DEFAULT_LADDER_M


def build_request(criteria: Criteria, page: Page, timeout: str = "2s") -> Request:
    """Return the request of a page of the answer.

    While the radius is being chosen, the query covers the widest rung; every rung nearer adds ``RING`` to the score,
    so that the hits come rung by rung and the answer of the rung chosen is read off their head.
    """
    radii = ladder(criteria)
    apart = selected(criteria, page.facets)
    together = tuple(name for name in page.facets if name not in apart)
    body: dict[str, Any] = {
        "size": page.size + (ENOUGH - 1 if len(radii) > 1 else 0),
        "timeout": timeout,
        "track_total_hits": len(radii) == 1,
        "_source": ["unit", "places", "sensitive", "field"],
        "query": _query(criteria, radii),
        "sort": sort_keys(criteria, radii[-1], by_rung=len(radii) > 1),
        "stats": ["orientation"],
    }
    if aggregations := facet_aggregations(criteria, together, radii):
        body["aggs"] = aggregations
    if page.after is not None:
        body["search_after"] = list(page.after)
    counts = {name: _count(without(criteria, name), name, radii, timeout) for name in apart}
    return Request(criteria=criteria, page=page, radii=radii, body=body, counts=counts)


def _query(criteria: Criteria, radii: tuple[int | None, ...]) -> Clause:
    widest = radii[-1]
    place = in_one_place(place_clauses(criteria, widest))
    query: dict[str, Any] = {"filter": present((*unit_clauses(criteria), place))}
    if should := [*ranking_clauses(criteria, widest), *_rings(criteria, radii)]:
        query["should"] = should
    return {"bool": query}


def _rings(criteria: Criteria, radii: tuple[int | None, ...]) -> list[Clause]:
    """Score every rung but the widest; they are nested, so a nearer unit scores in more of them."""
    inner = [in_one_place(place_clauses(criteria, radius)) for radius in radii[:-1]]
    return [{"constant_score": {"boost": RING, "filter": clause}} for clause in inner if clause is not None]


def _count(own: Criteria, name: str, radii: tuple[int | None, ...], timeout: str) -> dict[str, Any]:
    """Return the search that counts one facet for the question without its own selection."""
    return {
        "size": 0,
        "timeout": timeout,
        "track_total_hits": False,
        "query": eligible(own, radii[-1]),
        "aggs": facet_aggregations(own, (name,), radii),
        "stats": ["orientation"],
    }
