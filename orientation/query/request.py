"""What is sent for one question: one round trip to the engine, two or three where the radius is to be widened.

The first then searches within the rung that the last such question ended at and counts the answers within those nearer
(``rungs``): a good guess needs no other. A rung that is nearer takes a second, one that is further takes a second that
counts within every rung and a third. One request over the widest rung would do, but it has to sort by distance all
that lies within 200 km to show what lies within ten: measured, it takes twice as long as two.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from orientation.criteria import Criteria, Page
from orientation.query.clauses import Clause, none_of, present
from orientation.query.facets import eligible, facet_aggregations, selected, without
from orientation.query.order import as_flat, sort_keys
from orientation.query.places import not_older
from orientation.query.ranking import ranking_clauses
from orientation.query.shape import BOTH, Shape, of_shape

Shown = bool | list[str]
"""Which fields of a document: all, none, or those named."""

WHOLE = True
"""What of a document an answer is made of: to pick fields, the engine would read and write every document anew."""


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


def build_request(
    criteria: Criteria, page: Page, timeout: str = "2s", shown: Shown = WHOLE, empty: Collection[Shape] = ()
) -> Request:
    """Return the request of a page of the answer within the radius of the criteria.

    Units of the shapes that are known to be ``empty`` there are not asked for.
    """
    apart = selected(criteria, page.facets)
    together = tuple(name for name in page.facets if name not in apart)
    asked = eligible(criteria, criteria.radius_m)
    ranked = ranking_clauses(criteria, criteria.radius_m)
    searches = {}
    for shape in shapes(criteria, empty):
        query = of_shape(shape, [*asked, *_by_age_of_counts(criteria, shape)], ranked)
        searches[shape] = _search(criteria, page, together, shape, query) | {"timeout": timeout, "_source": shown}
    counts = {}
    for name in apart:
        own = without(criteria, name)
        others = eligible(own, own.radius_m)
        for shape in BOTH:
            counts[name, shape] = _count(own, name, shape, of_shape(shape, others)) | {"timeout": timeout}
    return Request(criteria=criteria, page=page, searches=searches, counts=counts)


def shapes(criteria: Criteria, empty: Collection[Shape] = ()) -> tuple[Shape, ...]:
    """Return the shapes of units to ask apart, since they are sorted apart; between them every unit once."""
    flat = (Shape.FLAT, Shape.UNCOUNTED) if _sorted_by_recent_counts(criteria) else (Shape.FLAT,)
    return flat if Shape.ROWS in empty else (*flat, Shape.ROWS)


def _sorted_by_recent_counts(criteria: Criteria) -> bool:
    return criteria.sort == "beds" and criteria.beds_matter and criteria.wanted_beds.max_age_s is not None


def _search(criteria: Criteria, page: Page, facets: tuple[str, ...], shape: Shape, query: Clause) -> dict[str, Any]:
    body: dict[str, Any] = {
        "size": page.size,
        "track_total_hits": True,
        "query": query,
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
    if not _sorted_by_recent_counts(criteria) or shape is Shape.ROWS:
        return []
    recent = not_older(criteria, criteria.wanted_beds)
    return present([recent if shape is Shape.FLAT else none_of(recent) if recent else None])


def _count(own: Criteria, name: str, shape: Shape, query: Clause) -> dict[str, Any]:
    """Return the search that counts one facet for the question without its own selection."""
    return {
        "size": 0,
        "track_total_hits": False,
        "query": query,
        "aggs": facet_aggregations(own, (name,), shape),
        "stats": ["orientation"],
    }
