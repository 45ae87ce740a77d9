"""How much at once: a few questions are answered, some wait a little, and the rest is refused before it begins.

Fair: the next to be answered is of whoever asked least of late, refused requests included, then of whoever has least
under way; when no more may wait, it is the newest of whoever asked most that is sent away. So one who floods makes
itself wait, not the others. One slot in four is kept for those who asked little: they need not wait for the end of
what others ask at length. And one turn in four is of whoever waits longest: who asked much is not put off for as long
as there are others who asked less.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field
from threading import Event, Lock

from orientation.errors import Overloaded

WAIT_S = 2.0
"""Seconds a question may wait for its turn: one answered later is asked again by then."""


@dataclass(slots=True, eq=False)
class _Ticket:
    """A question that waits."""

    came: float
    called: bool = False
    settled: Event = field(default_factory=Event)


HALF_LIFE_S = 10.0
"""Seconds after which a request counts half in what somebody asked of late."""
MODEST = 10.0
"""Asking less than this of late is little: what a steady question every one and a half seconds adds up to."""
_PATIENT = 4
"""One turn in so many is of whoever waits longest."""
_MOST = 10_000


class Slots:
    """Lets in so many at once; safe for threads."""

    def __init__(self, slots: int, queue: int, wait_s: float = WAIT_S) -> None:
        """Open ``slots`` and a queue for so many more."""
        self._slots, self._most, self._wait_s = slots, queue, wait_s
        self._kept = slots // 4
        self._running: Counter[str] = Counter()
        self._queues: dict[str, deque[_Ticket]] = {}
        self._waiting = 0
        self._turns = 0
        self._asked: dict[str, tuple[float, float]] = {}
        self._lock = Lock()

    def asked(self, holder: str) -> None:
        """Note that somebody asks, whatever becomes of it."""
        with self._lock:
            if len(self._asked) > _MOST:
                self._asked.clear()
            self._asked[holder] = (self._of_late(holder) + 1, time.monotonic())

    def _of_late(self, holder: str) -> float:
        """Return how much somebody asked of late."""
        count, at = self._asked.get(holder, (0.0, 0.0))
        return count * 0.5 ** ((time.monotonic() - at) / HALF_LIFE_S) if count else 0.0

    def _modest(self, holder: str) -> bool:
        return self._of_late(holder) < MODEST

    def _room_for(self, holder: str) -> bool:
        """Say whether a slot is free for somebody; those who asked much may not hold the last ones."""
        if self._running.total() >= self._slots:
            return False
        return self._modest(holder) or self._held_at_length() < self._slots - self._kept

    def _held_at_length(self) -> int:
        """Return how many slots those who asked much have."""
        return sum(held for each, held in self._running.items() if not self._modest(each))

    @property
    def waiting(self) -> int:
        """How many wait."""
        return self._waiting

    def enter(self, holder: str) -> None:
        """Return once it is the turn of who asks; ``Overloaded`` when it would not be in time."""
        with self._lock:
            # Those who asked little find room only when none of them waits: what waits then is of the others.
            if self._room_for(holder) and (self._modest(holder) or not self._waiting):
                self._running[holder] += 1
                return
            if self._waiting >= self._most and not self._send_away_for(holder):
                raise Overloaded("This server answers as much as it can. Nothing was begun: ask again.")
            ticket = _Ticket(time.monotonic())
            self._queues.setdefault(holder, deque()).append(ticket)
            self._waiting += 1
        ticket.settled.wait(self._wait_s)
        with self._lock:
            if ticket.called:
                return
            if not ticket.settled.is_set():
                self._forget(holder, ticket)
        raise Overloaded("This server did not come to it in time. Nothing was begun: ask again.")

    def leave(self, holder: str) -> None:
        """Give a slot back, and call the next."""
        with self._lock:
            self._running[holder] -= 1
            if self._running[holder] <= 0:
                del self._running[holder]
            while next_one := self._next():
                self._call(next_one)

    def _next(self) -> str | None:
        """Return whose turn it is, of those that there is room for."""
        candidates = [each for each in self._queues if self._room_for(each)]
        if (self._turns + 1) % _PATIENT == 0:
            return min(candidates, key=self._patience, default=None)
        return min(candidates, key=lambda each: (int(self._of_late(each)), *self._patience(each)), default=None)

    def _patience(self, holder: str) -> tuple[int, float]:
        """Return what is least for whoever has least under way, then waits longest."""
        return self._running[holder], self._queues[holder][0].came

    def _call(self, holder: str) -> None:
        """Call the first of somebody's questions that wait."""
        self._turns += 1
        ticket = self._queues[holder][0]
        self._forget(holder, ticket)
        self._running[holder] += 1
        ticket.called = True
        ticket.settled.set()

    def _send_away_for(self, holder: str) -> bool:
        """Send away the newest of whoever asked most of late, or has most waiting, unless that is who asks."""
        if not self._queues:
            return False

        def greed(each: str, more: int = 0) -> tuple[int, int]:
            return int(self._of_late(each)), len(self._queues.get(each, ())) + more

        greedy = max(self._queues, key=greed)
        if greed(greedy) <= greed(holder, 1):
            return False
        ticket = self._queues[greedy][-1]
        self._forget(greedy, ticket)
        ticket.settled.set()
        return True

    def _forget(self, holder: str, ticket: _Ticket) -> None:
        queue = self._queues[holder]
        queue.remove(ticket)
        if not queue:
            del self._queues[holder]
        self._waiting -= 1
