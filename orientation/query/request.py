"""One question, one request to the engine, whatever the radius turns out to be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mappings.territory import radius_ladder_m
from orientation.criteria import Criteria, Page
from orientation.query.clauses import Clause, all_of, in_one_place
from orientation.query.facets import eligible, facet_aggregations, selected, without
from orientation.query.filters import unit_clauses
from orientation.query.order import sort_keys
from orientation.query.places import place_clauses
from orientation.query.presets import use_case_clause
from orientation.query.ranking import RING, ranking_clauses

ENOUGH = 5
"""Results from which the radius is not widened any more."""

DEFAULT_DEPARTMENT_RADIUS = (30_000, 60_000, 100_000, 150_000, 200_000)
"""Rungs for an origin of no known department (at sea, abroad)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request body and how to read its response: the radii it covers, the page it is for."""

    criteria: Criteria
    page: Page
    radii: tuple[int | None, ...]
    body: dict[str, Any]

    @property
    def widens(self) -> bool:
        """Say whether the radius is to be chosen from the response."""
        return len(self.radii) > 1


def ladder(criteria: Criteria) -> tuple[int | None, ...]:
    """Return the radii to try: the one asked for, or the department's default and its widenings."""
    if criteria.origin is None or criteria.radius_m is not None:
        return (criteria.radius_m,)
    department = criteria.origin_department
    return radius_ladder_m(department) if department else DEFAULT_DEPARTMENT_RADIUS


def build_request(criteria: Criteria, page: Page, timeout: str = "2s") -> Request:
    """Return the request of a page of the answer.

    While the radius is being chosen, the query covers the widest rung; every rung nearer adds ``RING`` to the score,
    so that the hits come rung by rung and the answer of the rung chosen is read off their head.
    """
    radii = ladder(criteria)
    widest = radii[-1]
    counted = selected(criteria, page.facets)
    base = _without_selections(criteria, counted)
    body: dict[str, Any] = {
        "size": page.size + (ENOUGH - 1 if len(radii) > 1 else 0),
        "timeout": timeout,
        "track_total_hits": len(radii) == 1,
        "_source": ["unit", "places", "sensitive", "field"],
        "query": _query(base, criteria, radii),
        "sort": sort_keys(criteria, widest, by_rung=len(radii) > 1),
        "stats": ["orientation"],
    }
    if counted:
        body["post_filter"] = eligible(criteria, widest)
    aggregations = _aggregations(criteria, page, radii)
    if aggregations:
        body["aggs"] = aggregations
    if page.after is not None:
        body["search_after"] = list(page.after)
    return Request(criteria=criteria, page=page, radii=radii, body=body)


def _without_selections(criteria: Criteria, counted: tuple[str, ...]) -> Criteria:
    """Return the question that holds for every facet: a use case that a selection replaces may not come back."""
    base = without(criteria, counted)
    same = use_case_clause(base) == use_case_clause(criteria)
    return base if same else replace(base, use_case=None)


def _query(base: Criteria, criteria: Criteria, radii: tuple[int | None, ...]) -> Clause:
    widest = radii[-1]
    eligible_clauses = [*unit_clauses(base)]
    place = in_one_place(place_clauses(base, widest))
    if place is not None:
        eligible_clauses.append(place)
    rank = ranking_clauses(criteria, widest)
    query: dict[str, Any] = {"filter": eligible_clauses}
    if should := [*rank, *_rings(criteria, radii)]:
        query["should"] = should
    return {"bool": query}


def _rings(criteria: Criteria, radii: tuple[int | None, ...]) -> list[Clause]:
    """Score every rung but the widest; they are nested, so a nearer unit scores in more of them."""
    inner = [in_one_place(place_clauses(criteria, radius)) for radius in radii[:-1]]
    return [{"constant_score": {"boost": RING, "filter": clause}} for clause in inner if clause is not None]


def _aggregations(criteria: Criteria, page: Page, radii: tuple[int | None, ...]) -> dict[str, Any]:
    facets = facet_aggregations(criteria, page.facets, radii)
    if len(radii) == 1:
        return facets
    whole = bool(selected(criteria, page.facets))
    totals = {
        str(n): eligible(criteria, radius) if whole else all_of([in_one_place(place_clauses(criteria, radius))])
        for n, radius in enumerate(radii)
    }
    return {"totals": {"filters": {"filters": totals}}, **facets}
