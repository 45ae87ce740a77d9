"""Build a synthetic region and search it: units a second, memory, then our HTTP beside the engine asked directly.

``ror bench region --units 100000``. Uses the engine of the settings and replaces what it serves.
Each question is asked twice in turn, over HTTP and as the very same bodies sent to the engine, so that a slow moment of
the machine falls on both. Thousands are asked before, as the engine compiles itself while it works: it takes half as
long again for the first ones after a start.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import orjson
import urllib3

from beds.replay import IN_FLIGHT
from benchmarks.nights import another_night
from engine import node
from engine.gateway import Gateway, GatewayConfig
from mappings.gazetteer import Gazetteer
from orientation.access import Access
from orientation.criteria import DEFAULT_FACETS, Criteria, Page
from orientation.question import criteria_from
from orientation.search import SearchService
from orientation.settings import node_config, settings_from_environment
from tests.ports import free_port

ROR = [sys.executable, "-m", "orientation.cli"]
ACTIVITIES = ("083", "157", "127", "100", "354", "130", "088", "172", "229", "059", "070", "356", "121")
"""Asked in this order of frequency (Zipf)."""
WARM = 2_000
"""Questions asked before those that count."""


def questions(count: int, gazetteer: Gazetteer, seed: int = 5) -> list[dict[str, str]]:
    """Return a realistic mix: Zipf activities and communes, ages, beds, destinations, with default facets."""
    random = Random(seed)
    communes = sorted((c for c in gazetteer.communes if c.point and not c.parent), key=lambda c: -c.weight)[:2000]
    asked = []
    for _ in range(count):
        commune = random.choices(communes, weights=[1 / (n + 1) for n in range(len(communes))])[0]
        question = {"place": f"insee:{commune.insee}"}
        if random.random() < 0.85:
            weights = [1 / (n + 1) for n in range(len(ACTIVITIES))]
            question["activity"] = random.choices(ACTIVITIES, weights=weights)[0]
        if random.random() < 0.5:
            question["age"] = str(random.choice((2, 8, 30, 45, 70, 85)))
        if random.random() < 0.3:
            question["use_case"] = "destination"
        if random.random() < 0.15:
            question["beds_min"] = "1"
        if random.random() < 0.4:
            question["radius"] = random.choice(("20km", "50km", "100km"))
        asked.append(question)
    return asked


def measured(command: list[str]) -> tuple[float, float]:
    """Run a command; return seconds and its peak memory in MB."""
    started = time.monotonic()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} failed")
    return time.monotonic() - started, usage.ru_maxrss / 1024


@contextmanager
def serving(**settings: str) -> Iterator[str]:
    """Run the production server as anybody with every right, with more settings by name."""
    environ = os.environ | settings
    environ |= {"ROR_ANONYMOUS_PROFILE": "1", "ROR_LOG_LEVEL": "warning", "ROR_LIMIT_ADDRESS": "none"}
    port = free_port()
    server = subprocess.Popen([*ROR, "serve", "--port", str(port)], env=environ)
    address = f"http://127.0.0.1:{port}"
    try:
        await_ready(address)
        yield address
    finally:
        server.terminate()
        server.wait(30)


def await_ready(address: str) -> None:
    """Poll until a server answers."""
    http = urllib3.PoolManager(retries=False)
    deadline = time.monotonic() + 60
    while True:
        with suppress(urllib3.exceptions.HTTPError):
            if http.request("GET", f"{address}/health/ready").status == 200:
                return
        if time.monotonic() > deadline:
            raise SystemExit(f"{address} is not ready after 60 s")
        time.sleep(0.2)


def warm_up(address: str) -> None:
    """Ask until the engine has compiled what it searches with."""
    http = urllib3.PoolManager(retries=False)
    for question in questions(WARM, Gazetteer.load(settings_from_environment().communes_file), 9):
        answer = http.request("GET", f"{address}/api/v1/orientations?{urlencode(question)}")
        assert answer.status == 200, answer.data[:500]


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Return p50, p95 and p99 in milliseconds."""
    cuts = statistics.quantiles(seconds, n=100)
    return {"p50": cuts[49] * 1000, "p95": cuts[94] * 1000, "p99": cuts[98] * 1000}


class Recording(Gateway):
    """A gateway that keeps the bodies of each round trip."""

    def __init__(self, config: GatewayConfig) -> None:
        """Keep none yet."""
        super().__init__(config)
        self.trips: list[list[Mapping[str, Any]]] = []

    def msearch(self, index: str, bodies: Sequence[Mapping[str, Any]], *args: Any, **options: Any) -> list[Any]:
        """Keep and ask several searches."""
        self.trips.append(list(bodies))
        return super().msearch(index, bodies, *args, **options)

    def search(self, index: str | None, body: Mapping[str, Any], *args: Any, **options: Any) -> Any:
        """Keep and ask one search."""
        self.trips.append([body])
        return super().search(index, body, *args, **options)


def written_trips(service: SearchService, gateway: Recording, criteria: Criteria, page: Page) -> list[bytes]:
    """Return the very bodies that the service sends the engine for a question, a round trip each, ready to be sent."""
    gateway.trips.clear()
    service.search(criteria, page)
    return [b"".join(b"{}\n" + orjson.dumps(body) + b"\n" for body in trip) for trip in gateway.trips]


def raw_search(pool: urllib3.PoolManager, engine: str, trips: list[bytes]) -> None:
    """Ask the engine alone."""
    for body in trips:
        answer = pool.request("POST", engine, body=body, headers={"content-type": "application/x-ndjson"})
        assert answer.status == 200, answer.data[:500]
        orjson.loads(answer.data)


def side_by_side(count: int) -> dict[str, dict[str, float]]:
    """Ask each question over HTTP and raw, in turn; return the percentiles of both."""
    chosen = settings_from_environment()
    gazetteer = Gazetteer.load(chosen.communes_file)
    page = Page(facets=DEFAULT_FACETS)
    pool = urllib3.PoolManager(retries=False, maxsize=4)
    engine = f"{chosen.engine_url}/units/_msearch"
    times: dict[str, list[float]] = {"http": [], "raw": []}
    with serving() as address, Recording(GatewayConfig(chosen.engine_url)) as gateway:
        service = SearchService(gateway)

        def over_http(question: dict[str, str]) -> None:
            answer = pool.request("GET", f"{address}/api/v1/orientations?{urlencode(question)}")
            assert answer.status == 200, answer.data[:500]

        for number, question in enumerate([*questions(WARM, gazetteer, 9), *questions(count, gazetteer)]):
            args = {name: [value] for name, value in question.items()}
            criteria = criteria_from(args, gazetteer=gazetteer, access=Access(1), now=datetime.now(UTC)).criteria
            ways: dict[str, Callable[[], None]] = {
                "http": partial(over_http, question),
                "raw": partial(raw_search, pool, engine, written_trips(service, gateway, criteria, page)),
            }
            for name in ways if number % 2 else reversed(ways):
                started = time.perf_counter()
                ways[name]()
                if number >= WARM:
                    times[name].append(time.perf_counter() - started)
    return {name: percentiles(taken) for name, taken in times.items()}


def at_once(clients: int, count: int) -> dict[str, float]:
    """Let several clients ask for as many questions between them; return searches a second, percentiles, failures."""
    chosen = settings_from_environment()
    asked = questions(count + WARM, Gazetteer.load(chosen.communes_file), 6)
    seconds: list[float] = []
    failed: list[int] = []
    with serving() as address:

        def client(number: int, part: list[dict[str, str]]) -> None:
            # Each from an address of its own, as clients are: the server shares its room out by address.
            http = urllib3.PoolManager(retries=False, source_address=(f"127.0.0.{number + 2}", 0))
            for question in part:
                started = time.perf_counter()
                answer = http.request("GET", f"{address}/api/v1/orientations?{urlencode(question)}")
                seconds.append(time.perf_counter() - started)
                if answer.status != 200:
                    failed.append(answer.status)

        def all_ask(every: list[dict[str, str]]) -> float:
            seconds.clear()
            failed.clear()
            started = time.perf_counter()
            with ThreadPoolExecutor(clients) as together:
                list(together.map(client, range(clients), [every[n::clients] for n in range(clients)]))
            return time.perf_counter() - started

        all_ask(asked[:WARM])
        took = all_ask(asked[WARM:])
    return {"per_second": count / took, **percentiles(seconds), "failed": len(failed)}


def built(size: int, file: Path, nights: Sequence[float]) -> list[dict[str, object]]:
    """Load a file, then what it says on other nights, of which parts have changed; print and return the figures."""
    builds: list[dict[str, object]] = []

    def tell(what: str, path: Path) -> None:
        seconds, peak = measured([*ROR, "index", "load", str(path)])
        rate = size / seconds
        print(f"{what} of {size:,} units: {seconds:.1f} s, {rate:,.0f} units/s, peak {peak:.0f} MB", flush=True)
        builds.append({"what": what, "units": size, "seconds": seconds, "peak_mb": peak})

    tell("build", file)
    for part in nights:
        time.sleep(IN_FLIGHT.total_seconds())  # what was written just before a load is shown anew by it
        with tempfile.NamedTemporaryFile(suffix=".ndjson") as night:
            another_night(file, Path(night.name), part)
            tell(f"load again, {part:.0%} changed,", Path(night.name))
    return builds


def main() -> None:
    """Build, search, print a table and write the run as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--search-only", action="store_true")
    parser.add_argument("--clients", type=int, action="append", help="then let so many clients ask at once")
    parser.add_argument("--night", type=float, action="append", help="then load again with such a part changed")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    node.start(node_config(settings_from_environment()))
    run: dict[str, object] = {"units": given.units, "cores": os.cpu_count(), "builds": []}
    sizes = [] if given.search_only else [given.units // 10, given.units]
    for size in sizes:
        with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
            subprocess.run([*ROR, "synth", str(size)], check=True, stdout=file)
            run["builds"] += built(size, Path(file.name), given.night or [])  # type: ignore[operator]
    speed = side_by_side(given.questions)
    for name, cuts in speed.items():
        print(f"{name:5}" + "".join(f"  {cut} {value:7.1f} ms" for cut, value in cuts.items()))
    print("ratio" + "".join(f"  {cut} {speed['http'][cut] / speed['raw'][cut]:7.2f}   " for cut in speed["http"]))
    run["search"] = speed
    for clients in given.clients or []:
        run[f"{clients} clients"] = told = at_once(clients, given.questions * 2)
        print(f"{clients} clients" + "".join(f"  {name} {value:.1f}" for name, value in told.items()), flush=True)
    if given.out:
        given.out.write_text(json.dumps(run, indent=1) + "\n")


if __name__ == "__main__":
    main()
