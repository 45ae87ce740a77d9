"""Our copies of other directories asked as those are: the same question, put to the units copied."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.errors import EngineError
from engine.gateway import Gateway
from orientation.criteria import Criteria, Page
from orientation.peers.asking import PeerAnswer
from orientation.peers.copied import CopyState, CopyStates, copy_alias
from orientation.peers.register import Peer
from orientation.search import SearchService

AT_ONCE = 8
"""Copies that one process searches at a time; those beyond wait, and are late where they wait too long."""


@dataclass(slots=True)
class Copies:
    """Searches copies in threads of its own, so that a slow engine holds up no answer; safe for threads.

    Its threads begin with the first question, hence after any fork.
    """

    gateway: Gateway
    states: CopyStates
    timeout: str = "1s"
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(AT_ONCE, "copies"))

    def usable(self, peer: Peer) -> CopyState | None:
        """Return the state of the copy of a peer, ``None`` where none may answer, also for want of the engine."""
        try:
            return self.states.usable(peer)
        except EngineError:
            return None

    def ask(self, peer: Peer, state: CopyState, criteria: Criteria, most: int) -> Future[PeerAnswer]:
        """Begin to search a copy for the first results; the future fails with the engine's errors."""
        return self._pool.submit(self._search, peer, state, criteria, most)

    def _search(self, peer: Peer, state: CopyState, criteria: Criteria, most: int) -> PeerAnswer:
        found = SearchService(self.gateway, self.timeout, copy_alias(peer)).search(criteria, Page(size=most))
        units = tuple(result.unit for result in found.results)
        return PeerAnswer(units=units, total=found.total, unread=state.unread)

    def rows(self, now: datetime) -> list[dict[str, Any]]:
        """Return how far each copy is, for whoever watches over them."""
        return [_row(code, state, now) for code, state in sorted(self.states.all().items())]


def _row(code: str, state: CopyState, now: datetime) -> dict[str, Any]:
    return {
        "peer": code,
        "copied_at": _written(state.copied_at),
        "lag_s": state.lag_s(now),
        "compared_at": _written(state.compared_at),
        "units": state.units,
        "facilities": state.facilities,
        "failed_at": _written(state.failed_at),
        "failure": state.failure,
    }


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
