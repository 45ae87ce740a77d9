"""The metrics: each one declared here, each label one of few values, and nothing in them that is about a person.

With several processes each keeps its numbers in a file of a folder that they share, and whichever process is asked
adds up the files (``share``): a scrape is the same whoever answers it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from orientation.peers.breaker import CLOSED, HALF_OPEN, OPEN

KEY = "metrics"
"""Where the application keeps them."""
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Variable by which the library knows the folder of a server of several processes."""

_PREFIX = "ror-metrics-"
_FRESH_S = 60

_BREAKERS = {CLOSED: 0, HALF_OPEN: 1, OPEN: 2}

_ANSWERS = (0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.2, 2.5, 5.0, 10.0)
"""Bounds in seconds; the goals (5, 10, 20 and 40 ms) are among them, so that they can be read off."""


class Metrics:
    """The numbers of one application. Safe for threads; also the ``Watch`` of its gateway."""

    def __init__(self) -> None:
        """Declare every metric; in a server of several processes, where all add up."""
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "ror_http_request_seconds",
            "Time from a request to the head of its answer, by route and outcome (ok, refused, unavailable, failed).",
            ("method", "route", "outcome"),
            buckets=_ANSWERS,
            registry=self.registry,
        )
        self.responses = Counter(
            "ror_http_responses", "Answers by status.", ("method", "route", "status"), registry=self.registry
        )
        self.running = Gauge(
            "ror_http_requests_running",
            "Requests whose answer is being made.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self.engine = Histogram(
            "ror_engine_request_seconds",
            "Time of requests to the search engine as the server sees it.",
            ("kind", "outcome"),
            buckets=_ANSWERS,
            registry=self.registry,
        )
        self.engine_took = Histogram(
            "ror_engine_took_seconds",
            "Time that the search engine says it needed.",
            ("kind",),
            buckets=_ANSWERS,
            registry=self.registry,
        )
        self.bulk = Counter(
            "ror_bulk_items",
            "Items of bulk requests by outcome (done, conflict, overloaded, refused).",
            ("outcome",),
            registry=self.registry,
        )
        self.breakers = Gauge(
            "ror_peer_breaker",
            "Circuit breaker to another directory: 0 closed, 1 half open, 2 open; the worst of all processes.",
            ("peer",),
            registry=self.registry,
            multiprocess_mode="livemax",
        )

    def asked(self, kind: str, outcome: str, seconds: float, took: float | None) -> None:
        """Note a request to the engine."""
        self.engine.labels(kind, outcome).observe(seconds)
        if took is not None:
            self.engine_took.labels(kind).observe(took)

    def sent(self, items: Tally[str]) -> None:
        """Note the items of a bulk request."""
        for outcome, count in items.items():
            self.bulk.labels(outcome).inc(count)

    def breaker(self, peer: str, state: str) -> None:
        """Note the state of the breaker to a peer, by the code of the peer."""
        self.breakers.labels(peer).set(_BREAKERS[state])

    def text(self, *also: Collector) -> bytes:
        """Return all metrics of all processes as Prometheus reads them, and those of ``also``, asked now."""
        registry = CollectorRegistry()
        if folder := os.environ.get(FOLDER):
            MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
        else:
            registry.register(_Own(self.registry))
        for collector in also:
            registry.register(collector)
        return generate_latest(registry)


class _Own(Collector):
    """What one process has counted by itself."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        yield from self._registry.collect()


def share() -> None:
    """Make the folder in which the processes of this server count together; call it before they are forked.

    The library chooses how it keeps numbers when it is imported, which was before: it is told again. The folders of
    servers that were killed are deleted: a folder is locked for as long as one process lives that counts in it.
    """
    for other in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        _delete_if_left(other)
    os.environ[FOLDER] = tempfile.mkdtemp(prefix=_PREFIX)
    fcntl.flock(os.open(os.environ[FOLDER], os.O_RDONLY), fcntl.LOCK_EX)  # open until the process and its forks end
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]


def _delete_if_left(folder: Path) -> None:
    """Delete a folder in which nobody counts; one that was made just now may not be locked yet."""
    with suppress(OSError):  # held (BlockingIOError), somebody else's, or gone meanwhile
        if time.time() - folder.stat().st_mtime < _FRESH_S:
            return
        descriptor = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)
        finally:
            os.close(descriptor)


def process_ended(pid: int) -> None:
    """Take the gauges of a process that ended out of the sums; what it counted stays counted."""
    if FOLDER in os.environ:
        mark_process_dead(pid)  # type: ignore[no-untyped-call]


def unshare() -> None:
    """Delete the folder, when the last process has ended."""
    if folder := os.environ.pop(FOLDER, None):
        shutil.rmtree(folder, ignore_errors=True)
