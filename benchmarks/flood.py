"""Twenty clients at ten times their limit, and one that keeps to it: its times before, during and after.

The server counts each client and refuses what is too much before it costs; what passes is answered in turn, whoever has
least under way first. ``ror bench flood [--seconds 60] [--limit 30] [--floods 20] [--times 10] [--units 2000]``.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.queues import Queue
from random import Random

from benchmarks.attacking.stand import Connection, Stand, stand
from benchmarks.attacking.world import World
from benchmarks.beds_writes import percentiles
from indexer.synth import synthesize
from mappings.gazetteer import Gazetteer

PLACES = ("Rouen", "Caen", "Le+Havre", "Elbeuf", "Cherbourg-en-Cotentin", "Dieppe", "Lisieux")
CONNECTIONS = 3
"""Connections of each client that floods: on one it would wait for its answers, and flood nobody."""
ACTIVITIES = ("127", "124", "354", "359", "130", "157", "100")


def question(random: Random) -> str:
    """Return the address of a question, seldom the same twice."""
    place, activity, age = random.choice(PLACES), random.choice(ACTIVITIES), random.randrange(100)
    return f"/api/v1/orientations?place={place}&activity={activity}&age={age}&use_case=destination&size=20"


def paced(rate: float, ends: float, act: Callable[[], None]) -> None:
    """Act so many times a second until the end; what is late is left out, not made up for."""
    due = time.monotonic()
    while due < ends:
        now = time.monotonic()
        if now < due:
            time.sleep(due - now)
        act()
        due = max(due + 1 / rate, time.monotonic() - 1 / rate)


def calm(port: int, key: str, rate: float, seconds: float) -> tuple[list[float], Counter[int]]:
    """Ask at a steady rate; return the seconds of each answer, and the statuses."""
    connection, random = Connection(port), Random(1)
    times: list[float] = []
    statuses: Counter[int] = Counter()

    def act() -> None:
        started = time.monotonic()
        statuses[connection.ask("GET", question(random), {"X-Api-Key": key}).status] += 1
        times.append(time.monotonic() - started)

    paced(rate, time.monotonic() + seconds, act)
    return times, statuses


def flood(port: int, keys: list[str], rate: float, seconds: float, told: Queue[Counter[int]]) -> None:
    """Ask with several keys at once, each at the rate, and tell the statuses."""
    statuses: Counter[int] = Counter()
    lock = threading.Lock()
    ends = time.monotonic() + seconds

    def one(key: str, seed: int) -> None:
        connection, random = Connection(port), Random(seed)

        def act() -> None:
            status = connection.ask("GET", question(random), {"X-Api-Key": key}).status
            with lock:
                statuses[status] += 1

        paced(rate, ends, act)

    rate /= CONNECTIONS
    each = [key for key in keys for _ in range(CONNECTIONS)]
    threads = [threading.Thread(target=one, args=(key, seed)) for seed, key in enumerate(each)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told.put(statuses)


def run(stood: Stand, given: argparse.Namespace) -> int:
    """Measure; return 1 when the calm client was refused anything."""
    communes = Gazetteer.load()
    units = tuple(synthesize(given.units, seed=1, region="28", gazetteer=communes, as_of=stood.as_of))
    stood.load(World(units=units, writes=()))
    limit = f"{given.limit} per minute"
    own = given.limit / 60
    keys = [stood.key_of(f"flood-{n}", 2, ("search", "beds:read")) for n in range(given.floods)]
    key = stood.key_of("calm", 2, ("search", "beds:read"))
    with stood.serving(frozen=False, ROR_LIMIT_CLIENT=limit) as port:
        calm(port, stood.key_of("warm", 2, ("search",)), 1.5, 4)
        print(f"limit {limit} a client, one process; the calm one asks {own * 0.9:.2f} times a second")
        before, _ = calm(port, key, own * 0.9, given.seconds)
        context = get_context("spawn")
        told: Queue[Counter[int]] = context.Queue()
        half = (len(keys) + 1) // 2
        arguments = [(port, part, own * given.times, given.seconds + 5, told) for part in (keys[:half], keys[half:])]
        floods = [context.Process(target=flood, args=each) for each in arguments]
        for process in floods:
            process.start()
        time.sleep(3)
        during, statuses = calm(port, key, own * 0.9, given.seconds)
        flooded = sum((told.get(timeout=120) for _ in floods), Counter())
        for process in floods:
            process.join(30)
        after, _ = calm(port, key, own * 0.9, min(20, given.seconds))
    print("| calm client | p50 ms | p99 ms | answers |\n| --- | --- | --- | --- |")
    for name, times in (("before", before), ("during", during), ("after", after)):
        found = percentiles(times)
        print(f"| {name} | {found['p50_ms']} | {found['p99_ms']} | {found['n']} |")
    print(f"calm during the flood: {dict(statuses)}")
    sent = flooded.total()
    print(
        f"flood: {sent} requests, {sent / (given.seconds + 5):.0f} a second, statuses {dict(sorted(flooded.items()))}"
    )
    return 0 if set(statuses) == {200} else 1


def main() -> int:
    """Run the flood."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="of each phase")
    parser.add_argument("--limit", type=int, default=30, help="requests a minute of each client")
    parser.add_argument("--floods", type=int, default=20, help="clients that flood")
    parser.add_argument("--times", type=float, default=10, help="how many times their limit they ask")
    parser.add_argument("--units", type=int, default=2000, help="size of the directory")
    given = parser.parse_args()
    with stand(datetime.now(UTC).replace(microsecond=0)) as stood:
        return run(stood, given)


if __name__ == "__main__":
    sys.exit(main())
