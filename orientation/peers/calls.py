"""The peers asked for one question: begun, waited for, and where one gives no answer, our copy of it asked instead.

A peer that was asked in vain leaves some of the budget to the search of its copy; a peer whose dialect is that copy is
never asked at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from typing import Any

from engine.errors import EngineError
from mappings.gazetteer import Gazetteer
from orientation.answer import Source
from orientation.criteria import Criteria
from orientation.peers.asking import Asker, PeerAnswer, PeerFailure, Said
from orientation.peers.breaker import Breaker, Breakers
from orientation.peers.copied import CopyState
from orientation.peers.copies import Copies
from orientation.peers.judging import REASONS, judge
from orientation.peers.merging import ANSWERED, COPIED, Asked
from orientation.peers.register import COPY, FACILITY_SEARCH, Peer

_MARGIN_S = 0.05
"""What reading and merging may take once the last answer came."""
_FOR_COPIES_S = 0.25
"""What of the budget is kept for the search of the copy of a peer that does not answer, at most a quarter of it."""
_WITHDRAWN = frozenset({"refused", "secret"})
"""Failures after which a copy does not speak for a peer: who refuses us access may have taken back what we copied."""


@dataclass(slots=True)
class Call:
    """One peer of one question: ``live`` is what is under way with itself, ``copied`` with our copy ``state``."""

    peer: Peer
    started: float
    live: Future[Said] | None = None
    failure: str | None = None
    answer: PeerAnswer | None = None
    state: CopyState | None = None
    copied: Future[PeerAnswer] | None = None
    took_ms: int = 0

    @property
    def is_open(self) -> bool:
        """Say whether the peer itself may still answer."""
        return self.answer is None and self.failure is None

    def ends(self) -> None:
        """Note how long it took."""
        self.took_ms = round((time.monotonic() - self.started) * 1000)


@dataclass(slots=True)
class Calls:
    """The calls of one question, which was put at ``started``; ``most`` results are asked of each."""

    asker: Asker
    breakers: Breakers
    copies: Copies | None
    gazetteer: Gazetteer
    most: int
    started: float
    budget_s: float
    made: list[Call] = field(default_factory=list)

    def begin(self, peers: Sequence[Peer], criteria: Criteria) -> None:
        """Begin to ask some more peers."""
        self.made += [self._begin(peer, criteria) for peer in peers]

    def _begin(self, peer: Peer, criteria: Criteria) -> Call:
        call = Call(peer, time.monotonic(), state=self.copies.usable(peer) if self.copies else None)
        if peer.dialect == COPY:
            call.failure = "no-copy"
        elif not self.breakers.of(peer.code).allows():
            call.failure = "resting"
        else:
            left = self.budget_s - _MARGIN_S - (call.started - self.started)
            within = min(left - (self._kept_s if call.state else 0.0), peer.timeout_s or self.budget_s)
            call.live = self.asker.ask(peer, criteria, self.most, max(within, 0.001))
        return call

    @property
    def _kept_s(self) -> float:
        return min(_FOR_COPIES_S, self.budget_s / 4)

    def release(self, given_up: Callable[[Peer, int], None]) -> None:
        """Ask no further: there is nothing at home to put answers beside; ``given_up`` is told of each peer asked."""
        for call in self.made:
            if call.live is not None:
                call.live.cancel()
                self.breakers.of(call.peer.code).released()
                call.ends()
                given_up(call.peer, call.took_ms)

    def gather(self, criteria: Criteria) -> tuple[Asked, ...]:
        """Wait for answers as long as the budget allows, copies included, and judge them."""
        self._turn_to_copies(criteria)
        if any(call.live is not None and call.state is not None for call in self.made):
            self._wait(self.budget_s - self._kept_s)
            for call in self.made:
                if call.live is not None and (call.live.done() or call.state is not None):
                    self._settle(call)
            self._turn_to_copies(criteria)
        self._wait(self.budget_s)
        for call in self.made:
            self._settle(call)
        return tuple(self._asked(call, criteria) for call in self.made)

    def _wait(self, until_s: float) -> None:
        under_way: list[Future[Any]] = [call.live for call in self.made if call.live is not None and call.is_open]
        under_way += [call.copied for call in self.made if call.copied is not None]
        wait(under_way, timeout=max(0.0, until_s - (time.monotonic() - self.started)))

    def _settle(self, call: Call) -> None:
        """Read what the peer itself said, once, and tell its breaker; one that still speaks is late, and cut off."""
        if call.live is None or not call.is_open:
            return
        breaker = self.breakers.of(call.peer.code)
        try:
            call.answer = self.asker.read(call.peer, _result_of(call.live))
            breaker.succeeded()
        except PeerFailure as failure:
            call.failure = failure.kind
            _note(breaker, failure)
        call.ends()

    def _turn_to_copies(self, criteria: Criteria) -> None:
        """Begin to search the copies of the peers that gave no answer."""
        for call in self.made:
            if self.copies is None or call.state is None or call.copied is not None:
                continue
            if call.failure is not None and call.failure not in _WITHDRAWN:
                call.copied = self.copies.ask(call.peer, call.state, criteria, self.most)

    def _asked(self, call: Call, criteria: Criteria) -> Asked:
        breaker = self.breakers.of(call.peer.code).state
        answer, state = call.answer, None
        if answer is None and call.copied is not None:
            answer, state = _found_in(call.copied), call.state
            call.ends()
        if answer is None:
            return Asked(peer=call.peer, status=str(call.failure), took_ms=call.took_ms, breaker=breaker)
        asked = Asked(peer=call.peer, status=ANSWERED, took_ms=call.took_ms, breaker=breaker)
        if state is not None:
            failure = None if call.peer.dialect == COPY else call.failure
            asked = replace(asked, status=COPIED, failure=failure, copied_at=state.copied_at)
        return judged(asked, answer, criteria, self.gazetteer)


def judged(asked: Asked, answer: PeerAnswer, criteria: Criteria, gazetteer: Gazetteer) -> Asked:
    """Return what a peer, or our copy of it, said as far as it is taken.

    The search of facilities knows nothing of our criteria: that some do not meet them is no fault there.
    """
    peer = asked.peer
    found = judge(answer.units, criteria, peer, gazetteer)
    is_narrow = asked.status == ANSWERED and peer.dialect == FACILITY_SEARCH
    if is_narrow:
        found.unfit.pop("unanswering", None)
    unfit, unread = sum(found.unfit.values()), sum(answer.unread.values())
    is_counted = asked.status == ANSWERED and not is_narrow
    reasons = found.unfit | {why: found.unfit.get(why, 0) + count for why, count in answer.unread.items()}
    source = Source(peer.code, peer.name, peer.region, asked.copied_at)
    return replace(
        asked,
        total=len(found.results) + unfit if is_narrow else answer.total,
        unfit=unfit + (unread if is_counted else 0),
        uncounted=0 if is_counted else unread,
        results=tuple(replace(each, source=source) for each in found.results),
        warnings=(
            *(f"{peer.name} : {count} × unité {REASONS[why]}, non retenue." for why, count in reasons.items()),
            *(f"{peer.name} : {each}" for each in answer.warnings),
        ),
    )


def _found_in(copied: Future[PeerAnswer]) -> PeerAnswer | None:
    """Return what a copy said; ``None`` where the engine did not say it in time, or has it no more."""
    if not copied.done():
        copied.cancel()
        return None
    try:
        return copied.result()
    except EngineError:
        return None


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
