"""The search: a question in, one to three requests to the engine, an answer out."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from engine.gateway import Gateway
from mappings.document import places_of
from mappings.errors import NotFound, shorten
from orientation.access import Access
from orientation.answer import Answer, FacetValue, Reason, Result
from orientation.criteria import Criteria, Page
from orientation.placing import best_place, place_distance_m
from orientation.query.facets import read_facet
from orientation.query.order import as_rows, position
from orientation.query.ranking import WEIGHTS, reasons
from orientation.query.request import Request, Shown, build_request
from orientation.query.rungs import (
    ENOUGH,
    Rungs,
    counted_beside,
    empty_within,
    ladder,
    nearest_with_enough,
    rung_beside,
    rung_bodies,
)
from orientation.query.shape import Shape

UNITS = "units"
"""The alias that every search reads."""

NOTHING_FOUND = "Aucune unité ne répond à tous les critères dans cette zone."

Hit = dict[str, Any]
Response = Mapping[str, Any]
"""What the engine answers to one search."""
_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SearchService:
    """Searches and look-ups on the index of units."""

    gateway: Gateway
    timeout: str = "2s"
    index: str = UNITS
    rungs: Rungs = field(default_factory=Rungs)

    def search(self, criteria: Criteria, page: Page) -> Answer:
        """Answer a question; the engine's errors pass through, a partial answer is one of them."""
        if len(ladder(criteria)) > 1:
            return self._widened(criteria, page)
        request = build_request(replace(criteria, radius_m=ladder(criteria)[0]), page, self.timeout)
        responses = self._ask(request.bodies, session_of(criteria))
        return read_answer(criteria, request, responses, engine_ms=took_ms(responses))

    def _widened(self, criteria: Criteria, page: Page) -> Answer:
        """Answer a question whose radius is to be found: in one round trip with a good guess, else in two or three."""
        radii, session = ladder(criteria), session_of(criteria)
        spent = 0

        def ask(bodies: list[dict[str, Any]]) -> list[Response]:
            nonlocal spent
            responses = self._ask(bodies, session)
            spent += took_ms(responses)
            return responses

        def request(rung: int, empty: Collection[Shape] = ()) -> Request:
            return build_request(replace(criteria, radius_m=radii[rung]), page, self.timeout, empty=empty)

        def answer(rung: int, used: Request, responses: Sequence[Response]) -> Answer:
            self.rungs.was(criteria, rung)
            widened_from = radii[0] if rung else None
            return read_answer(criteria, used, responses, engine_ms=spent, widened_from=widened_from)

        rung, guess = None, self.rungs.guess(criteria)
        if guess is not None:
            guessed, beside = request(guess), rung_bodies(criteria, counted_beside(criteria, guess), self.timeout)
            told = ask([*guessed.bodies, *beside])
            found, counted = told[: len(guessed.bodies)], told[len(guessed.bodies) :]
            rung = rung_beside(criteria, guess, counted, total_of(guessed, found))
            if rung == guess:
                return answer(rung, guessed, found)
        if rung is None:
            counted = ask(rung_bodies(criteria, radii, self.timeout))
            rung = nearest_with_enough(counted, len(radii))
            rung = len(radii) - 1 if rung is None else rung
        used = request(rung, empty_within(criteria, rung, counted))
        return answer(rung, used, ask(used.bodies))

    def hits(self, criteria: Criteria, page: Page, shown: Shown) -> list[Hit]:
        """Return the hits of a page within the radius of the criteria, in order, with what is to be shown of each."""
        request = build_request(criteria, page, self.timeout, shown)
        return merged(request, self._ask(request.bodies, session_of(criteria)))

    def _ask(self, bodies: list[dict[str, Any]], session: str) -> list[Response]:
        """Ask several searches in one round trip."""
        if len(bodies) == 1:
            return [self.gateway.search(self.index, bodies[0], preference=session)]
        return list(self.gateway.msearch(self.index, bodies, session))

    def unit(self, unit_id: str, access: Access) -> dict[str, Any]:
        """Return the document of a unit; ``NotFound`` also for one that the profile may not see."""
        found = self.gateway.get(self.index, unit_id)
        if found is None or (found["_source"]["sensitive"] and not access.sees_sensitive):
            raise NotFound(f"no unit {shorten(unit_id)!r}")
        document: dict[str, Any] = found["_source"]
        return document


def session_of(criteria: Criteria) -> str:
    """Return what makes one copy of the index answer all that is asked for one question of one caller.

    Copies are refreshed each in its time. A unit must not be missed or counted twice between the searches of a
    question or between its pages, nor a bed seen to be taken and free again when the question is repeated.
    """
    # The origin by its point: sets of communes are not written alike by every process.
    point = criteria.origin.point if criteria.origin else None
    steady = replace(criteria, radius_m=None, as_of=_ANY_TIME, origin=None)
    return hashlib.blake2b(repr((steady, point)).encode(), digest_size=8).hexdigest()


def read_answer(
    criteria: Criteria,
    request: Request,
    responses: Sequence[Response],
    *,
    engine_ms: int,
    widened_from: int | None = None,
) -> Answer:
    """Make the answer to ``criteria`` of the responses to the request, which has the radius used."""
    used = request.criteria
    hits = merged(request, responses)
    total = total_of(request, responses)
    ranked = enumerate(hits, start=request.page.first_rank)
    return Answer(
        criteria=criteria,
        radius_m=used.radius_m,
        widened=widened_from is not None,
        total=total,
        results=tuple(_result(used, hit, rank) for rank, hit in ranked),
        facets=_facets(request, responses),
        next_after=_next(request, hits, total),
        warnings=tuple(_warnings(used, total, widened_from)),
        engine_ms=engine_ms,
    )


def took_ms(responses: Sequence[Response]) -> int:
    """Return what the engine says a round trip took it: its searches run side by side."""
    return max(int(response["took"]) for response in responses)


def total_of(request: Request, responses: Sequence[Response]) -> int:
    """Return how many units answer, of all shapes."""
    return sum(response["hits"]["total"]["value"] for response in responses[: len(request.searches)])


def merged(request: Request, responses: Sequence[Response]) -> list[Hit]:
    """Return the hits of all shapes of units in the one order, as many as the page takes."""
    criteria = request.criteria
    hits: list[Hit] = []
    for shape, response in zip(request.searches, responses, strict=False):
        found = response["hits"]["hits"]
        if shape is not Shape.ROWS:
            found = [{**hit, "sort": as_rows(criteria, hit["sort"])} for hit in found]
        hits += found
    return sorted(hits, key=lambda hit: position(criteria, hit["sort"]))[: request.page.size]


def _facets(request: Request, responses: Sequence[Response]) -> dict[str, tuple[FacetValue, ...]]:
    """Read each facet off the responses that counted it."""
    together = [response.get("aggregations", {}) for response in responses[: len(request.searches)]]
    apart: dict[str, list[Mapping[str, Any]]] = {}
    for (name, _), response in zip(request.counts, responses[len(request.searches) :], strict=True):
        apart.setdefault(name, []).append(response["aggregations"])
    return {name: read_facet(apart.get(name, together), name, request.criteria) for name in request.page.facets}


def _result(criteria: Criteria, hit: Hit, rank: int) -> Result:
    document = hit["_source"]
    place = best_place(criteria, places_of(document), criteria.radius_m)
    return Result(
        rank=rank,
        document=document,
        why=why(criteria, hit["sort"]),
        place=place,
        distance_m=place_distance_m(criteria, place) if place is not None else None,
        sort=tuple(hit["sort"]),
    )


def why(criteria: Criteria, sort: Sequence[Any]) -> tuple[Reason, ...]:
    """Return the reasons of a rank, which its score tells."""
    score = 0.0 if criteria.sort == "distance" else sort[0]
    return tuple(Reason(name, WEIGHTS[name].label) for name in reasons(criteria, score))


def _next(request: Request, hits: list[Hit], total: int) -> tuple[object, ...] | None:
    """Return the sort values to go on from; a page that ends the answer has none."""
    seen = request.page.first_rank - 1 + len(hits)
    return tuple(hits[-1]["sort"]) if hits and seen < total else None


def _warnings(criteria: Criteria, total: int, widened_from: int | None) -> list[str]:
    found = []
    if widened_from is not None and criteria.radius_m is not None:
        wide = criteria.radius_m // 1000
        found.append(f"Rayon élargi de {widened_from // 1000} à {wide} km : moins de {ENOUGH} réponses plus près.")
    if criteria.origin is not None and criteria.origin.note:
        found.append(criteria.origin.note)
    if total == 0:
        found.append(NOTHING_FOUND)
    return found
