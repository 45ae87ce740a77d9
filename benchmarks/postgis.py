"""Ask the same questions of us over HTTP and of PostgreSQL with PostGIS: equal answers, and the times of both.

``ror bench postgis --units 40000 --questions 300``. Uses the engine of the settings and replaces what it serves; the
PostgreSQL is its own (Debian's postgresql-15-postgis-3). Each question is asked of both in turn. ``--served`` compares
on what the engine serves already, which PostgreSQL is then given. ``--show`` prints the texts of both for one question.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import orjson
import psycopg
import urllib3

from benchmarks.beside import cluster, sql, tables
from benchmarks.region import await_ready, percentiles, questions, warm_up
from engine import node
from engine.bulk import Action
from engine.gateway import Gateway
from indexer.locate import locate
from indexer.synth import synthesize
from mappings.definitions import index_definition
from mappings.document import unit_to_document
from mappings.gazetteer import Gazetteer
from orientation.access import Access
from orientation.app import create_app, gateway_config
from orientation.criteria import DEFAULT_FACETS, Criteria, Page
from orientation.query.request import build_request
from orientation.query.rungs import ladder, rung_bodies
from orientation.question import criteria_from
from orientation.server import serve
from orientation.settings import Settings, node_config, settings_from_environment
from tests.ports import free_port

AS_OF = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
WARM = 60
Said = tuple[list[tuple[str, float]], int, dict[str, dict[str, int]]]


def asked(count: int, gazetteer: Gazetteer, seed: int = 5) -> list[dict[str, str]]:
    """Return the mix of the other measurements, some with a mode and a public."""
    random, mix = Random(seed), questions(count, gazetteer, seed)
    for question in mix:
        if random.random() < 0.15:
            question["mode"] = random.choice(("28", "29", "30", "31"))
        if random.random() < 0.1:
            question["public"] = random.choice(("07", "01", "02"))
    return mix


def run_service(settings: Settings, as_of: datetime) -> None:
    """Serve as production does, at the moment of the data."""
    serve(settings, lambda: create_app(settings, clock=lambda: as_of))


@contextmanager
def serving(settings: Settings, as_of: datetime) -> Iterator[str]:
    """Run the service in a process of its own until the block ends."""
    process = get_context("spawn").Process(target=run_service, args=(settings, as_of))
    process.start()
    address = f"http://127.0.0.1:{settings.port}"
    try:
        await_ready(address)
        yield address
    finally:
        process.terminate()
        process.join(30)


def load(units: int, address: str, gazetteer: Gazetteer, settings: Settings) -> None:
    """Load the same documents into both."""
    made = (locate(unit, gazetteer)[0] for unit in synthesize(units, seed=3, gazetteer=gazetteer, as_of=AS_OF))
    documents = [unit_to_document(unit) for unit in made]
    tables.load(address, documents)
    index = f"units-postgis-{os.getpid()}"
    with Gateway(gateway_config(settings)) as gateway:
        gateway.create_index(index, index_definition("units"))
        for outcome in gateway.stream_bulk(Action("index", index, each["id"], each) for each in documents):
            assert outcome.ok, outcome
        gateway.force_merge(index)
        gateway.refresh(index)
        removed = [{"remove": {"index": old, "alias": "units"}} for old in gateway.aliases("units").get("units", ())]
        gateway.update_aliases([*removed, {"add": {"index": index, "alias": "units"}}])


def load_served(address: str, settings: Settings) -> int:
    """Load what the engine serves into PostgreSQL; return how many units."""
    with Gateway(gateway_config(settings)) as gateway:
        tables.load(address, (hit["_source"] for hit in gateway.scan("units")))
        return gateway.count("units")


def ours(pool: urllib3.PoolManager, address: str, question: dict[str, str]) -> bytes:
    """Ask over HTTP."""
    answer = pool.request("GET", f"{address}/api/v1/orientations?{urlencode(question)}")
    assert answer.status == 200, answer.data[:500]
    return answer.data


def theirs(connection: psycopg.Connection[Any], criteria: Criteria) -> list[tuple[Any, ...]]:
    """Ask PostgreSQL: the radius where it is to be widened, then the page."""
    radii = ladder(criteria)
    given = sql.parameters(criteria, radii)
    given["radius"] = radii[0]
    if len(radii) > 1:
        found = connection.execute(sql.rung_statement(criteria), given).fetchone()
        given["radius"] = found[0] if found else radii[-1]
    return connection.execute(sql.page_statement(criteria), given).fetchall()


def said_by_us(body: bytes) -> Said:
    """Return hits with metres, total and facets of our answer."""
    told = orjson.loads(body)
    hits = [(each["unit"]["id"], each["distance_m"]) for each in told["results"]]
    facets = {name: {v["code"]: v["count"] for v in values if v["count"]} for name, values in told["facets"].items()}
    return hits, told["total"], facets


def said_by_them(rows: list[tuple[Any, ...]]) -> Said:
    """Return the same of the rows."""
    facets: dict[str, dict[str, int]] = {name: {} for name in DEFAULT_FACETS}
    hits, total = [], -1
    for kind, code, number, metres, _ in rows:
        if kind == "hit":
            hits.append((number, code, metres))
        elif kind == "total":
            total = number
        else:
            facets[kind][code] = number
    return [(code, metres) for _, code, metres in sorted(hits)], total, facets


def differences(one: Said, other: Said) -> list[str]:
    """Return what two answers say otherwise."""
    wrong = [] if one[1] == other[1] else [f"total {one[1]} for {other[1]}"]
    a, b = [unit for unit, _ in one[0]], [unit for unit, _ in other[0]]
    if a != b:
        first = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
        wrong.append(f"order at {first}: {one[0][first : first + 2]} for {other[0][first : first + 2]}")
    wrong += [f"facet {name}" for name in DEFAULT_FACETS if one[2][name] != other[2][name]]
    return wrong


def show(criteria: Criteria) -> None:
    """Print what is sent to both for one question."""
    print(
        "-- PostgreSQL, radius\n", sql.rung_statement(criteria), "\n-- PostgreSQL, page\n", sql.page_statement(criteria)
    )
    used = replace(criteria, radius_m=ladder(criteria)[0])
    for body in (*rung_bodies(criteria, ladder(criteria)), *build_request(used, Page(facets=DEFAULT_FACETS)).bodies):
        print(json.dumps(body))


def main() -> None:
    """Load, ask both in turn, print the table and write the run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=40_000)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--port", type=int, default=5477, help="port of the PostgreSQL")
    parser.add_argument("--search-only", action="store_true", help="ask what an earlier run loaded")
    parser.add_argument("--served", action="store_true", help="compare on what the engine serves")
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args()
    settings = replace(
        settings_from_environment(), port=free_port(), anonymous_profile=1, limit_address=None, log_level="warning"
    )
    gazetteer = Gazetteer.load(settings.communes_file)
    as_of = datetime.now(UTC) if given.served else AS_OF
    mix = [*asked(WARM, gazetteer, 9), *asked(given.questions, gazetteer)]

    def understood(question: dict[str, str]) -> Criteria:
        args = {name: [value] for name, value in question.items()}
        return criteria_from(args, gazetteer=gazetteer, access=Access(1), now=as_of).criteria

    if given.show:
        show(understood({"place": "insee:76540", "activity": "083", "age": "8", "use_case": "destination"}))
        return
    assert settings.data_dir
    node.start(node_config(settings))
    times: dict[str, list[float]] = {"ours": [], "postgis": []}
    wrong = 0
    folder = Path(settings.data_dir) / "postgres"
    with cluster.running(folder, given.port, afresh=not given.search_only) as address:
        if given.served and not given.search_only:
            given.units = load_served(address, settings)
        elif not given.search_only:
            load(given.units, address, gazetteer, settings)
        print(f"{given.units:,} units are in both", flush=True)
        pool = urllib3.PoolManager(retries=False)
        with serving(settings, as_of) as http, psycopg.connect(address, autocommit=True) as connection:
            connection.prepare_threshold = 1
            warm_up(http)  # PostgreSQL compiles nothing, its files are in memory since they were written
            for number, question in enumerate(mix):
                criteria = understood(question)
                answers: dict[str, Any] = {}
                for name in ("ours", "postgis") if number % 2 else ("postgis", "ours"):
                    started = time.perf_counter()
                    answers[name] = ours(pool, http, question) if name == "ours" else theirs(connection, criteria)
                    if number >= WARM:
                        times[name].append(time.perf_counter() - started)
                if found := differences(said_by_us(answers["ours"]), said_by_them(answers["postgis"])):
                    wrong += 1
                    if wrong <= 10:
                        print(question, found, flush=True)
    cuts = {name: percentiles(taken) for name, taken in times.items()}
    ratio = {cut: cuts["postgis"][cut] / cuts["ours"][cut] for cut in cuts["ours"]}
    for name, each in {**cuts, "postgis / ours": ratio}.items():
        print(f"{name:15}" + "".join(f"  {cut} {value:7.2f}" for cut, value in each.items()))
    print(f"{len(mix)} questions, {wrong} answered otherwise")
    run = {"units": given.units, "questions": len(mix), "disagreements": wrong, "ms": cuts, "postgis_to_ours": ratio}
    out = Path(__file__).parent / "results" / f"postgis-{given.units}.json"
    out.write_text(json.dumps(run | {"cores": os.cpu_count()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
