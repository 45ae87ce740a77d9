"""Back up one engine, restore onto another that is empty, and compare: counts, and the answers to many questions.

``ror bench restore --units 2000 --questions 500``. Starts two engines of its own, and uses the commands of the product.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from flask.testing import FlaskClient

from beds.service import BedService
from benchmarks.region import questions
from engine import node
from engine.config import NodeConfig
from engine.gateway import Gateway
from mappings.beds import instant
from mappings.document import places_of
from mappings.gazetteer import Gazetteer
from orientation.app import create_app, gateway_config
from orientation.backup import held
from orientation.settings import Settings
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[1]
PATH = "/api/v1/orientations"
SECRET = "only to compare answers, signs nothing else"


def environment(config: NodeConfig, folder: Path) -> dict[str, str]:
    """Return the environment of a command of the product on one engine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ROR_")}
    return kept | {
        "ROR_DATA_DIR": str(folder / "data"),
        "ROR_ELASTICSEARCH_URL": config.url,
        "ROR_BACKUP_FOLDER": str(config.backup_folder),
        "ROR_SEARCH_TIMEOUT": "20",
    }


def command(config: NodeConfig, folder: Path, *arguments: str, fails: bool = False) -> str:
    """Run a command of the product; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "orientation.cli", *arguments],
        cwd=ROOT, env=environment(config, folder), capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    if bool(done.returncode) != fails:
        raise SystemExit(f"ror {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout + done.stderr


def write_beds(gateway: Gateway, now: datetime, most: int = 200) -> int:
    """Write counts newer than those of the load, so that store, history and units hold more than a load would bring."""
    places = sorted(hit["_id"] for hit in gateway.scan("capacities", source=False))[:most]
    random = Random(3)
    items = [
        {
            "place": place,
            "op": "add",
            "kind": "01",
            "status": "02",
            "count": random.randrange(9),
            "observed_at": instant(now - timedelta(minutes=random.randrange(1, 50))),
            "source": "02",
        }
        for place in places
    ]
    return sum(verdict.result == "accepted" for verdict in BedService(gateway).take(items, "bench"))


def client_of(config: NodeConfig, folder: Path, now: datetime, gazetteer: Gazetteer) -> FlaskClient:
    """Return the API on one engine, at one moment."""
    chosen = Settings(
        data_dir=folder / "data", elasticsearch_url=config.url, secret=SECRET, anonymous_profile=1,
        limit_address=None, limit_client=None, search_timeout=20.0,
    )  # fmt: skip
    return create_app(chosen, gazetteer=gazetteer, clock=lambda: now).test_client()


def asked(number: int, gazetteer: Gazetteer, communes: list[str]) -> list[dict[str, str]]:
    """Return questions from those communes, each tenth one in words, each tenth one about the whole country."""
    found = questions(number, gazetteer, seed=11)
    random = Random(7)
    for place, question in enumerate(found):
        question["place"] = f"insee:{random.choice(communes)}"
        if place % 10 == 3:
            question.pop("place")
            question.pop("radius", None)
        if place % 10 == 7:
            commune = gazetteer.get(question["place"].removeprefix("insee:"))
            found[place] = {"q": f"réa {commune.name if commune else ''}", "size": "50"}
    return found


def answers(client: FlaskClient, every: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Return the answers, without the time that they took."""
    found = []
    for question in every:
        answer = client.get(PATH, query_string=question)
        body = answer.get_json()
        found.append({"status": answer.status_code, **{name: body[name] for name in body if name != "took_ms"}})
    return found


def documents(gateway: Gateway) -> dict[str, int]:
    """Count the documents of each index that is kept."""
    found = {}
    for name in held(gateway):
        gateway.refresh(name)
        found[name] = gateway.count(name)
    return found


def compare(
    first: NodeConfig, folder: Path, units: int, number: int, empty: Callable[[], NodeConfig]
) -> dict[str, Any]:
    """Fill one engine, back it up, restore on the one that ``empty`` gives, and return the figures."""
    gazetteer = Gazetteer.load()
    now = datetime.now(UTC)
    (folder / "data").mkdir(exist_ok=True)
    source = folder / "units.ndjson"
    source.write_text(command(first, folder, "synth", str(units)), encoding="utf-8")
    command(first, folder, "index", "load", str(source))
    with Gateway(gateway_config(Settings(data_dir=folder / "data", elasticsearch_url=first.url))) as gateway:
        written = write_beds(gateway, now)
        gateway.refresh("units")
        before = documents(gateway)
        communes = sorted({place["insee"] for hit in gateway.scan("units") for place in places_of(hit["_source"])})
    every = asked(number, gazetteer, communes)
    said = answers(client_of(first, folder, now, gazetteer), every)
    began = time.monotonic()
    command(first, folder, "backup")
    kept_s = time.monotonic() - began
    second = empty()
    with Gateway(gateway_config(Settings(data_dir=folder / "data", elasticsearch_url=second.url))) as gateway:
        assert documents(gateway) == {}, "it is empty"
        began = time.monotonic()
        command(second, folder, "restore")
        back_s = time.monotonic() - began
        after = documents(gateway)
    again = answers(client_of(second, folder, now, gazetteer), every)
    return {
        "units": units,
        "documents": sum(before.values()),
        "indices": len(before),
        "bed writes": written,
        "counts differ": sorted(name for name in before | after if before.get(name) != after.get(name)),
        "questions": len(every),
        "answered 200": sum(each["status"] == 200 for each in said),
        "with results": sum(bool(each.get("results")) for each in said),
        "answers differ": sum(one != other for one, other in zip(said, again, strict=True)),
        "backup seconds": round(kept_s, 1),
        "restore seconds": round(back_s, 1),
        "backup bytes": sum(path.stat().st_size for path in first.backup_folder.rglob("*") if path.is_file()),
    }


def main() -> None:
    """Run it on two engines of its own and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=2000)
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ror-restore-"))
    folder.chmod(0o755)
    first, second = (
        NodeConfig(
            home=folder / name, port=free_port(), transport_port=free_port(), heap="512m", backups=folder / "backups"
        )
        for name in ("first", "second")
    )

    def empty() -> NodeConfig:
        node.stop(first)
        node.start(second, wait=180)
        return second

    try:
        node.start(first, wait=180)
        figures = compare(first, folder, given.units, given.questions, empty)
    finally:
        for config in (first, second):
            node.stop(config)
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(figures, indent=1))
    if given.out:
        given.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    sys.exit(1 if figures["counts differ"] or figures["answers differ"] else 0)


if __name__ == "__main__":
    main()
