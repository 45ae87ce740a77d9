"""What is asked of the engine when metrics are read: whether it answers, what it serves, how old its data are."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from beds.board import BoardQuestion
from beds.indices import BedIndices, is_older
from beds.standing import Standing, standing
from engine.errors import EngineError, EngineNotFound
from engine.gateway import Gateway
from orientation.peers.copied import CopyStates
from orientation.question.build import Tension

log = logging.getLogger(__name__)

KEPT_S = 10.0
"""Seconds for which what was asked is told again: however often metrics are read, the engine is asked so often."""
HEALTH = {"green": 2, "yellow": 1, "red": 0}
KINDS = ("bed", "place")


@dataclass(slots=True, eq=False)
class State(Collector):
    """Asks the engine; where it does not answer, only that is told, and no old number."""

    gateway: Gateway
    indices: BedIndices
    clock: Callable[[], datetime]
    tension: Callable[[], Tension]
    copies: CopyStates
    _told: list[GaugeMetricFamily] = field(default_factory=list)
    _at: float = float("-inf")
    _lock: Lock = field(default_factory=Lock)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the metrics."""
        with self._lock:
            if time.monotonic() - self._at > KEPT_S:
                self._told = list(self._ask())
                self._at = time.monotonic()
            yield from self._told

    def _ask(self) -> Iterator[GaugeMetricFamily]:
        try:
            found = [self._cluster(), *self._index(), *self._beds(), *self._copies()]
            up = 1
        except EngineError as error:
            log.warning("state not read for metrics: %s", type(error).__name__)
            found, up = [], 0
        yield GaugeMetricFamily("ror_engine_up", "Whether the search engine answers (1) or not (0).", up)
        yield from found

    def _cluster(self) -> GaugeMetricFamily:
        health = HEALTH[self.gateway.health()["status"]]
        return GaugeMetricFamily("ror_engine_health", "Health of the cluster: 2 green, 1 yellow, 0 red.", health)

    def _index(self) -> Iterator[GaugeMetricFamily]:
        alias = self.indices.units
        served = self.gateway.aliases(alias).get(alias, ())
        yield GaugeMetricFamily("ror_index_serving", "Indices behind the alias of units: one, or none.", len(served))
        for name in served:
            body = self.gateway.indices(name)[name]
            yield GaugeMetricFamily("ror_index_units", "Units served.", self.gateway.count(name))
            text = "Whether the index has all that this version searches (1), or an older version loaded it (0)."
            yield GaugeMetricFamily("ror_index_mapping_current", text, int(not is_older(self.gateway, name)))
            if (built := _built(body)) is not None:
                text = "When the load that made the index began, in seconds since 1970."
                yield GaugeMetricFamily("ror_index_built_timestamp_seconds", text, built)

    def _copies(self) -> Iterator[GaugeMetricFamily]:
        text = "How far our copy of another directory is behind it; none of one that was never whole."
        lags = GaugeMetricFamily("ror_peer_copy_lag_seconds", text, labels=("peer",))
        text = "Units in our copy of another directory."
        units = GaugeMetricFamily("ror_peer_copy_units", text, labels=("peer",))
        for code, state in sorted(self.copies.all().items()):
            units.add_metric((code,), state.units)
            if (lag := state.lag_s(self.clock())) is not None:
                lags.add_metric((code,), lag)
        yield lags
        yield units

    def _beds(self) -> Iterator[GaugeMetricFamily]:
        tense = self.tension()
        text = "Zones by what they say of what is available: fresh, stale, silent."
        zones = GaugeMetricFamily("ror_bed_zones", text, labels=("kind", "word"))
        ages = GaugeMetricFamily(
            "ror_bed_count_age_seconds", "Age of counts of what is available.", labels=("kind", "quantile")
        )
        for kind in KINDS:
            question = BoardQuestion(
                as_of=self.clock(),
                kind=kind,
                tension_departments=tense.departments,
                tension_regions=tense.regions,
            )
            try:
                _add(zones, ages, standing(self.gateway, self.indices, question))
            except EngineNotFound:  # nothing was ever loaded or written
                return
        yield zones
        yield ages


def _built(body: dict[str, Any]) -> float | None:
    """Return when an index says that its build began."""
    started = body.get("mappings", {}).get("_meta", {}).get("started_at")
    return datetime.fromisoformat(started).timestamp() if started else None


def _add(zones: GaugeMetricFamily, ages: GaugeMetricFamily, found: Standing) -> None:
    for word in ("fresh", "stale", "silent"):
        zones.add_metric((found.kind, word), getattr(found, word))
    for cut, seconds in found.ages.items():
        ages.add_metric((found.kind, f"{cut / 100:g}"), seconds)
