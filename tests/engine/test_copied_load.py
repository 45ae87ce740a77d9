"""A whole load that is made of a copy of the one before: the same end, the same care, no count lost."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

import beds.projection
import indexer.copying
from beds.indices import BedIndices
from beds.projection import project
from beds.replay import Replay
from beds.service import BedService
from beds.store import document_of
from csd import entity as e
from csd.changes import change, go_back
from csd.companion import OwnDirectory
from engine.bulk import Action
from engine.errors import EngineRejected
from engine.gateway import Gateway
from indexer.build import build
from indexer.companion import Companion
from indexer.delta import delta
from indexer.generations import Target, generations
from indexer.load import LoadOptions
from indexer.rejection import Item
from indexer.report import BuildReport
from indexer.sources.ror import read_ror
from indexer.swap import rollback
from mappings.beds import instant
from mappings.document import places_of
from mappings.schema.unit import unit_to_dict
from mappings.unit import Unit
from orientation.cli.index import with_beds
from tests.beds_kit import NOW, at, said
from tests.factory import make_beds, make_place, make_site, make_unit
from tests.gazetteer_kit import GAZETTEER
from tests.random_region import random_units


class Room:
    """The indexer with beds and the CSD directory on names of their own, and a file to load."""

    def __init__(self, gateway: Gateway, new_name: Callable[[], str], file: Path) -> None:
        self.gateway, self.file = gateway, file
        self.target = Target(alias=new_name(), locks=new_name())
        indices = BedIndices(units=self.target.alias, store=new_name(), history=new_name(), tension=new_name())
        self.service = BedService(gateway, indices, clock=lambda: NOW)
        self.replay = Replay(self.service)
        self.companion = Companion(
            target=Target(alias=new_name(), definition=e.DEFINITION),
            begin=partial(OwnDirectory, gateway),
            change=partial(change, gateway),
            go_back=partial(go_back, gateway),
        )

    def load(
        self, *units: Unit | str, run: Any = build, on_item: Callable[[int], None] | None = None, **changes: Any
    ) -> BuildReport:
        """Load a file of units, and of lines that are none."""
        lines = [each if isinstance(each, str) else json.dumps(unit_to_dict(each)) for each in units]
        self.file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        options = LoadOptions(source="test", target=self.target, making="this program", max_rejects=0.9, force=True)
        chosen = replace(with_beds(options, self.replay, self.companion), **changes)

        def items() -> Iterator[Item]:
            for number, item in enumerate(read_ror(self.file, recall=chosen.recall)):
                if on_item is not None:
                    on_item(number)
                yield item

        report: BuildReport = run(items(), self.gateway, GAZETTEER, chosen)
        return report

    def documents(self) -> dict[str, Any]:
        return self._all(self.target.alias)

    def directory(self) -> dict[str, Any]:
        """Return the CSD directory but for when it learnt what: of a load made anew and of a copy that differs."""
        told = {"created", "updated", "modified", "xml"}
        found = self._all(self.companion.target.alias)
        return {name: {k: v for k, v in each.items() if k not in told} for name, each in found.items()}

    def zones(self) -> dict[str, Any]:
        found = self._all(self.service.store.indices.store)
        return {name: {k: v for k, v in each.items() if k != "changed_at"} for name, each in found.items()}

    def _all(self, index: str) -> dict[str, Any]:
        self.gateway.refresh(index)
        return {hit["_id"]: hit["_source"] for hit in self.gateway.scan(index)}

    def free(self, unit: str, index: str | None = None) -> Any:
        """Return the free beds that a unit's document shows in its first place."""
        hit = self.gateway.get(index or self.target.alias, unit)
        assert hit is not None
        return places_of(hit["_source"])[0].get("beds", {}).get("now", {}).get("all")

    def serving(self) -> str:
        [index] = self.gateway.aliases(self.target.alias)[self.target.alias]
        return index


@pytest.fixture
def rooms(gateway: Gateway, new_name: Callable[[], str], tmp_path: Path) -> Callable[[], Room]:
    """Make rooms."""
    return lambda: Room(gateway, new_name, tmp_path / "units.ndjson")


@pytest.fixture
def room(rooms: Callable[[], Room]) -> Room:
    """A room with nothing in it."""
    return rooms()


READ = ("read", "accepted", "indexed", "rejected", "notices")
DIFFERING = ("added", "changed", "removed", "unchanged")


def counts(report: BuildReport, names: tuple[str, ...]) -> dict[str, int]:
    """Return some numbers of a report."""
    return {name: getattr(report, name) for name in names}


def unit(identifier: str = "U1", **place: Any) -> Unit:
    """Return a unit with one place, of its own unless said otherwise."""
    return make_unit(id=identifier, places=(make_place(**{"id": f"P{identifier[1:]}", **place}),))


def region(count: int, **place: Any) -> list[Unit]:
    return [unit(f"U{n}", **place) for n in range(count)]


def of_sites(units: list[Unit]) -> list[Unit]:
    """Return units of sites that all of them describe alike, as those of one source do."""
    known: dict[str | None, Any] = {}
    return [replace(each, site=known.setdefault(each.site.finess, each.site)) for each in units]


def changed(random: Random, units: list[Unit]) -> list[Unit | str]:
    """Return what the next night says: some changed, moved, gone, new, unreadable, repeated, written otherwise."""
    new = [replace(each, id=f"N{n}") for n, each in enumerate(random.sample(units, 15))]
    lines: list[Unit | str] = []
    for each in random.sample([*units, *new], len(units) + len(new)):
        match random.randrange(20):
            case 0:
                lines.append(replace(each, name=f"{each.name} bis"))
            case 1:
                lines.append(replace(each, places=(make_place(id=f"moved {each.id}", capacities=make_beds(3)),)))
            case 2:
                continue
            case 3:
                lines.append(json.dumps({**unit_to_dict(each), "care_mode": "no mode"}))
            case 4:
                lines += [each, each]
            case 5:
                lines.append(json.dumps(unit_to_dict(each), separators=(" , ", " : ")))
            case 6:
                lines.append(replace(each, sensitive=not each.sensitive))
            case 7:
                site = make_site(finess="760000001", name="Autre site")
                lines.append(replace(each, site=site))
            case _:
                lines.append(each)
    return lines


@pytest.mark.parametrize("seed", range(6))
def test_it_comes_to_what_one_made_anew_comes_to(rooms: Callable[[], Room], seed: int) -> None:
    random = Random(seed)
    first = of_sites(random_units(random, 200))
    second = changed(random, first)
    copied, anew = rooms(), rooms()
    for each in (copied, anew):
        assert each.load(*first).applied
        each.service.take([said(place=place, count=7, observed_at=at(-1)) for place in sorted(each.zones())[:40]], "t")
    report = copied.load(*second)
    other = anew.load(*second, anew=True)
    assert report.applied and other.applied, (report.refusals, other.refusals)
    assert (report.copied, other.copied) == (True, False)
    assert report.unchanged > 100 and report.changed > 5 and report.added > 5 and report.removed > 5
    assert counts(report, READ) == counts(other, READ)
    assert copied.documents() == anew.documents()
    assert copied.zones() == anew.zones()
    assert copied.directory() == anew.directory()
    again = copied.load(*second)
    assert (again.copied, again.changed, again.added, again.removed) == (True, 0, 0, 0)
    assert copied.documents() == anew.documents()


@pytest.mark.parametrize("seed", range(2))
def test_a_delta_that_knows_lines_comes_to_what_one_that_knows_none_comes_to(
    rooms: Callable[[], Room], seed: int
) -> None:
    random = Random(seed)
    first = of_sites(random_units(random, 150))
    second = changed(random, first)
    knowing, reading = rooms(), rooms()
    for each in (knowing, reading):
        assert each.load(*first).applied
    made = generations(knowing.gateway, knowing.target).serving
    report = knowing.load(*second, run=delta)
    other = reading.load(*second, run=delta, making=None)
    assert report.applied and other.applied
    assert counts(report, READ + DIFFERING) == counts(other, READ + DIFFERING)
    assert report.unchanged > 50 and report.changed > 5 and report.removed > 0

    def but_lines(room: Room) -> dict[str, Any]:
        return {name: {k: v for k, v in each.items() if k != "line"} for name, each in room.documents().items()}

    assert but_lines(knowing) == but_lines(reading)
    assert knowing.zones() == reading.zones()
    assert all("line" in each for each in knowing.documents().values())
    assert not all("line" in each for each in reading.documents().values()), "made of who knows what"
    assert made is not None and made.meta["making"] == "this program"
    again = knowing.load(*second)
    assert (again.copied, again.changed, again.added) == (True, 0, 0)


def test_what_is_copied_is_not_written_and_bears_the_time_of_its_own_load(room: Room, gateway: Gateway) -> None:
    room.load(*region(20))
    first = room.serving()
    report = room.load(*region(19), unit("U19", name="Autre nom"))
    assert (report.unchanged, report.changed, report.index) == (19, 1, room.serving())
    stats = gateway.read("GET", f"/{report.index}/_stats/indexing")["indices"][str(report.index)]
    assert stats["primaries"]["indexing"]["index_total"] == 1
    known = generations(gateway, room.target)
    assert known.serving is not None and known.previous is not None and known.previous.index == first
    assert [known.serving.meta[name] for name in ("read", "unchanged", "state")] == [20, 19, "complete"]
    assert known.serving.meta["started_at"] == report.started.isoformat(timespec="seconds")
    settings = gateway.indices(room.serving())[room.serving()]["settings"]["index"]
    assert (settings["refresh_interval"], settings["auto_expand_replicas"]) == ("1s", "0-1")
    for index in (first, room.serving()):
        blocks = gateway.indices(index)[index]["settings"]["index"].get("blocks", {})
        assert not blocks.get("write"), index
    assert ("unchanged", "19") in report.rows()


def test_a_sample_of_what_was_not_read_is_looked_for(room: Room, gateway: Gateway) -> None:
    room.load(*region(5))
    held = gateway.get(room.target.alias, "U3")
    assert held is not None
    other = held["_source"] | {"unit": held["_source"]["unit"] | {"name": "what the line does not say"}}
    gateway.store(room.serving(), "U3", other, refresh="true")
    report = room.load(*region(5))
    assert not report.applied
    assert report.refusals == ["unit U3 is not stored as it was sent"]


def test_counts_that_come_at_any_moment_are_shown_before_and_after_the_swap(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer.copying, "_PROBE", 2)
    units = region(12, capacities=make_beds(4))
    room.load(*units)
    moments = iter(range(100))
    told: dict[str, int] = {}

    def count(moment: str) -> None:
        number = next(moments)
        verdict = room.service.take([said(place=f"P{number}", count=50 + number, observed_at=at(-1))], moment)[0]
        assert verdict.status == 200, (moment, verdict)
        told[f"U{number}"] = 50 + number

    def before_copy() -> bool:
        said_yes = room.replay.before_copy()
        count("between the mark and the copy")
        return said_yes

    def before_swap(index: str, ids: Any) -> None:
        count("before the store is replayed")
        room.replay.before_copied_swap(index, ids)
        count("before the swap")
        assert {each: room.free(each, index) for each in told} == told, "in the index about to serve"
        assert {each: room.free(each) for each in told} == told, "in the one that serves"

    def after_swap(index: str) -> None:
        count("after the swap")
        room.replay.after_swap(index)

    report = room.load(
        *units[:11],
        replace(units[11], name="Autre nom"),
        on_item=lambda number: count("while it is read") if number in {0, 11} else None,
        before_copy=before_copy,
        before_copied_swap=before_swap,
        after_swap=after_swap,
    )
    assert report.copied and report.applied
    assert len(told) == 6
    assert {each: room.free(each) for each in told} == told


def test_a_writer_who_stored_a_count_before_the_copy_and_shows_it_after_is_not_passed_over(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer.copying, "_PROBE", 2)
    units = region(8, capacities=make_beds(4))
    room.load(*units)
    store = room.service.store

    def stored(place: str, count: int, changed_at: datetime) -> None:
        """Write a zone as a writer does who has not come to show it yet."""
        zone = store.load([place])[place]
        counts = [{**each, "count": count} if each["status"] == "02" else each for each in zone.counts.values()]
        document = document_of(place, zone.facts, counts, instant(changed_at))
        assert store.put({place: (zone, document)})[place].ok

    stored("P1", 11, NOW - timedelta(hours=1))
    stored("P2", 12, NOW - timedelta(minutes=1))

    def shows_late(number: int) -> None:
        if number == 7:  # it asked before the copy was about to serve, and knows of the other one only
            project(store, ["U1"], index=room.serving())
            stored("P3", 13, NOW - timedelta(hours=1))  # by a machine whose clock is late, and which died of it

    report = room.load(*units, on_item=shows_late)
    assert report.copied
    assert [room.free(f"U{n}") for n in range(1, 5)] == [11, 12, 13, 4]


def test_writers_at_full_speed_lose_nothing_while_it_is_copied(room: Room) -> None:
    units = region(30, capacities=make_beds(4))
    room.load(*units)
    stop = threading.Event()
    acknowledged: dict[str, int] = {}
    refused: list[Any] = []

    def write() -> None:
        random = Random(1)
        for number in range(10**6):
            if stop.is_set():
                return
            place = f"P{random.randrange(30)}"
            observed = (NOW - timedelta(minutes=5) + timedelta(milliseconds=number)).isoformat()
            verdict = room.service.take([said(place=place, count=number % 9000, observed_at=observed)], "w")[0]
            if verdict.status == 200:
                acknowledged[f"U{place[1:]}"] = number % 9000
            else:
                refused.append(verdict)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for round_ in range(4):
            report = room.load(*units[:29], replace(units[29], name=f"Nom {round_}"))
            assert report.copied and report.applied
    finally:
        stop.set()
        writer.join()
    assert refused == []
    assert len(acknowledged) == 30, "the writer was not held up for long"
    assert {each: room.free(each) for each in acknowledged} == acknowledged


def test_a_copier_that_died_does_not_hold_writers_up_for_ever(
    room: Room, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beds.projection, "_COPIED_S", 0.5)
    room.load(*region(3, capacities=make_beds(4)))
    gateway.write("PUT", f"/{room.serving()}/_block/write")
    started = time.monotonic()
    assert room.service.take([said(place="P1", count=2, observed_at=at(-1))], "test")[0].status == 200
    assert time.monotonic() - started > 0.5, "a copier that lives is waited for"
    assert room.free("U1") == 2


@pytest.mark.parametrize(
    "otherwise",
    [{"making": "another program"}, {"making": None}, {"region": "28"}, {"before_copy": lambda: False}, {"anew": True}],
    ids=["program", "nothing known", "region", "store says no", "told so"],
)
def test_what_was_made_otherwise_is_made_anew(room: Room, otherwise: dict[str, Any]) -> None:
    room.load(*region(5))
    report = room.load(*region(5), **otherwise)
    assert report.applied
    assert (report.copied, report.indexed, report.unchanged) == (False, 5, 0)


def test_a_source_most_of_which_is_new_is_made_anew(room: Room) -> None:
    room.load(*region(9))
    report = room.load(*region(4), *(unit(f"N{n}") for n in range(5)))
    assert (report.copied, report.applied, report.indexed) == (False, True, 9)
    assert set(room.documents()) == {"U0", "U1", "U2", "U3", *(f"N{n}" for n in range(5))}
    assert all("line" in each for each in room.documents().values())


def test_a_swap_or_a_delta_that_was_cut_is_not_built_upon(room: Room, gateway: Gateway) -> None:
    def cut(*given: Any) -> None:
        raise RuntimeError("cut")

    room.load(*region(5))
    with pytest.raises(RuntimeError):
        room.load(*region(4), after_swap=cut)
    assert gateway.aliases(room.service.store.indices.incoming), "what is left of it"
    assert not room.load(*region(4)).copied
    assert room.load(*region(4)).copied
    with pytest.raises(RuntimeError):
        room.load(*region(3), run=delta, after_delta=cut)
    assert not room.load(*region(3)).copied
    assert room.zones()["P3"].get("units", []) == []
    assert room.load(*region(2), run=delta).applied
    assert room.load(*region(2)).copied, "after a delta that was not cut"


def test_another_store_of_beds_or_no_directory_beside_is_not_built_upon(room: Room, gateway: Gateway) -> None:
    identity = room.replay.identity()
    room.load(*region(5))
    assert room.replay.identity() == identity
    gateway.update_aliases([{"remove": {"index": "*", "alias": room.companion.target.alias}}])
    report = room.load(*region(5))
    assert (report.copied, report.applied) == (False, True)
    gateway.delete_index(room.service.store.indices.store)
    room.service.ensure()
    assert room.replay.identity() != identity


def test_what_the_engine_will_not_copy_is_made_anew_and_said(
    room: Room, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.load(*region(5))
    copy = Gateway.copy_index

    def second_fails(self: Gateway, name: str, new: str, settings: Any) -> None:
        if name == room.serving():
            copy(self, name, new.upper(), settings)  # the engine refuses such names
        copy(self, name, new, settings)

    monkeypatch.setattr(Gateway, "copy_index", second_fails)
    report = room.load(*region(5))
    assert (report.applied, report.copied, report.indexed) == (True, False, 5)
    assert "could not be copied, all was made anew" in report.warnings[0]
    assert set(room.documents()) == {f"U{n}" for n in range(5)}
    assert len(gateway.indices(f"{room.companion.target.alias}-*")) == 2
    gateway.store(room.serving(), "free", {"id": "free"})


def test_a_refused_load_leaves_no_copy_behind(room: Room, gateway: Gateway) -> None:
    room.load(*region(10))
    before = (room.serving(), room.documents())
    report = room.load(*region(6), "{", "{", "{", max_rejects=0.1)
    assert (report.applied, report.copied) == (False, True)
    assert (room.serving(), room.documents()) == before
    assert len(generations(gateway, room.target).every) == 1
    assert len(gateway.indices(f"{room.companion.target.alias}-*")) == 1
    assert room.service.take([said(place="P9", count=2, observed_at=at(-1))], "test")[0].status == 200


def test_a_rollback_from_a_copy_and_a_load_after_it(room: Room) -> None:
    room.load(*region(5, capacities=make_beds(4)))
    room.load(*region(4, capacities=make_beds(4)))
    room.service.take([said(place="P1", count=2, observed_at=at(-1))], "test")
    rollback(
        room.gateway, room.target, companion=room.companion,
        before_swap=room.replay.before_swap, after_swap=room.replay.after_swap,
    )  # fmt: skip
    assert (set(room.documents()), room.free("U1")) == ({f"U{n}" for n in range(5)}, 2)
    report = room.load(*region(4, capacities=make_beds(4)))
    assert (report.copied, report.removed, room.free("U1")) == (True, 1, 2)
    assert room.zones()["P4"].get("units", []) == []


def test_a_place_of_two_units_follows_the_one_that_changes(room: Room) -> None:
    shared = make_place(id="P", capacities=make_beds(4))
    one, two = make_unit(id="A", places=(shared,)), make_unit(id="B", places=(shared,))
    others = region(6)
    room.load(one, two, *others)
    report = room.load(one, replace(two, activities=("083",), places=(make_place(id="Q"),)), *others)
    assert report.copied
    assert {name: each.get("units") for name, each in room.zones().items() if name in "PQ"} == {"P": ["A"], "Q": ["B"]}
    assert (room.free("A"), room.free("B")) == (4, None)
    assert room.zones()["Q"]["activities"] == ["083"]


def test_old_traces_of_what_is_gone_are_let_go(room: Room, gateway: Gateway) -> None:
    room.load(*region(6))
    room.load(*region(5))
    [gone] = [name for name, each in room.directory().items() if each.get("removed")]
    alias = room.companion.target.alias
    held = gateway.get(alias, gone)
    assert held is not None
    old = (datetime.now(UTC) - timedelta(days=401)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    gateway.store(alias, gone, held["_source"] | {"modified": old}, refresh="true")
    report = room.load(*region(5)[:4], unit("U4", name="Autre nom"))
    assert report.copied and report.applied
    assert gone not in room.directory()


def test_an_index_can_be_written_to_after_a_copy_that_failed(gateway: Gateway, new_name: Callable[[], str]) -> None:
    name = new_name()
    gateway.create_index(name, {})
    with pytest.raises(EngineRejected):
        gateway.copy_index(name, name.upper(), {})
    gateway.store(name, "1", {"a": 1})
    copy = new_name()
    gateway.copy_index(name, copy, {"number_of_replicas": 0})
    assert gateway.get(copy, "1") is not None
    gateway.store(copy, "2", {"a": 2})
    gateway.store(name, "3", {"a": 3})
    gateway.write("PUT", f"/{name}/_block/write")
    [outcome] = gateway.bulk([Action("index", name, "4", {})])
    assert outcome.blocked and not outcome.ok and not outcome.conflict
    gateway.allow_writes(name)
    [outcome] = gateway.bulk([Action("index", name, "4", {"a": "no number"}), ])  # fmt: skip
    assert not outcome.ok and not outcome.blocked


def test_later_writes_are_above_what_was_written_up_to(gateway: Gateway, new_name: Callable[[], str]) -> None:
    name = new_name()
    gateway.create_index(name, {"settings": {"number_of_shards": 3}})
    assert gateway.written_up_to(name) == -1
    for n in range(30):
        gateway.store(name, f"early {n}", {})
    mark = gateway.written_up_to(name)
    for n in range(30):
        gateway.store(name, f"late {n}", {})
    gateway.refresh(name)
    found = {hit["_id"] for hit in gateway.scan(name, {"range": {"_seq_no": {"gt": mark}}})}
    assert found >= {f"late {n}" for n in range(30)}
    assert mark > 0
