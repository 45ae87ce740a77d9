"""What searches pay for bed writes and for a rebuild, and what the writes get: ``ror bench under_load --units 40000``.

Over HTTP, on the engine of the settings, whose data is replaced. Searches come at a steady pace, as regulators do:
first with nothing else going on, then beside so many counts a second sent to ``POST /capacities``, with nothing again,
then beside the whole load of another night's file, of which one unit in a hundred is another, and with ``--anew``
beside a load that makes all of it anew. A search that is late because the one before it was counts from when it was
due.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import orjson
import urllib3

from benchmarks.beds_writes import until_seen
from benchmarks.nights import another_night
from benchmarks.region import ROR, percentiles, questions, serving, warm_up
from engine import node
from engine.gateway import Gateway, GatewayConfig
from mappings.document import places_of
from mappings.gazetteer import Gazetteer
from orientation.settings import node_config, settings_from_environment

KEY = "a key for a bench of some length"
WATCHED = 4
"""Of so many requests, one is watched: to ask all the time whether a count is seen is work for the engine, too."""
HEADERS = {"content-type": "application/x-ndjson", "x-api-key": KEY}


@dataclass
class Writer:
    """Sends counts of one a zone at a steady rate, and watches when one of each request is seen by searches."""

    address: str
    gateway: Gateway
    places: list[str]
    rate: int
    refused: int = 0
    done: int = 0
    acknowledged: list[float] = field(default_factory=list)
    visible: list[float] = field(default_factory=list)
    random: Random = field(default_factory=lambda: Random(3))
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Send until told to stop, half a second's counts at once; raise what a request or a watch came to."""
        http = urllib3.PoolManager(retries=False)
        due = time.monotonic()
        with ThreadPoolExecutor() as pool:
            watching = []
            while not self.stop.is_set():
                place, moment, started = self._send(http)
                if len(self.acknowledged) % WATCHED == 0:
                    watching.append(pool.submit(self._watch, place, moment, started))
                due += 0.5
                time.sleep(max(0.0, due - time.monotonic()))
            self.visible = [each.result() for each in watching]

    def _send(self, pool: urllib3.PoolManager) -> tuple[str, str, float]:
        """Send one request; return the place, the moment and the start of what may be watched of it."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        chosen = self.random.sample(self.places, min(self.rate // 2, len(self.places)))
        lines = b"".join(
            orjson.dumps({
                "place": place, "op": "add", "kind": "01", "status": "02", "count": self.random.randrange(20),
                "observed_at": now, "source": "02",
            }) + b"\n"
            for place in chosen
        )  # fmt: skip
        started = time.perf_counter()
        answer = pool.request("POST", f"{self.address}/api/v1/capacities", body=lines, headers=HEADERS)
        assert answer.status == 200, answer.data[:500]
        self.acknowledged.append(time.perf_counter() - started)
        taken = sum(orjson.loads(line)["status"] == 200 for line in answer.data.splitlines())
        self.done += taken
        self.refused += len(chosen) - taken
        return chosen[-1], now, started

    def _watch(self, place: str, moment: str, started: float) -> float:
        """Return the seconds until searches show a count."""
        until_seen(self.gateway, place, moment, every=0.05)
        return time.perf_counter() - started


class Searcher:
    """Asks at a steady pace."""

    def __init__(self, address: str, per_second: float) -> None:
        """Take the questions of a region, in one order for every phase."""
        self.address, self.every_s = address, 1 / per_second
        self.asked = questions(5000, Gazetteer.load(settings_from_environment().communes_file), 8)
        # Several clients in turn: the processes of the server share connections out, not questions.
        self.pools = [urllib3.PoolManager(retries=False) for _ in range(8)]

    def ask(self, until: Callable[[], bool]) -> dict[str, float]:
        """Ask until told; return percentiles in ms, how many were asked and how many failed."""
        seconds: list[float] = []
        failed = 0
        due = time.perf_counter()
        for question, pool in zip(self.asked, cycle(self.pools), strict=False):
            if until():
                break
            time.sleep(max(0.0, due - time.perf_counter()))
            answer = pool.request("GET", f"{self.address}/api/v1/orientations?{urlencode(question)}")
            failed += answer.status != 200
            seconds.append(time.perf_counter() - due)
            due += self.every_s
        return {**percentiles(seconds), "asked": len(seconds), "failed": failed}


def lasting(seconds: float) -> Callable[[], bool]:
    """Return what says whether so many seconds have passed."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def beside_writes(searcher: Searcher, writer: Writer, seconds: float) -> dict[str, Any]:
    """Search beside a writer; return the figures of both."""
    started = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(writer.run)
        search = searcher.ask(lasting(seconds))
        writer.stop.set()
        took = time.monotonic() - started
        writing.result()
    return {
        "search": search,
        "writes_per_s": writer.done / took,
        "refused": writer.refused,
        "acknowledged": percentiles(writer.acknowledged),
        "visible": percentiles(writer.visible),
    }


def measure(gateway: Gateway, file: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Load, then search beside nothing, writes, nothing and a load."""
    if not given.keep:
        subprocess.run([*ROR, "index", "load", str(file)], check=True)
    held = gateway.scan("units", source=["place.id", "places.id"])
    places = sorted({place["id"] for hit in held for place in places_of(hit["_source"])})
    run: dict[str, Any] = {"units": gateway.count("units"), "zones": len(places), "cores": os.cpu_count()}
    with serving(ROR_WRITE_KEYS=f"bench:{KEY}") as address:
        searcher = Searcher(address, given.searches)
        warm_up(address)
        tell(run, "idle", searcher.ask(lasting(given.idle)))
        writer = Writer(address, gateway, places, given.rate)
        tell(run, "beside writes", beside_writes(searcher, writer, given.seconds))
        tell(run, "idle again", searcher.ask(lasting(given.idle)))
        with tempfile.NamedTemporaryFile(suffix=".ndjson") as night:
            another_night(file, Path(night.name), 0.01)
            tell(run, "beside the load of another night", beside_load(searcher, Path(night.name)))
        if given.anew:
            tell(run, "idle once more", searcher.ask(lasting(given.idle)))
            tell(run, "beside a load made anew", beside_load(searcher, file, "--anew"))
    return run


def beside_load(searcher: Searcher, file: Path, *options: str) -> dict[str, Any]:
    """Search beside a whole load; return the figures of both."""
    started = time.monotonic()
    load = subprocess.Popen([*ROR, "index", "load", str(file), *options], stdout=subprocess.DEVNULL)
    search = searcher.ask(lambda: load.poll() is not None)
    assert load.wait() == 0
    return {"search": search, "load_s": time.monotonic() - started}


def tell(run: dict[str, Any], name: str, found: Any) -> None:
    """Note and print what was found."""
    run[name] = found
    print(name, json.dumps(found), flush=True)


def main() -> None:
    """Measure, print and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=40_000)
    parser.add_argument("--rate", type=int, default=1000, help="counts a second")
    parser.add_argument("--searches", type=float, default=10, help="searches a second")
    parser.add_argument("--seconds", type=float, default=300, help="of writes")
    parser.add_argument("--idle", type=float, default=60, help="seconds with nothing else")
    parser.add_argument("--keep", action="store_true", help="search what is loaded")
    parser.add_argument("--anew", action="store_true", help="last, search beside a load that makes all of it anew")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    chosen = settings_from_environment()
    node.start(node_config(chosen))
    with (
        tempfile.NamedTemporaryFile(suffix=".ndjson") as file,
        Gateway(GatewayConfig(chosen.engine_url, request_timeout=30)) as gateway,
    ):
        subprocess.run([*ROR, "synth", str(given.units)], check=True, stdout=file)
        run = measure(gateway, Path(file.name), given)
    if given.out:
        given.out.write_text(json.dumps(run, indent=1) + "\n")


if __name__ == "__main__":
    main()
