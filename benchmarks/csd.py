"""facility-search over HTTP at two sizes: by id, code, name, address and combined; p50, p99 and processor time of each.

``ror bench csd --units 13000 --units 100000``. Uses the engine of the settings and replaces what it serves. Questions
are made of facilities drawn from the directory itself, so that each finds something; ``max`` is 20, as a page has.
The reference implementation's figures (its fastest path, by code and city, on 2 cores as well) stand beside. Processor
time is that of server and engine together for one question: it does not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import psutil
import urllib3

from benchmarks.region import ROR, measured, percentiles, serving
from csd.entity import FACILITY, SEPARATOR, directory_alias
from csd.names import CSD, SEARCHES
from engine import node
from engine.gateway import Gateway
from orientation.app import gateway_config
from orientation.settings import node_config, settings_from_environment

REFERENCE_MS = {1_000: 81, 10_000: 427, 30_000: 1_014}
"""Facilities → median milliseconds of the reference implementation by code and city."""
WARM_UP = 100
Facility = dict[str, Any]


def drawn(count: int, seed: int = 7) -> list[Facility]:
    """Return some facilities of our directory, with the keys under which they are found."""
    chosen = settings_from_environment()
    alias = directory_alias(chosen.csd_directory)
    assert alias is not None
    fields = ["entity_id", "codes", "primary_name", "address"]
    with Gateway(gateway_config(chosen)) as gateway:
        # What a load before this one had is kept as a removal, for those who poll: no search finds it.
        present = {"bool": {"filter": {"term": {"kind": FACILITY}}, "must_not": {"term": {"removed": True}}}}
        every = [hit["_source"] for hit in gateway.scan(alias, present, source=fields)]
    every.sort(key=lambda each: each["entity_id"])
    return Random(seed).sample(every, min(count, len(every)))


def by_id(facility: Facility) -> str:
    """Ask for one facility."""
    return f"<id entityID={quoteattr(facility['entity_id'])}/>"


def by_code(facility: Facility) -> str:
    """Ask for a code that the facility bears."""
    scheme, code = facility["codes"][0].split(SEPARATOR)
    return f"<codedType code={quoteattr(code)} codingScheme={quoteattr(scheme)}/>"


def by_name(facility: Facility) -> str:
    """Ask for a part of its name, from the middle of a word to the middle of another."""
    name = facility["primary_name"][0]
    return f"<primaryName>{escape(name[len(name) // 4 : len(name) // 4 + 12])}</primaryName>"


def by_address(facility: Facility) -> str:
    """Ask for the city of a facility."""
    lines = [line.split(SEPARATOR) for line in facility.get("address", ())]
    component, value = next((line for line in lines if line[0] == "city"), lines[0])
    return f"<address><addressLine component={quoteattr(component)}>{escape(value)}</addressLine></address>"


def combined(facility: Facility) -> str:
    """Ask for code, city and status at once."""
    return by_code(facility) + by_address(facility) + '<record status="Active"/>'


QUESTIONS: dict[str, Callable[[Facility], str]] = {
    "id": by_id,
    "code": by_code,
    "name": by_name,
    "address": by_address,
    "code + address": combined,
}


def asked(address: str, facilities: list[Facility], question: Callable[[Facility], str]) -> dict[str, float]:
    """Ask a question of each facility; return the percentiles and how many are found in the middle."""
    document = settings_from_environment().csd_directory
    url = f"{address}/CSD/csr/{document}/careServicesRequest"
    pool = urllib3.PoolManager(retries=False)
    seconds, totals = [], []
    spent = 0.0
    for number, facility in enumerate(facilities):
        if number == WARM_UP:
            spent = processor_seconds()
        body = (
            f'<careServicesRequest xmlns="{CSD}"><function urn="{SEARCHES[FACILITY]}" encapsulated="false">'
            f"<requestParams>{question(facility)}<max>20</max></requestParams></function></careServicesRequest>"
        ).encode()
        started = time.perf_counter()
        answer = pool.request("POST", url, body=body, headers={"Content-Type": "text/xml"})
        taken = time.perf_counter() - started
        assert answer.status == 200, answer.data[:500]
        assert b"<facility " in answer.data, body
        if number >= WARM_UP:
            seconds.append(taken)
            totals.append(int(answer.headers["X-Total-Count"]))
    spent = processor_seconds() - spent
    return {**percentiles(seconds), "found": statistics.median(totals), "cpu": spent / len(seconds) * 1000}


def processor_seconds() -> float:
    """Return what engine and server have used of the processor so far."""
    engine = node.status(node_config(settings_from_environment())).pid
    assert engine is not None
    every = [psutil.Process(engine), *psutil.Process().children(recursive=True)]
    return sum(times.user + times.system for times in (each.cpu_times() for each in every))


def build(units: int) -> None:
    """Load a synthetic region, its CSD directory with it."""
    with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
        subprocess.run([*ROR, "synth", str(units)], check=True, stdout=file)
        seconds, peak = measured([*ROR, "index", "load", file.name])
    print(f"build of {units:,} units with their directory: {seconds:.0f} s, peak {peak:.0f} MB", flush=True)


def main() -> None:
    """Build each size, ask, print a table and write the run as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, action="append")
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--search-only", action="store_true", help="ask what is loaded already")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    node.start(node_config(settings_from_environment()))
    run: dict[str, Any] = {"cores": os.cpu_count(), "reference_ms": REFERENCE_MS, "sizes": {}}
    for units in given.units or [13_000, 100_000]:
        if not given.search_only:
            build(units)
        facilities = drawn(given.questions + WARM_UP)
        with serving() as address:
            speed = {name: asked(address, facilities, question) for name, question in QUESTIONS.items()}
        run["sizes"][units] = speed
        for name, cuts in speed.items():
            row = f"  p50 {cuts['p50']:6.1f} ms  p99 {cuts['p99']:6.1f} ms  cpu {cuts['cpu']:5.1f} ms"
            row += f"  found {cuts['found']:7,.0f}"
            print(f"{units:7,} units  {name:15}{row}", flush=True)
    if given.out:
        given.out.write_text(json.dumps(run, indent=1) + "\n")


if __name__ == "__main__":
    main()
