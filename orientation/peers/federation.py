"""One question, many directories: peers asked beside ours within a budget, their answers and ours in one order.

What is found at home is answered whatever peers do: a peer that is late, fails or sends what cannot be is named in the
warnings. The radius is settled at home and the same for all, so that the order is that of one search over the union.
Nothing is kept from one question to the next but the breaker of each peer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from mappings.errors import FieldError, InvalidInput, shorten
from mappings.gazetteer import Gazetteer
from orientation.answer import Answer, Source
from orientation.criteria import Criteria, Page
from orientation.peers.asking import Asker, PeerFailure, Said
from orientation.peers.breaker import Breaker, Breakers
from orientation.peers.judging import REASONS, Judged, judge
from orientation.peers.merging import ANSWERED, Asked, depth, merged
from orientation.peers.register import Peer, Register
from orientation.peers.territory import ALL, AUTO, NONE, Territories, chosen, is_rare
from orientation.search import SearchService

_MARGIN_S = 0.05
"""What reading and merging may take once the last answer came."""


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

    def search(
        self,
        home: SearchService,
        criteria: Criteria,
        page: Page,
        asked: Sequence[str],
        given_up: Callable[[Peer, int], None] = lambda peer, took_ms: None,
    ) -> Federated:
        """Answer a question here and at the peers asked for: ``auto``, ``all``, ``none``, or codes.

        Errors of our own search pass through; those of peers never do. ``given_up`` is told of each peer that was asked
        when our own search failed, and for how many milliseconds.
        """
        started = time.monotonic()
        peers = self.register.enabled()
        _check(asked, peers)
        if NONE in asked or not peers:
            return Federated(home.search(criteria, page), ())
        early = self._early(criteria, peers, asked)
        calls = [self._begin(peer, criteria, page, started) for peer in early]
        with ExitStack() as unless_found:
            unless_found.callback(self._release, calls, given_up)
            found = home.search(criteria, page)
            unless_found.pop_all()
        settled = replace(criteria, radius_m=found.radius_m)
        late = [peer for peer in self._wanted(settled, peers, asked, found) if peer not in early]
        calls += [self._begin(peer, settled, page, started) for peer in late]
        said = self._gather(calls, settled, started)
        return Federated(merged(found, said, settled, page), said)

    def _early(self, criteria: Criteria, peers: Sequence[Peer], asked: Sequence[str]) -> list[Peer]:
        """Return the peers that are asked whatever is found here, where the radius is known before."""
        if criteria.origin is not None and criteria.radius_m is None:
            return []
        return self._wanted(criteria, peers, asked, None)

    def _wanted(
        self, criteria: Criteria, peers: Sequence[Peer], asked: Sequence[str], found: Answer | None
    ) -> list[Peer]:
        if ALL in asked:
            return list(peers)
        if AUTO not in asked:
            return list(chosen(asked, peers))
        if is_rare(criteria) or (found is not None and found.total == 0):
            return list(peers)
        return [peer for peer in peers if self.territories.touches(criteria, peer)]

    def _begin(self, peer: Peer, criteria: Criteria, page: Page, started: float) -> _Call:
        now = time.monotonic()
        if not self.breakers.of(peer.code).allows():
            return _Call(peer, now, None, "resting")
        within = min(self.budget_s - _MARGIN_S - (now - started), peer.timeout_s or self.budget_s)
        return _Call(peer, now, self.asker.ask(peer, criteria, depth(page), max(within, 0.001)))

    def _release(self, calls: list[_Call], given_up: Callable[[Peer, int], None]) -> None:
        """Ask no further: there is nothing at home to put answers beside."""
        for call in calls:
            if call.future is not None:
                call.future.cancel()
                self.breakers.of(call.peer.code).released()
                given_up(call.peer, _since(call.started))

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
    if future.cancelled():
        raise PeerFailure("unreachable", "the exchange was given up, for this server ends")
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
