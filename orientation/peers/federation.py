"""One question, many directories: peers asked beside ours within a budget, their answers and ours in one order.

What is found at home is answered whatever peers do: a peer that is late, fails or sends what cannot be is named in the
warnings. The radius is settled at home and the same for all, so that the order is that of one search over the union.
Nothing is kept from one question to the next but the breaker of each peer.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from typing import Any

from mappings.errors import FieldError, InvalidInput, shorten
from mappings.gazetteer import Gazetteer
from orientation.answer import Answer, Result, Source
from orientation.criteria import Criteria, Page
from orientation.peers.asking import FAILURES, Asker, PeerFailure, Said
from orientation.peers.breaker import Breaker, Breakers
from orientation.peers.judging import REASONS, Judged, judge
from orientation.peers.register import COPY, Peer, Register
from orientation.peers.territory import ALL, AUTO, NONE, Territories, chosen, is_rare
from orientation.query.order import position
from orientation.search import NOTHING_FOUND, SearchService

DEPTH = 300
"""Results of a peer that are read at most; the pages beyond are of our own directory, and say so."""
ANSWERED = "answered"
_MARGIN_S = 0.05
"""What reading and merging may take once the last answer came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How one peer answered: ``answered`` or a word of ``asking.FAILURES``; units it has, units not taken."""

    peer: Peer
    status: str
    took_ms: int
    total: int = 0
    unfit: int = 0
    breaker: str = "closed"
    results: tuple[Result, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Federated:
    """The one answer, and how each peer that was to be asked did."""

    answer: Answer
    peers: tuple[Asked, ...]


@dataclass(slots=True)
class _Call:
    peer: Peer
    started: float
    future: Future[Said] | None
    failed: str | None = None


@dataclass(slots=True)
class Federation:
    """Asks the peers of the register; safe for threads."""

    register: Register
    asker: Asker
    territories: Territories
    gazetteer: Gazetteer
    budget_s: float = 1.5
    breakers: Breakers = field(default_factory=Breakers)

    def search(self, home: SearchService, criteria: Criteria, page: Page, asked: Sequence[str]) -> Federated:
        """Answer a question here and at the peers asked for: ``auto``, ``all``, ``none``, or codes.

        Errors of our own search pass through; those of peers never do.
        """
        started = time.monotonic()
        peers = self.register.enabled()
        _check(asked, peers)
        if NONE in asked or not peers:
            return Federated(home.search(criteria, page), ())
        early = self._early(criteria, peers, asked)
        calls = [self._begin(peer, criteria, page, started) for peer in early]
        try:
            found = home.search(criteria, page)
        except BaseException:
            self._release(calls)
            raise
        settled = replace(criteria, radius_m=found.radius_m)
        late = [peer for peer in self._wanted(settled, peers, asked, found) if peer not in early]
        calls += [self._begin(peer, settled, page, started) for peer in late]
        said = self._gather(calls, settled, started)
        return Federated(_merged(found, said, settled, page), said)

    def _early(self, criteria: Criteria, peers: Sequence[Peer], asked: Sequence[str]) -> list[Peer]:
        """Return the peers that are asked whatever is found here, where the radius is known before."""
        if criteria.origin is not None and criteria.radius_m is None:
            return []
        return self._wanted(criteria, peers, asked, None)

    def _wanted(
        self, criteria: Criteria, peers: Sequence[Peer], asked: Sequence[str], found: Answer | None
    ) -> list[Peer]:
        live = [peer for peer in peers if peer.dialect != COPY]
        if ALL in asked:
            return live
        if AUTO not in asked:
            return list(chosen(asked, live))
        if is_rare(criteria) or (found is not None and found.total == 0):
            return live
        return [peer for peer in live if self.territories.touches(criteria, peer)]

    def _begin(self, peer: Peer, criteria: Criteria, page: Page, started: float) -> _Call:
        now = time.monotonic()
        if not self.breakers.of(peer.code).allows():
            return _Call(peer, now, None, "resting")
        within = min(self.budget_s - _MARGIN_S - (now - started), peer.timeout_s or self.budget_s)
        most = min(page.first_rank - 1 + page.size, DEPTH)
        return _Call(peer, now, self.asker.ask(peer, criteria, most, max(within, 0.001)))

    def _release(self, calls: list[_Call]) -> None:
        """Ask no further: there is nothing at home to put answers beside."""
        for call in calls:
            if call.future is not None:
                call.future.cancel()
                self.breakers.of(call.peer.code).released()

    def _gather(self, calls: list[_Call], criteria: Criteria, started: float) -> tuple[Asked, ...]:
        futures = [call.future for call in calls if call.future is not None]
        wait(futures, timeout=max(0.0, self.budget_s - (time.monotonic() - started)))
        return tuple(self._answered(call, criteria) for call in calls)

    def _answered(self, call: _Call, criteria: Criteria) -> Asked:
        breaker = self.breakers.of(call.peer.code)
        if call.future is None:
            return Asked(peer=call.peer, status=str(call.failed), took_ms=0, breaker=breaker.state)
        try:
            found = self.asker.read(call.peer, _result_of(call.future))
        except PeerFailure as failure:
            _note(breaker, failure)
            return Asked(peer=call.peer, status=failure.kind, took_ms=_since(call.started), breaker=breaker.state)
        judged = judge(found.units, criteria, call.peer, self.gazetteer)
        if found.unread:
            judged.unfit["unreadable"] = judged.unfit.get("unreadable", 0) + found.unread
        breaker.succeeded()
        source = Source(call.peer.code, call.peer.name, call.peer.region)
        return Asked(
            peer=call.peer,
            status=ANSWERED,
            took_ms=_since(call.started),
            total=found.total,
            unfit=sum(judged.unfit.values()),
            breaker=breaker.state,
            results=tuple(replace(each, source=source) for each in judged.results),
            warnings=(*_unfit(call.peer, judged), *(f"{call.peer.name} : {each}" for each in found.warnings)),
        )


def _check(asked: Sequence[str], peers: Sequence[Peer]) -> None:
    """Refuse a name that no peer and no region of a peer bears."""
    known = {AUTO, ALL, NONE, *(peer.code for peer in peers), *(peer.region for peer in peers)}
    if strange := [name for name in asked if name not in known]:
        rule = f"must be one of {', '.join(sorted(known))}"
        raise InvalidInput([FieldError("peers", rule, shorten(name)) for name in strange])


def _result_of(future: Future[Said]) -> Said:
    """Return what came; a peer that is still speaking is late, and cut off."""
    if not future.done():
        future.cancel()
        raise PeerFailure("late", "no answer within the budget")
    return future.result()


def _note(breaker: Breaker, failure: PeerFailure) -> None:
    """Tell the breaker; a question that a peer does not understand says nothing of its health."""
    if failure.kind == "unsupported":
        breaker.succeeded()
    else:
        breaker.failed()


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _unfit(peer: Peer, judged: Judged) -> list[str]:
    return [f"{peer.name} : {count} × unité {REASONS[reason]}, non retenue." for reason, count in judged.unfit.items()]


def _merged(found: Answer, said: Sequence[Asked], criteria: Criteria, page: Page) -> Answer:
    """Put all results in one order, each unit once, and keep those of the page.

    What a peer that failed has is not known, so that the total counts it as nothing.
    """
    theirs = [result for each in said for result in each.results]
    kept = _each_once(_in_order((*found.results, *theirs), criteria, page))
    shown = kept[: page.size]
    # Ranks are those of the one list, so that home cannot tell by its own total whether it has more: a full page may.
    full = len(found.results) == page.size if said else found.next_after is not None
    more = len(kept) > len(shown) or full or _is_cut(said, page)
    total = found.total + sum(each.total - each.unfit for each in said)
    total -= len(found.results) + len(theirs) - len(_each_once((*found.results, *theirs)))
    return replace(
        found,
        total=max(total, page.first_rank - 1 + len(shown)),
        results=tuple(replace(result, rank=rank) for rank, result in enumerate(shown, start=page.first_rank)),
        next_after=shown[-1].sort if more and shown else None,
        warnings=tuple(_warnings(found, said, shown)),
    )


def _in_order(results: Iterable[Result], criteria: Criteria, page: Page) -> list[Result]:
    """Sort by the tiers of our search; what earlier pages had is left out."""
    after = None if page.after is None else _key(criteria, page.after)
    placed = [(_key(criteria, result.sort), result) for result in results]
    kept = [(place, result) for place, result in placed if after is None or place > after]
    return [result for _, result in sorted(kept, key=lambda each: (each[0], each[1].source is not None))]


def _key(criteria: Criteria, values: Sequence[Any]) -> tuple[Any, ...]:
    """Return a position to the millimetre: the engine and we do not round alike below it."""
    return tuple(round(each, 3) if isinstance(each, float) else each for each in position(criteria, values))


def _each_once(results: Iterable[Result]) -> list[Result]:
    """Keep each unit once: by its id, then by FINESS, activities and mode where two directories tell of it.

    Two units of one directory that agree in these are two units. The directory of the region where a unit lies knows
    it best, then ours.
    """
    order = list(results)
    kept: set[int] = set()
    ids: set[str] = set()
    owners: dict[tuple[object, ...], str] = {}
    for number, result in sorted(enumerate(order), key=lambda each: _authority(each[1])):
        owner = result.source.code if result.source else ""
        alike = _alike(result)
        known = result.unit["id"] in ids or (alike is not None and owners.setdefault(alike, owner) != owner)
        if not known:
            ids.add(result.unit["id"])
            kept.add(number)
    return [result for number, result in enumerate(order) if number in kept]


def _authority(result: Result) -> int:
    """Say how well a directory knows a unit: 0 of its own region, 1 ours, 2 another's."""
    places: Sequence[dict[str, Any]] = result.document.get("place") or result.document.get("places") or ({},)
    lies_in = places[0].get("region")
    if result.source is None:
        return 0 if result.unit.get("region") == lies_in else 1
    return 0 if result.source.region == lies_in else 2


def _alike(result: Result) -> tuple[object, ...] | None:
    unit = result.unit
    finess = unit["site"].get("finess")
    return ("same", finess, tuple(sorted(unit["activities"])), unit["care_mode"]) if finess else None


def _is_cut(said: Sequence[Asked], page: Page) -> bool:
    """Say whether a peer has more than it was asked for."""
    most = min(page.first_rank - 1 + page.size, DEPTH)
    return most < DEPTH and any(each.total > most for each in said)


def _warnings(found: Answer, said: Sequence[Asked], shown: Sequence[Result]) -> list[str]:
    """Name every peer that gave no answer, and what of the others was not taken."""
    own = [each for each in found.warnings if not (shown and each == NOTHING_FOUND)]
    for each in said:
        if each.status != ANSWERED:
            own.append(f"{each.peer.name} {FAILURES[each.status]} : ses unités manquent à cette réponse.")
        own += each.warnings
        if each.total > DEPTH:
            own.append(f"{each.peer.name} : seules ses {DEPTH} premières unités peuvent être montrées.")
    return own
