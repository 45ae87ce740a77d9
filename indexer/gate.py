"""The gate: what must be true of a new index before it may serve."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from engine.gateway import Gateway
from indexer.report import BuildReport

SAMPLES = 20
_SHRINK = 0.8
"""Below this part of what served before, the load is applied but a person is told."""


class Sample:
    """A fair sample of what was sent, whatever its number, to be looked for afterwards."""

    def __init__(self, size: int = SAMPLES, seed: int = 20150530) -> None:
        """Start empty; the same load draws the same sample."""
        self.kept: list[tuple[str, dict[str, Any]]] = []
        self._size, self._random, self._seen = size, random.Random(seed), 0

    def offer(self, identifier: str, unit: dict[str, Any] | Callable[[], dict[str, Any]]) -> None:
        """Keep a unit, or what makes it, with the chance that every one has (reservoir sampling)."""
        self._seen += 1
        if len(self.kept) < self._size:
            self.kept.append((identifier, unit() if callable(unit) else unit))
        elif (place := self._random.randrange(self._seen)) < self._size:
            self.kept[place] = (identifier, unit() if callable(unit) else unit)


def check_rejects(report: BuildReport, max_rejects: float) -> None:
    """Refuse a source that is empty or too bad."""
    if report.accepted == 0:
        report.refusals.append("the source gave no unit")
    if report.rejected_ratio > max_rejects:
        report.refusals.append(
            f"{report.rejected} of {report.read} units were refused ({report.rejected_ratio:.1%}, "
            f"at most {max_rejects:.1%} may be)"
        )


def check_index(gateway: Gateway, index: str, report: BuildReport, sample: Sample) -> None:
    """Refuse an index that does not hold exactly what was read; it must be refreshed."""
    if report.failed:
        report.refusals.append(f"{report.failed} units were refused by the engine: see the rejects file")
    if report.read != report.indexed + report.rejected + report.skipped + report.failed:
        report.refusals.append(
            f"{report.read} units were read, but {report.indexed} indexed, {report.rejected} refused, "
            f"{report.skipped} of other regions and {report.failed} refused by the engine"
        )
    counted = gateway.count(index)
    if counted != report.indexed:
        report.refusals.append(f"the index holds {counted} units, {report.indexed} were indexed")
    for identifier, unit in sample.kept:
        _check_one(gateway, index, identifier, unit, report)


def _check_one(gateway: Gateway, index: str, identifier: str, unit: dict[str, Any], report: BuildReport) -> None:
    body = {"size": 2, "query": {"term": {"id": identifier}}, "_source": ["unit"]}
    hits = gateway.search(index, body)["hits"]["hits"]
    if len(hits) != 1:
        report.refusals.append(f"unit {identifier} was sent once and is found {len(hits)} times")
    elif hits[0]["_source"]["unit"] != unit:
        report.refusals.append(f"unit {identifier} is not stored as it was sent")


def compare_with_previous(gateway: Gateway, previous: str, report: BuildReport) -> None:
    """Warn when far fewer units will serve than before: a cut source is the usual reason."""
    before = gateway.count(previous)
    if before and report.indexed < before * _SHRINK:
        lost = 1 - report.indexed / before
        report.warnings.append(
            f"{report.indexed} units take the place of {before} ({lost:.0%} fewer); `ror index rollback` goes back"
        )
