"""Attack a running server: each profile asks every route and format for what it may not see.

A directory whose hidden things are marked is loaded into a real engine behind the real server. Each probe is asked by
each profile, and again of a directory in which nothing that the profile may not see ever was: an answer that holds a
mark it may not, or that is not the same byte for byte, is a leak. So are totals, facets, order, reasons, distances,
suggestions, cursors and error texts. ``ror bench attack [--units 150] [--questions 120] [--show 5] [--only 2]``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from urllib.parse import quote

from benchmarks.attacking.compare import Ledger, ask_all, judge
from benchmarks.attacking.probes import probes
from benchmarks.attacking.stand import Connection, Stand, stand
from benchmarks.attacking.world import SHOWN, Who, World, known_to, whole
from mappings.gazetteer import Gazetteer

READING = ("search", "peers", "steering")
WHO = (
    Who(name="0 anybody", profile=0),
    Who(name="1", profile=1),
    Who(name="2", profile=2),
    Who(name="3", profile=3),
    Who(name="4", profile=4),
    Who(name="5", profile=5),
    Who(name="2 without beds:read", profile=2, reads_beds=False),
    Who(name="0 writer of one site", profile=0),
)


def keys_of(stood: Stand, world: World) -> dict[str, str | None]:
    """Give each of them a key, but whoever has none."""
    keys: dict[str, str | None] = {}
    finess = "990000009"  # no site of the directory: of its own zones a writer is told what stands
    assert finess not in {unit.site.finess for unit in world.units}
    for who in WHO:
        scopes = (*READING, "beds:read") if who.reads_beds else READING
        if who.name.startswith("0 writer"):
            keys[who.name] = stood.key_of("writer", 0, ("search", "beds:read", "beds:write"), (finess,))
        elif who.profile == 0:
            keys[who.name] = None
        else:
            keys[who.name] = stood.key_of(who.name.replace(" ", "-").replace(":", "-"), who.profile, scopes)
    return keys


def attack(stood: Stand, world: World, amount: int, chosen: tuple[Who, ...] = WHO, every: int = 1) -> Ledger:
    """Ask everything, or one probe in ``every``; return what was asked and what leaked."""
    keys = keys_of(stood, world)
    day = f"{stood.as_of:%Y%m%d}"
    ledger = Ledger()
    stood.load(world)
    with stood.serving() as port:
        with closing(Connection(port)) as connection:
            warm_up(connection, world)
            paths = json.loads(connection.ask("GET", "/api/v1/openapi.json").body)["paths"]
        asked = probes(world, 5, amount, paths, every)
        whole_told = {who.name: ask_all(port, asked, keys[who.name], day) for who in chosen}
    for who in chosen:
        told = None
        if who.profile != 1:
            stood.load(known_to(who, world))
            with stood.serving() as port:
                with closing(Connection(port)) as connection:
                    warm_up(connection, world)
                told = ask_all(port, asked, keys[who.name], day)
        judge(ledger, who, asked, whole_told[who.name], told)
        print(
            f"  {who.name}: {len(asked)} probes, {sum(leak.who == who.name for leak in ledger.leaks)} leaks", flush=True
        )
    return ledger


def warm_up(connection: Connection, world: World) -> None:
    """Ask until the names of sites are suggested: they are read aside."""
    deadline = time.monotonic() + 180
    name = next(unit.site.name for unit in world.units if not unit.sensitive and unit.site.finess)
    while b'"site"' not in connection.ask("GET", f"/api/v1/suggest?q={quote(name)}&limit=50").body:
        if time.monotonic() > deadline:
            raise RuntimeError("no site is suggested")
        time.sleep(0.05)


def report(ledger: Ledger, show: int) -> int:
    """Print the table, the leaks and whether the marks could be seen at all; return the number of leaks."""
    surfaces = sorted({surface for surface, _ in ledger.asked})
    names = list(dict.fromkeys(name for _, name in ledger.asked))
    leaks: Counter[tuple[str, str]] = Counter((leak.probe.surface, leak.who) for leak in ledger.leaks)
    print("\n| surface | probes | " + " | ".join(names) + " |")
    print("| --- " * (len(names) + 2) + "|")
    for surface in surfaces:
        probes_of = sum(count for (each, _), count in ledger.asked.items() if each == surface)
        print(f"| {surface} | {probes_of} | " + " | ".join(str(leaks[surface, name]) for name in names) + " |")
    statuses = dict(sorted(ledger.statuses.items()))
    print(f"\n{sum(ledger.asked.values())} probes, {len(ledger.leaks)} leaks; statuses {statuses}")
    unseen = sorted(SHOWN.keys() - ledger.seen.get("1", set()))
    print(f"marks that profile 1 was shown: {len(SHOWN) - len(unseen)} of {len(SHOWN)} {unseen or ''}")
    few: Counter[tuple[str, str]] = Counter()
    for leak in ledger.leaks:
        few[leak.probe.surface, leak.who] += 1
        if few[leak.probe.surface, leak.who] > show:
            continue
        probe = leak.probe
        print(f"\nLEAK to {leak.who}: {probe.method} {probe.path} {(probe.body or b'')[:300]!r}\n  {leak.how}")
    return len(ledger.leaks) + len(unseen)


def main() -> int:
    """Run the attack."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=150, help="size of the directory")
    parser.add_argument("--questions", type=int, default=120, help="random questions among the probes")
    parser.add_argument("--show", type=int, default=3, help="leaks to show of each kind")
    parser.add_argument("--every", type=int, default=1, help="ask one probe in so many of each surface")
    parser.add_argument("--only", help="only those whose name begins so, and profile 1")
    parser.add_argument("--heap", default="512m", help="memory of the engine")
    given = parser.parse_args()
    as_of = datetime.now(UTC).replace(microsecond=0)
    world = whole(given.units, as_of, Gazetteer.load())
    chosen = tuple(who for who in WHO if not given.only or who.profile == 1 or who.name.startswith(given.only))
    started = time.monotonic()
    hidden = sum(unit.sensitive for unit in world.units)
    print(f"{len(world.units)} units, {hidden} of them sensitive, {len(world.place_ids())} places")
    with stand(as_of, given.heap) as stood:
        ledger = attack(stood, world, given.questions, chosen, given.every)
    wrong = report(ledger, given.show)
    print(f"{time.monotonic() - started:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
