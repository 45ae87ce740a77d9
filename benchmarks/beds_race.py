"""Two writers race on one zone, 10,000 times: the newest observation always stands.

``python -m benchmarks.beds_race --rounds 10000``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from beds.records import Write
from benchmarks.beds_chaos import prepared
from engine import node
from engine.gateway import Gateway, GatewayConfig
from mappings.capacity import CapacityKey
from tests.beds_kit import Ward
from tests.factory import make_place, make_unit

FREE = CapacityKey(kind="01", status="02")


def race(ward: Ward, rounds: int) -> dict[str, int | float]:
    """Let two writers say different things of one key at once, over and over; return what was seen."""
    start = datetime.now(UTC) - timedelta(days=1)
    ward.now = start + timedelta(days=2)
    wrong = both = 0
    began = time.monotonic()

    def say(number: int) -> bool:
        moment = start + timedelta(milliseconds=number)
        write = Write(place="P1", op="add", key=FREE, count=number % 10_000, observed_at=moment, source="02")
        return ward.service.write([write], f"writer {number % 2}")[0].done

    with ThreadPoolExecutor(2) as pool:
        for n in range(rounds):
            older, newer = 2 * n, 2 * n + 1
            pair = (older, newer) if n % 2 else (newer, older)
            done = dict(zip(pair, pool.map(say, pair), strict=True))
            both += all(done.values())
            [record] = ward.stored().values()
            shown = ward.shown("U1")["P1"]["now"]["all"]
            wrong += not done[newer] or record["count"] != newer % 10_000 or shown != newer % 10_000
    return {"rounds": rounds, "wrong": wrong, "both_stood": both, "seconds": round(time.monotonic() - began, 1)}


def main() -> None:
    """Race and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10_000)
    given = parser.parse_args()
    config, folder = prepared()
    try:
        node.start(config, wait=180)
        with Gateway(GatewayConfig(config.url, request_timeout=10)) as gateway:
            ward = Ward(gateway, "race")
            ward.load([make_unit(id="U1", places=(make_place(id="P1"),))])
            figures = race(ward, given.rounds)
        print(json.dumps(figures, indent=1))
        sys.exit(1 if figures["wrong"] else 0)
    finally:
        node.stop(config)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
