"""A circuit breaker for each peer: after some failures in a row it is not asked for a while, then by one probe.

The libraries of this kind hold a lock while they call, so that one slow peer would make all questions to it wait in
line; here only the decision is made under the lock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

CLOSED, OPEN, HALF_OPEN = "closed", "open", "half-open"
FAILURES = 3
"""Failures in a row after which a peer is left alone."""
REST_S, LONGEST_REST_S = 5.0, 300.0
"""How long at first; twice as long after each probe that fails."""


@dataclass(slots=True)
class Breaker:
    """Decides whether one peer is asked; safe for threads."""

    clock: Callable[[], float] = time.monotonic
    failures: int = 0
    _rest: float = REST_S
    _until: float = 0.0
    _open: bool = False
    _probing: bool = False
    _lock: Lock = field(default_factory=Lock)

    @property
    def state(self) -> str:
        """Return ``closed``, ``open`` or ``half-open``."""
        with self._lock:
            if not self._open:
                return CLOSED
            return HALF_OPEN if self._probing or self.clock() >= self._until else OPEN

    def allows(self) -> bool:
        """Say whether to ask now; who is told so must tell how it went. Half open, one at a time is."""
        with self._lock:
            if not self._open:
                return True
            if self._probing or self.clock() < self._until:
                return False
            self._probing = True
            return True

    def succeeded(self) -> None:
        """Close."""
        with self._lock:
            self.failures, self._rest, self._open, self._probing = 0, REST_S, False, False

    def failed(self) -> None:
        """Count a failure: open at the third in a row, and rest longer where a probe failed."""
        with self._lock:
            self.failures += 1
            if self._probing:
                self._rest = min(self._rest * 2, LONGEST_REST_S)
            if self._probing or (not self._open and self.failures >= FAILURES):
                self._open, self._until = True, self.clock() + self._rest
            self._probing = False

    def released(self) -> None:
        """Forget that it was asked: nobody waited for the answer."""
        with self._lock:
            self._probing = False


@dataclass(slots=True)
class Breakers:
    """The breaker of each peer, made when first asked for."""

    _made: dict[str, Breaker] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, code: str) -> Breaker:
        """Return the breaker of a peer."""
        with self._lock:
            return self._made.setdefault(code, Breaker())
