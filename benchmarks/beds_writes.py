"""How fast counts are taken and seen, and what searches pay for it.

In one run, on an engine of its own: write → visible in search (p50, p99), writes a second of one stream of lines, and
the time of a search without and with 500 writes a second. ``python -m benchmarks.beds_writes --units 5000``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import orjson

from beds.importing import import_lines, numbered
from beds.replay import Replay
from beds.service import BedService
from benchmarks.beds_chaos import prepared
from engine import node
from engine.gateway import Gateway, GatewayConfig
from indexer.build import build
from indexer.load import LoadOptions
from indexer.synth import synthesize
from mappings.document import places_of
from mappings.gazetteer import Gazetteer
from mappings.geo import Point
from orientation.access import Access
from orientation.criteria import DEFAULT_FACETS, BedCriteria, Criteria, Page
from orientation.query.clauses import Clause, any_of, in_one_place
from orientation.query.shape import BOTH, of_shape
from orientation.question.origin import point_origin
from orientation.search import SearchService
from tests.waiting import until

FOUR = ({"gender": "01"}, {"gender": "02"}, {"horizon": "02"}, {"status": "01"})
"""Parts of the keys that a hospital says of one zone at once: free for women, men, within an hour; installed."""


def percentiles(values: list[float]) -> dict[str, float]:
    """Return p50 and p99 in milliseconds of seconds."""
    ordered = sorted(values)
    return {
        "p50_ms": round(ordered[len(ordered) // 2] * 1000, 1),
        "p99_ms": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000, 1),
        "n": len(ordered),
    }


class Writer:
    """Writes random counts of known zones."""

    def __init__(self, service: BedService, places: list[str], seed: int) -> None:
        """Seed the chance."""
        self.service, self.places, self.random = service, places, Random(seed)

    def items(self, count: int) -> list[dict[str, Any]]:
        """Return so many counts observed now."""
        now = datetime.now(UTC).isoformat()
        return [
            {
                "place": place, "op": "add", "kind": "01", "status": "02", "count": self.random.randrange(20),
                "observed_at": now, "source": "02",
            }
            for place in self.random.sample(self.places, min(count, len(self.places)))
        ]  # fmt: skip

    def write(self, count: int) -> int:
        """Write so many; return how many were taken."""
        return sum(verdict.done for verdict in self.service.take(self.items(count), "bench"))

    def stream(self, parts: Sequence[dict[str, str]]) -> int:
        """Send so many counts of each of 2,500 zones as there are parts of keys, a line each; return those taken."""
        lines = [orjson.dumps(item | part) for item in self.items(2500) for part in parts]
        return sum(outcome["status"] == 200 for outcome in import_lines(self.service, numbered(lines), "bench"))

    def keep_up(self, rate: int, stop: threading.Event, done: list[int]) -> None:
        """Write ``rate`` counts a second until told to stop, a fifth of a second at once."""
        while not stop.is_set():
            started = time.monotonic()
            done.append(self.write(rate // 5))
            time.sleep(max(0.0, 0.2 - (time.monotonic() - started)))


def visible(writer: Writer, gateway: Gateway, service: BedService, times: int) -> list[float]:
    """Return the seconds from the call of a write to the first search that shows it."""
    found = []
    for _ in range(times):
        [item] = writer.items(1)
        started = time.perf_counter()
        service.take([item], "bench")
        moment = datetime.fromisoformat(item["observed_at"]).isoformat(timespec="milliseconds")
        until_seen(gateway, item["place"], moment, every=0.02)
        found.append(time.perf_counter() - started)
        time.sleep(writer.random.uniform(0, 0.5))
    return found


def until_seen(gateway: Gateway, place: str, moment: str, *, every: float) -> None:
    """Return once searches show a count of a place observed at that moment or later, asked every so many seconds."""
    recent: Clause = {"range": {"places.beds.observed_at": {"gte": moment}}}
    inside = in_one_place([{"term": {"places.id": place}}, recent])
    query = any_of(of_shape(shape, [inside]) for shape in BOTH)
    until(lambda: gateway.count("units", query), every=every)


def questions(gazetteer: Gazetteer, count: int) -> list[Criteria]:
    """Return searches of a regulator: a destination with beds near a point of the region."""
    random = Random(7)
    return [
        Criteria(
            as_of=datetime.now(UTC),
            access=Access(1),
            origin=point_origin(Point(49.2 + random.random(), 0.3 + random.random()), gazetteer),
            origin_department="76",
            radius_m=random.choice((None, 30_000, 100_000)),
            activities=random.choice((("127",), ("083",), ("100",), ())),
            beds=random.choice((None, BedCriteria(minimum=1))),
            use_case=random.choice((None, "destination")),
        )
        for _ in range(count)
    ]


def timed(search: SearchService, asked: list[Criteria]) -> list[float]:
    """Ask one after another; return the seconds of each."""
    found = []
    for criteria in asked:
        started = time.perf_counter()
        search.search(criteria, Page(facets=DEFAULT_FACETS))
        found.append(time.perf_counter() - started)
    return found


def sustained(write: Callable[[], int], seconds: float) -> float:
    """Return the counts taken a second."""
    started = time.monotonic()
    total = 0
    while time.monotonic() - started < seconds:
        total += write()
    return total / (time.monotonic() - started)


def measure(gateway: Gateway, units: int, seconds: float) -> dict[str, Any]:
    """Load a synthetic region and measure."""
    gazetteer = Gazetteer.load()
    service = BedService(gateway)
    kept = Replay(service)
    options = LoadOptions(source="bench", seed=kept.seed, before_swap=kept.before_swap, after_swap=kept.after_swap)
    started = time.monotonic()
    report = build(synthesize(units, seed=1, gazetteer=gazetteer, as_of=datetime.now(UTC)), gateway, gazetteer, options)
    assert report.applied, report.refusals
    loaded = time.monotonic() - started
    # Zones that work (R203): a closed one is written too, but no search ever shows it.
    held = gateway.scan("units", source=["place.id", "places.id"])
    places = sorted({place["id"] for hit in held for place in places_of(hit["_source"])})
    writer = Writer(service, places, 1)
    search = SearchService(gateway)
    asked = questions(gazetteer, 150)
    timed(search, asked)
    figures: dict[str, Any] = {"units": report.indexed, "zones": len(places), "load_s": round(loaded, 1)}
    say("one_write_acknowledged")
    figures["one_write_acknowledged"] = percentiles(acknowledged(writer, 100))
    say("write_to_visible")
    figures["write_to_visible"] = percentiles(visible(writer, gateway, service, 50))
    say("sustained_writes_per_s")
    figures["sustained_writes_per_s"] = round(sustained(lambda: writer.stream([{}]), seconds))
    say("four_counts_a_zone_per_s")
    figures["four_counts_a_zone_per_s"] = round(sustained(lambda: writer.stream(FOUR), seconds))
    say("search_without_writes")
    figures["search_without_writes"] = percentiles(timed(search, asked))
    stop, done = threading.Event(), []  # type: ignore[var-annotated]
    thread = threading.Thread(target=writer.keep_up, args=(500, stop, done))
    started = time.monotonic()
    thread.start()
    say("search_with_writes")
    figures["search_with_writes"] = percentiles(timed(search, asked * 2))
    stop.set()
    thread.join()
    say("writes_per_s_meanwhile")
    figures["writes_per_s_meanwhile"] = round(sum(done) / (time.monotonic() - started))
    return figures


def say(stage: str) -> None:
    """Tell what is being measured."""
    print(f"{datetime.now(UTC):%H:%M:%S} {stage}", file=sys.stderr, flush=True)


def acknowledged(writer: Writer, times: int) -> list[float]:
    """Return the seconds that a single write takes."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        writer.write(1)
        found.append(time.perf_counter() - started)
    return found


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    config, folder = prepared()
    try:
        node.start(config, wait=180)
        with Gateway(GatewayConfig(config.url, request_timeout=10)) as gateway:
            figures = json.dumps(measure(gateway, given.units, given.seconds), indent=1)
        print(figures)
        if given.output:
            given.output.write_text(figures + "\n", encoding="utf-8")
    finally:
        node.stop(config)
        shutil.rmtree(folder, ignore_errors=True)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
