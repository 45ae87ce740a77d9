"""A week of simulated history, and how long the board and the history of a zone take to ask.

``python -m benchmarks.beds_history --zones 500 --per-day 24``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from beds.board import GROUPS, BoardQuestion, board
from beds.simulation import Simulation
from beds.timeline import TimelineQuestion, entries, series
from benchmarks.beds_chaos import prepared
from benchmarks.beds_writes import percentiles
from engine import node
from engine.gateway import Gateway, GatewayConfig
from indexer.synth import synthesize
from mappings.gazetteer import Gazetteer
from orientation.access import Access
from orientation.criteria import Criteria
from orientation.zones import zones_of
from tests.beds_kit import Ward


def clocked(call: Callable[[], Any], times: int) -> dict[str, float]:
    """Return the percentiles of a call."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        found.append(time.perf_counter() - started)
    return percentiles(found)


def measure(ward: Ward, units: int, per_day: int) -> dict[str, Any]:
    """Fill a week and ask."""
    now = datetime.now(UTC)
    ward.now = now - timedelta(days=7)
    ward.load(synthesize(units, seed=1, gazetteer=Gazetteer.load(), as_of=ward.now))
    ward.gateway.refresh(ward.indices.units)
    simulation = Simulation(ward.service, seed=1)
    zones = simulation.open()
    began = time.monotonic()
    rounds = 7 * per_day
    for n in range(rounds):
        ward.now = now - timedelta(days=7) + timedelta(days=7) * (n + 1) / rounds
        for start in range(0, zones, 500):
            simulation_step(simulation, start)
    took = time.monotonic() - began
    for name in (ward.indices.every_history, ward.indices.store, ward.indices.units):
        ward.gateway.refresh(name)
    random = Random(1)
    everything = Criteria(as_of=now, access=Access(1))
    figures: dict[str, Any] = {
        "zones": zones,
        "entries": ward.gateway.count(ward.indices.every_history),
        "days": len(ward.gateway.indices(ward.indices.every_history)),
        "fill_per_s": round(zones * rounds / took),
        "megabytes": round(sum(ward.gateway.index_bytes(ward.indices.every_history).values()) / 2**20, 1),
    }

    def ask(group_by: str) -> None:
        found = zones_of(ward.gateway, everything, ward.indices.units)
        board(ward.gateway, ward.indices, BoardQuestion(as_of=now, group_by=group_by), found)

    for group_by in GROUPS:
        figures[f"board_{group_by}"] = clocked(lambda group_by=group_by: ask(group_by), 40)  # type: ignore[misc]

    def question() -> TimelineQuestion:
        place = random.choice(simulation.bays).place
        return TimelineQuestion(place=place, start=now - timedelta(days=7), end=now)

    figures["history_entries"] = clocked(lambda: entries(ward.gateway, ward.indices, question()), 100)
    figures["history_100_points"] = clocked(lambda: series(ward.gateway, ward.indices, question(), 100), 100)
    return figures


def simulation_step(simulation: Simulation, start: int) -> None:
    """Move the zones of one chunk once."""
    bays = simulation.bays
    simulation.bays = bays[start : start + 500]
    simulation.step(500)
    simulation.bays = bays


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=1500)
    parser.add_argument("--per-day", type=int, default=24)
    given = parser.parse_args()
    config, folder = prepared()
    try:
        node.start(config, wait=180)
        with Gateway(GatewayConfig(config.url, request_timeout=10)) as gateway:
            print(json.dumps(measure(Ward(gateway, "week"), given.units, given.per_day), indent=1))
    finally:
        node.stop(config)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
