"""What the words people type cost over HTTP: reading, suggesting, searching with ``q``, and a flood of garbage.

``ror bench words --units 13000 --units 400000``. Uses the engine of the settings and replaces what it serves, without
the directories beside it. Kinds of request are asked in turn, so that a slow moment of the machine falls on all.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import urllib3

from benchmarks.judged import read_questions
from benchmarks.region import percentiles, serving
from engine import node
from engine.gateway import Gateway
from indexer.build import build
from indexer.load import LoadOptions
from indexer.synth import synthesize
from mappings.gazetteer import Gazetteer
from orientation.app import gateway_config
from orientation.settings import Settings, node_config, settings_from_environment
from orientation.words.reading import MAX_TEXT

WARM_UP = 40
NAMES_S = 20
"""Seconds until every process of a server has read the names of its index and built its suggestions."""
_LETTERS = "abcdefghilmnoprstuv"


def load(units: int, settings: Settings) -> float:
    """Load a synthetic region; return the seconds it took."""
    gazetteer = Gazetteer.load(settings.communes_file)
    started = time.monotonic()
    with Gateway(gateway_config(settings)) as gateway:
        source = synthesize(units, seed=1, gazetteer=gazetteer, as_of=datetime.now(UTC))
        report = build(source, gateway, gazetteer, LoadOptions(source="bench"))
    assert report.applied, report.refusals
    return time.monotonic() - started


def garbage(random: Random) -> str:
    """Return as many words that mean nothing as a question may hold."""
    words: list[str] = []
    while sum(map(len, words)) + len(words) < MAX_TEXT - 12:
        words.append("".join(random.choices(_LETTERS, k=random.randint(3, 11))))
    return " ".join(words)


def asked(count: int) -> list[dict[str, str]]:
    """Return addresses of each kind of request, alike in number: by kind, path and query."""
    random = Random(3)
    judged = [each.question for each in read_questions()]
    found = []
    for _ in range(count):
        question = random.choice(judged)
        part = question[: random.randint(2, max(2, min(len(question), 14)))]
        found.append(
            {
                "suggest": f"/api/v1/suggest?{urlencode({'q': part})}",
                "search with q": f"/api/v1/orientations?{urlencode({'q': question})}",
                "search with q, no facets": f"/api/v1/orientations?{urlencode({'q': question, 'facets': 'none'})}",
                "search with garbage": f"/api/v1/orientations?{urlencode({'q': garbage(random)})}",
            }
        )
    return found


def measure(address: str, count: int) -> dict[str, dict[str, float]]:
    """Ask; return the percentiles of each kind in milliseconds."""
    pool = urllib3.PoolManager(retries=False)
    ready = time.monotonic() + NAMES_S
    while time.monotonic() < ready:
        pool.request("GET", f"{address}/api/v1/suggest?q=centre")
    seconds: dict[str, list[float]] = {}
    for number, kinds in enumerate(asked(count + WARM_UP)):
        for kind, path in kinds.items():
            started = time.perf_counter()
            answer = pool.request("GET", address + path)
            taken = time.perf_counter() - started
            # 422: the judged questions have some that name two places, or none that is known.
            assert answer.status in {200, 422}, answer.data[:500]
            if number >= WARM_UP:
                seconds.setdefault(kind, []).append(taken)
    return {kind: percentiles(taken) for kind, taken in seconds.items()}


def main() -> None:
    """Load each size, ask, print a table and write the run as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, action="append")
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--search-only", action="store_true", help="ask what is loaded already, of the one size given")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    settings = settings_from_environment()
    node.start(node_config(settings))
    run: dict[str, Any] = {"cores": os.cpu_count(), "sizes": {}}
    for units in given.units or [13_000, 400_000]:
        if not given.search_only:
            print(f"{units:,} units loaded in {load(units, settings):.0f} s", flush=True)
        with serving() as address:
            run["sizes"][units] = figures = measure(address, given.questions)
        for kind, cuts in figures.items():
            row = "".join(f"  {cut} {value:7.1f} ms" for cut, value in cuts.items())
            print(f"{units:7,} units  {kind:26}{row}", flush=True)
        ratio = figures["search with garbage"]["p50"] / figures["search with q"]["p50"]
        print(f"{units:7,} units  garbage costs {ratio:.2f} of a question", flush=True)
    if given.out:
        given.out.write_text(json.dumps(run, indent=1) + "\n")


if __name__ == "__main__":
    main()
