"""What is sent for one question: at most two round trips to the engine, whatever the radius turns out to be.

The first, where the radius is to be widened, counts the answers within every rung at once. The second searches within
the rung used and counts the facets. One request over the widest rung would do, but it has to sort by distance all that
lies within 200 km to show what lies within ten: measured, it takes twice as long as both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mappings.territory import radius_ladder_m
from orientation.criteria import Criteria, Page
from orientation.query.clauses import Clause, all_of, in_one_place, none_of, present
from orientation.query.facets import eligible, facet_aggregations, selected, without
from orientation.query.order import as_flat, sort_keys
from orientation.query.places import not_older, place_clauses
from orientation.query.ranking import ranking_clauses
from orientation.query.shape import BOTH, Shape, in_shape, of_shape

ENOUGH = 5
"""Results from which the radius is not widened any more."""

DEFAULT_LADDER_M = (30_000, 60_000, 100_000, 150_000, 200_000)
"""Rungs for an origin of no known department (at sea, abroad)."""

SHOWN = ("unit", "place", "places", "sensitive", "field")
"""What of a document an answer is made of."""


def ladder(criteria: Criteria) -> tuple[int | None, ...]:
    """Return the radii to try: the one asked for, or the department's default and its widenings."""
    if criteria.origin is None or criteria.radius_m is not None:
        return (criteria.radius_m,)
    department = criteria.origin_department
    return radius_ladder_m(department) if department else DEFAULT_LADDER_M


def rung_bodies(criteria: Criteria, timeout: str = "2s") -> list[dict[str, Any]]:
    """Return the searches that count, within each rung, the units that do what is asked.

    Units of a near activity answer too, but are not what the radius is widened for.
    """
    asked = replace(criteria, near_activities=()) if criteria.activities else criteria
    radii = ladder(criteria)
    discs = [all_of([in_one_place(place_clauses(asked, radius))]) for radius in radii]
    return [
        {
            "size": 0,
            "timeout": timeout,
            "track_total_hits": False,
            "query": of_shape(shape, eligible(asked, radii[-1])),
            "aggs": {
                "rungs": {"filters": {"filters": {str(n): disc for n, disc in enumerate(in_shape(shape, discs))}}}
            },
            "stats": ["orientation"],
        }
        for shape in BOTH
    ]


def rung_used(radii: tuple[int | None, ...], responses: Sequence[Mapping[str, Any]]) -> int:
    """Return the nearest rung with enough results, else the widest."""
    counted = [response["aggregations"]["rungs"]["buckets"] for response in responses]
    for n in range(len(radii)):
        if sum(buckets[str(n)]["doc_count"] for buckets in counted) >= ENOUGH:
            return n
    return len(radii) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent for one page once the radius is known.

    ``searches`` have the hits and the facets that the question selects nothing in, one for each shape of units;
    ``counts`` have each other facet, since it counts without its own selection.
    """

    criteria: Criteria
    page: Page
    searches: dict[Shape, dict[str, Any]]
    counts: dict[tuple[str, Shape], dict[str, Any]]

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """Every search of the round trip, those that have the hits first."""
        return [*self.searches.values(), *self.counts.values()]


def build_request(criteria: Criteria, page: Page, timeout: str = "2s", shown: Sequence[str] = SHOWN) -> Request:
    """Return the request of a page of the answer within the radius of the criteria."""
    apart = selected(criteria, page.facets)
    together = tuple(name for name in page.facets if name not in apart)
    return Request(
        criteria=criteria,
        page=page,
        searches={shape: _search(criteria, page, together, shape, timeout, shown) for shape in shapes(criteria)},
        counts={
            (name, shape): _count(without(criteria, name), name, shape, timeout) for name in apart for shape in BOTH
        },
    )


def shapes(criteria: Criteria) -> tuple[Shape, ...]:
    """Return the shapes of units to ask apart, since they are sorted apart; between them every unit once."""
    old = criteria.sort == "beds" and criteria.beds_matter and criteria.wanted_beds.max_age_s is not None
    return (Shape.FLAT, Shape.UNCOUNTED, Shape.ROWS) if old else BOTH


def _search(
    criteria: Criteria, page: Page, facets: tuple[str, ...], shape: Shape, timeout: str, shown: Sequence[str]
) -> dict[str, Any]:
    filters = [*eligible(criteria, criteria.radius_m), *_by_age_of_counts(criteria, shape)]
    body: dict[str, Any] = {
        "size": page.size,
        "timeout": timeout,
        "track_total_hits": True,
        "_source": list(shown),
        "query": of_shape(shape, filters, ranking_clauses(criteria, criteria.radius_m)),
        "sort": sort_keys(criteria, shape),
        "stats": ["orientation"],
    }
    if aggregations := facet_aggregations(criteria, facets, shape):
        body["aggs"] = aggregations
    if page.after is not None:
        body["search_after"] = list(page.after) if shape is Shape.ROWS else as_flat(criteria, page.after, shape)
    return body


def _by_age_of_counts(criteria: Criteria, shape: Shape) -> list[Clause]:
    """Tell one place whose counts are too old to be sorted by from the others."""
    if len(shapes(criteria)) == len(BOTH) or shape is Shape.ROWS:
        return []
    recent = not_older(criteria, criteria.wanted_beds)
    return present([recent if shape is Shape.FLAT else none_of(recent) if recent else None])


def _count(own: Criteria, name: str, shape: Shape, timeout: str) -> dict[str, Any]:
    """Return the search that counts one facet for the question without its own selection."""
    return {
        "size": 0,
        "timeout": timeout,
        "track_total_hits": False,
        "query": of_shape(shape, eligible(own, own.radius_m)),
        "aggs": facet_aggregations(own, (name,), shape),
        "stats": ["orientation"],
    }
