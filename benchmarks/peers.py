"""Other regions: what asking none, one or three of them costs; and whether an engine away loses an exchange.

``ror bench peers --out FILE`` asks each question of a home service with none, one and three peers, in turn, so that a
slow moment of the machine falls on all three; every service is a process of its own that talks CSD to the others, on
the engine of the settings, in indices of its own. ``ror bench peers --engine-away 60`` stops that engine for so many
seconds while questions come over CSD and over HTTP, and compares what was asked with what the log holds afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

import orjson
import urllib3

from benchmarks.peering.away import engine_away
from benchmarks.peering.service import Running, running
from benchmarks.region import ACTIVITIES, percentiles
from engine import node
from engine.gateway import Gateway
from indexer.synth import synthesize
from mappings.gazetteer import Gazetteer
from orientation.app import gateway_config
from orientation.peers.register import Peer, Register
from orientation.settings import Settings, node_config, settings_from_environment
from tests.csd.own import own_directory

HOME = "28"
PEERS = {"idf": "11", "centre": "24", "bretagne": "53"}
"""Code → region of the directories beside ours."""
ASKED = {"none": ("none",), "one": ("idf",), "three": tuple(PEERS)}
NEAR = ("27", "61", "28", "78", "35", "53")
"""Departments on either side of the border, where the questions are asked."""
WARM_UP = 30


@dataclass(frozen=True, slots=True)
class Stand:
    """Home and its peers, running."""

    home: Running
    peers: tuple[Running, ...]


@contextmanager
def stand(chosen: Settings, gateway: Gateway, units: int, theirs: int, most: int = 3) -> Iterator[Stand]:
    """Load and run home and its peers, and make them known to home; delete all of it afterwards."""
    gazetteer, now = Gazetteer.load(chosen.communes_file), datetime.now(UTC)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ror-peers-")))

        def up(region: str, count: int, seed: int) -> Running:
            made = list(synthesize(count, seed=seed, region=region, gazetteer=gazetteer, as_of=now))
            own = stack.enter_context(own_directory(chosen, gateway, gazetteer, made, now))
            stack.callback(_drop, gateway, own.name)
            return stack.enter_context(running(own.name, chosen.engine_url, folder, ROR_PEERS_BUDGET="5"))

        home = up(HOME, units, 1)
        beside = tuple(up(region, theirs, seed) for seed, region in enumerate(list(PEERS.values())[:most], start=2))
        register = Register(gateway, index=f"{home.name}-peers")
        for (code, region), there in zip(PEERS.items(), beside, strict=False):
            url = f"{there.address}/csd"
            register.add(Peer(code=code, name=code, region=region, url=url, document=there.name), "bench")
        yield Stand(home, beside)


def _drop(gateway: Gateway, name: str) -> None:
    for pattern in (f"{name}-peers", f"{name}-exchanges-*"):
        gateway.delete_index(*gateway.indices(pattern))


def questions(count: int, gazetteer: Gazetteer, seed: int = 3) -> list[dict[str, str]]:
    """Return questions asked near the border, wide enough to reach over it."""
    random = Random(seed)
    every = [each for each in gazetteer.communes if each.department in NEAR and each.point and not each.parent]
    communes = random.choices(every, weights=[each.weight for each in every], k=count)
    weights = [1 / (n + 1) for n in range(len(ACTIVITIES))]
    asked = []
    for commune in communes:
        question = {"place": f"insee:{commune.insee}", "radius": random.choice(("60km", "100km", "150km"))}
        question["activity"] = random.choices(ACTIVITIES, weights=weights)[0]
        if random.random() < 0.5:
            question["age"] = str(random.choice((2, 8, 30, 45, 70, 85)))
        asked.append(question)
    return asked


def speed(home: Running, asked: list[dict[str, str]]) -> dict[str, Any]:
    """Ask each question with none, one and three peers; return percentiles, and what came from elsewhere."""
    http = urllib3.PoolManager(retries=False)
    times: dict[str, list[float]] = {name: [] for name in ASKED}
    theirs: dict[str, list[float]] = {name: [] for name in ASKED}
    elsewhere: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    names = list(ASKED)
    for number, question in enumerate(asked):
        for name in (*names[number % 3 :], *names[: number % 3]):
            pairs = [*question.items(), *(("peers", each) for each in ASKED[name])]
            started = perf_counter()
            answer = http.request("GET", f"{home.address}/api/v1/orientations?{urlencode(pairs)}")
            took = perf_counter() - started
            assert answer.status == 200, answer.data[:500]
            if number < WARM_UP:
                continue
            told = orjson.loads(answer.data)
            times[name].append(took)
            theirs[name] += [each["took_ms"] / 1000 for each in told.get("peers", ())]
            statuses.update(each["status"] for each in told.get("peers", ()))
            elsewhere[name] += sum("source" in each for each in told["results"])
    return {
        name: percentiles(times[name])
        | {"from_elsewhere": round(elsewhere[name] / len(times[name]), 1)}
        | ({"peer_p50": statistics.median(theirs[name]) * 1000} if theirs[name] else {})
        for name in names
    } | {"exchanges": dict(statuses)}


def main() -> None:
    """Measure, print and write the run as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=3000, help="units of home")
    parser.add_argument("--theirs", type=int, default=1500, help="units of each peer")
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--engine-away", type=float, metavar="SECONDS", help="stop the engine for so long, under load")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    chosen = replace(settings_from_environment(), search_timeout=30.0)
    config = node_config(chosen)
    node.start(config)
    run: dict[str, Any] = {"cores": os.cpu_count(), "units": given.units, "units_of_each_peer": given.theirs}
    with Gateway(gateway_config(chosen)) as gateway:
        if given.engine_away is not None:
            with stand(chosen, gateway, given.units, given.theirs, most=1) as made:
                run["engine_away"] = engine_away(gateway, config, made.home, made.peers[0], given.engine_away)
            told = run["engine_away"]
            print(json.dumps(told, indent=1))
        else:
            with stand(chosen, gateway, given.units, given.theirs) as made:
                asked = questions(given.questions + WARM_UP, Gazetteer.load(chosen.communes_file))
                run["search"] = speed(made.home, asked)
            for name in ASKED:
                cuts = "".join(f"  {key} {value:7.1f}" for key, value in run["search"][name].items())
                print(f"{name:6}{cuts}")
            print("exchanges", run["search"]["exchanges"])
    if given.out:
        given.out.write_text(json.dumps(run, indent=1) + "\n")
    raise SystemExit(0 if run.get("engine_away", {}).get("lost", 0) == 0 else 1)


if __name__ == "__main__":
    main()
