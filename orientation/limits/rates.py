"""How often: a limit for each address, whoever asks from it, and one for each client that says who it is."""

from __future__ import annotations

import logging
import math
import time
from threading import Lock

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import RateLimiter, SlidingWindowCounterRateLimiter

from orientation.errors import TooManyRequests

log = logging.getLogger(__name__)

MEMORY = "memory://"
PAUSE_S = 30.0
"""Seconds for which a storage that failed is not asked again."""


class Rates:
    """Counts in this process, or in Redis for all processes of all servers together.

    While Redis is away each process counts by itself: limits are looser then, and nobody is kept out.
    """

    def __init__(self, address: str | None, client: str | None, storage: str | None = None) -> None:
        """Read the limits, such as ``100 per minute``; ``None`` for no limit."""
        self._address = parse(address) if address else None
        self._client = parse(client) if client else None
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared: RateLimiter | None = None
        if storage and storage != MEMORY:
            options = {"socket_timeout": 0.25, "socket_connect_timeout": 0.25}
            self._shared = SlidingWindowCounterRateLimiter(
                storage_from_string(storage, wrap_exceptions=True, **options)
            )
        self._away_until = float("-inf")
        self._lock = Lock()

    def address(self, address: str) -> None:
        """Count a request of an address; ``TooManyRequests`` when it is one too many."""
        self._hit(self._address, "address", address)

    def client(self, holder: str) -> None:
        """Count a request of a client; ``TooManyRequests`` when it is one too many."""
        self._hit(self._client, "client", holder)

    def _hit(self, limit: RateLimitItem | None, kind: str, who: str) -> None:
        if limit is None:
            return
        limiter = self._limiter()
        try:
            allowed = limiter.hit(limit, kind, who)
        except StorageError as error:
            self._away(error)
            limiter = self._own
            allowed = limiter.hit(limit, kind, who)
        if not allowed:
            wait = max(1, math.ceil(self._reset(limiter, limit, kind, who) - time.time()))
            raise TooManyRequests(f"At most {limit} for each {kind}: ask again in {wait} s.", wait)

    def _reset(self, limiter: RateLimiter, limit: RateLimitItem, kind: str, who: str) -> float:
        """Return when there is room again, as epoch seconds."""
        try:
            return limiter.get_window_stats(limit, kind, who).reset_time
        except StorageError as error:
            self._away(error)
            return time.time() + limit.get_expiry()

    def _limiter(self) -> RateLimiter:
        if self._shared is None or time.monotonic() < self._away_until:
            return self._own
        return self._shared

    def _away(self, error: StorageError) -> None:
        with self._lock:
            self._away_until = time.monotonic() + PAUSE_S
        log.warning("limits are counted by each process for %s s: %s", PAUSE_S, type(error.storage_error).__name__)
