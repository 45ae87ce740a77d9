"""The search: a question in, one request to the engine, an answer out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.gateway import Gateway
from mappings.errors import NotFound, shorten
from orientation.access import Access
from orientation.answer import Answer, FacetValue, Reason, Result
from orientation.criteria import Criteria, Page
from orientation.placing import answers, best_place, place_distance_m
from orientation.query.facets import read_facet
from orientation.query.order import tail_shape
from orientation.query.ranking import RING, WEIGHTS
from orientation.query.request import ENOUGH, Request, build_request

UNITS = "units"
"""The alias that every search reads."""

Hit = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SearchService:
    """Searches and look-ups on the index of units."""

    gateway: Gateway
    timeout: str = "2s"
    index: str = UNITS

    def search(self, criteria: Criteria, page: Page) -> Answer:
        """Answer a question; the engine's errors pass through, a partial answer is one of them."""
        request = build_request(criteria, page, self.timeout)
        responses = self._ask(request.bodies)
        rung, total = _rung_used(request, responses[0])
        hits = _hits(request, responses[0]["hits"]["hits"], rung)
        if request.widens and _far_place_counted(request, hits, rung):
            settled = build_request(replace(criteria, radius_m=request.radii[rung]), replace(page, facets=()))
            hits = self._ask(settled.bodies)[0]["hits"]["hits"]
        return read_answer(request, responses, hits, rung, total)

    def _ask(self, bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Ask several searches in one round trip."""
        if len(bodies) == 1:
            return [self.gateway.search(self.index, bodies[0])]
        return self.gateway.msearch(self.index, bodies)

    def unit(self, unit_id: str, access: Access) -> dict[str, Any]:
        """Return the document of a unit; ``NotFound`` also for one that the profile may not see."""
        found = self.gateway.get(self.index, unit_id)
        if found is None or (found["_source"]["sensitive"] and not access.sees_sensitive):
            raise NotFound(f"no unit {shorten(unit_id)!r}")
        document: dict[str, Any] = found["_source"]
        return document


def read_answer(
    request: Request, responses: Sequence[Mapping[str, Any]], hits: list[Hit], rung: int, total: int
) -> Answer:
    """Make the answer of the hits, within the rung used."""
    criteria, radius = request.criteria, request.radii[rung]
    ranked = enumerate(hits, start=request.page.first_rank)
    results = tuple(_result(criteria, hit, rank, radius) for rank, hit in ranked)
    widened = request.widens and rung > 0
    return Answer(
        criteria=criteria,
        radius_m=radius,
        widened=widened,
        total=total,
        results=results,
        facets=_facets(request, responses, rung),
        next_after=_next(request, hits, total),
        warnings=tuple(_warnings(criteria, request, radius, total, widened=widened)),
        engine_ms=max(response["took"] for response in responses),
    )


def _facets(request: Request, responses: Sequence[Mapping[str, Any]], rung: int) -> dict[str, tuple[FacetValue, ...]]:
    """Read each facet off the response that counted it."""
    apart = dict(zip(request.counts, responses[1:], strict=True))
    return {
        name: read_facet(apart.get(name, responses[0])["aggregations"], name, request.criteria, rung)
        for name in request.page.facets
    }


def _rung_used(request: Request, response: Mapping[str, Any]) -> tuple[int, int]:
    """Return the nearest rung with enough results, else the widest, and the total within it."""
    if not request.widens:
        return 0, response["hits"]["total"]["value"]
    counts = [response["aggregations"]["rungs"]["buckets"][str(n)]["doc_count"] for n in range(len(request.radii))]
    rung = next((n for n, count in enumerate(counts) if count >= ENOUGH), len(counts) - 1)
    return rung, counts[rung]


def _hits(request: Request, hits: list[Hit], rung: int) -> list[Hit]:
    """Return the hits of the rung used, in the asked order, their sort values as a later page will need them.

    Hits come nearest rung first; rungs inside the one used hold fewer than ``ENOUGH`` units in all, so its first
    page is among them once those few are put back in their place.
    """
    if not request.widens:
        return hits
    inner = len(request.radii) - 1
    kept = []
    for hit in hits:
        passed = int(hit["sort"][0] // RING)
        if inner - passed <= rung:
            score = hit["sort"][0] - passed * RING
            rest = hit["sort"][1:]
            sort = [score, *rest] if request.criteria.sort != "distance" else rest
            kept.append({**hit, "sort": sort})
    return sorted(kept, key=lambda hit: _sortable(request.criteria, hit["sort"]))[: request.page.size]


def _far_place_counted(request: Request, hits: list[Hit], rung: int) -> bool:
    """Say whether a hit may owe its rank to a place outside the rung used, so that its rank must be asked again.

    The one request covers the widest rung, and a unit with several places may have a better one further away.
    """
    criteria, used, widest = request.criteria, request.radii[rung], request.radii[-1]
    several = [hit["_source"]["places"] for hit in hits if len(hit["_source"].get("places", ())) > 1]
    return any(
        answers(criteria, place, widest) and not answers(criteria, place, used)
        for places in several
        for place in places
    )


def _sortable(criteria: Criteria, values: list[Any]) -> tuple[Any, ...]:
    """Return sort values such that Python's order is the engine's: scores and counts fall, distances and ids rise."""
    falls = (*([] if criteria.sort == "distance" else [True]), *tail_shape(criteria))
    numbers = (-float(value) if fall else float(value) for value, fall in zip(values, falls, strict=False))
    return (*numbers, values[-1])


def _result(criteria: Criteria, hit: Hit, rank: int, radius_m: int | None) -> Result:
    document = hit["_source"]
    place = best_place(criteria, document.get("places", []), radius_m)
    return Result(
        rank=rank,
        document=document,
        why=_why(hit.get("matched_queries", ())),
        place=place,
        distance_m=place_distance_m(criteria, place) if place is not None else None,
    )


def _why(names: Any) -> tuple[Reason, ...]:
    """Return the reasons in the order of their tiers."""
    reached = set(names)
    return tuple(Reason(name, weight.label) for name, weight in WEIGHTS.items() if name in reached)


def _next(request: Request, hits: list[Hit], total: int) -> tuple[object, ...] | None:
    """Return the sort values to go on from; a page that ends the answer has none."""
    seen = request.page.first_rank - 1 + len(hits)
    return tuple(hits[-1]["sort"]) if hits and seen < total else None


def _warnings(criteria: Criteria, request: Request, radius_m: int | None, total: int, *, widened: bool) -> list[str]:
    found = []
    if widened and radius_m is not None:
        first = request.radii[0] or 0
        found.append(f"Rayon élargi de {first // 1000} à {radius_m // 1000} km : moins de {ENOUGH} réponses plus près.")
    if criteria.origin is not None and criteria.origin.note:
        found.append(criteria.origin.note)
    if total == 0:
        found.append("Aucune unité ne répond à tous les critères dans cette zone.")
    return found
