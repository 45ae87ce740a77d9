"""Loads, deltas and rollbacks of the indexer with the store of beds beside, and the simulation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from beds.board import BoardQuestion, board
from beds.importing import import_file, import_lines, numbered
from beds.indices import BedIndices
from beds.judging import Batch
from beds.records import key_text
from beds.replay import Replay
from beds.service import BedService
from beds.simulation import COMMENT, Simulation, is_surgical
from beds.verdict import Verdict
from engine.errors import EngineUnavailable
from engine.gateway import Gateway
from indexer.build import build
from indexer.delta import delta
from indexer.generations import Target
from indexer.load import LoadOptions
from indexer.report import BuildReport
from indexer.swap import rollback
from mappings.capacity import Capacity, CapacityKey
from mappings.document import places_of
from orientation.cli.index import with_beds
from tests.beds_kit import NOW, at, said
from tests.factory import make_beds, make_place, make_unit
from tests.gazetteer_kit import GAZETTEER


class Room:
    """The indexer and the store on names of their own."""

    def __init__(self, gateway: Gateway, new_name: Callable[[], str]) -> None:
        self.gateway = gateway
        self.target = Target(alias=new_name(), locks=new_name())
        indices = BedIndices(units=self.target.alias, store=new_name(), history=new_name(), tension=new_name())
        self.service = BedService(gateway, indices, clock=lambda: NOW)
        self.replay = Replay(self.service)

    def options(self) -> LoadOptions:
        return with_beds(LoadOptions(source="test", target=self.target, force=True), self.replay, None)

    def load(self, *units: Any, run: Any = build, **changes: Any) -> BuildReport:
        report: BuildReport = run(iter(units), self.gateway, GAZETTEER, replace(self.options(), **changes))
        return report

    def free(self, unit: str) -> Any:
        """Return the free beds that a unit's document shows in its first place."""
        hit = self.gateway.get(self.target.alias, unit)
        assert hit is not None
        return places_of(hit["_source"])[0].get("beds", {}).get("now", {}).get("all")


@pytest.fixture
def room(gateway: Gateway, new_name: Callable[[], str]) -> Room:
    """An empty room."""
    return Room(gateway, new_name)


def unit(identifier: str = "U1", **place: Any) -> Any:
    """Return a unit whose place is P1 unless said otherwise."""
    return make_unit(id=identifier, places=(make_place(**{"id": "P1", **place}),))


def test_a_load_fills_the_store_and_a_later_one_keeps_what_was_written(room: Room) -> None:
    assert room.load(unit(capacities=make_beds(4))).applied
    assert room.free("U1") == 4
    assert room.service.take([said(count=1, observed_at=at(-1))], "test")[0].status == 200
    room.load(unit(capacities=make_beds(4)), unit("U2"))
    assert (room.free("U1"), room.free("U2")) == (1, 1)
    assert room.service.store.load(["P1"])["P1"].units == ("U1", "U2")


def test_a_load_that_is_refused_leaves_the_directory_of_the_store_as_it_was(room: Room) -> None:
    room.load(unit(capacities=make_beds(4)))
    report = room.load(max_rejects=0.0)
    assert not report.applied
    assert room.service.store.load(["P1"])["P1"].units == ("U1",)
    assert room.service.take([said(count=2, observed_at=at(-1))], "test")[0].status == 200
    assert room.free("U1") == 2


def test_a_rollback_replays_the_store(room: Room) -> None:
    room.load(unit(capacities=make_beds(4)))
    room.load(unit(), unit("U2"))
    room.service.take([said(count=9, observed_at=at(-1))], "test")
    rollback(room.gateway, room.target, before_swap=room.replay.before_swap, after_swap=room.replay.after_swap)
    assert room.free("U1") == 9
    assert room.service.store.load(["P1"])["P1"].units == ("U1",)


def test_a_delta_takes_counts_and_places_over(room: Room) -> None:
    room.load(unit(capacities=make_beds(4)), unit("U2", id="P2"))
    room.service.take([said(count=1, observed_at=at(-5))], "test")
    newer = make_beds(7, None, observed_at=NOW - timedelta(minutes=1))
    changed = unit(capacities=newer)
    room.load(changed, unit("U3", id="P3", capacities=make_beds(2)), run=delta)
    assert (room.free("U1"), room.free("U3")) == (7, 2)
    zones = room.service.store.load(["P1", "P2", "P3"])
    assert {name: zone.units for name, zone in zones.items()} == {"P1": ("U1",), "P2": (), "P3": ("U3",)}
    room.load(replace(changed, name="Autre"), unit("U3", id="P3"), run=delta)
    assert room.free("U1") == 7


def test_a_file_of_counts_is_imported_and_what_is_refused_is_written_down(room: Room, tmp_path: Path) -> None:
    room.load(unit())
    file, rejects = tmp_path / "beds.ndjson", tmp_path / "rejects.ndjson"
    file.write_text("\n".join(json.dumps(said(count=n)) for n in (3, 4)) + "\n\nnot json\n", encoding="utf-8")
    assert import_file(room.service, file, "night shift", rejects) == (1, 2)
    refused = [json.loads(line) for line in rejects.read_text(encoding="utf-8").splitlines()]
    assert [(each["line"], each["status"]) for each in refused] == [(2, 409), (4, 422)]
    assert next(iter(room.service.store.load(["P1"])["P1"].counts.values()))["who"] == "night shift"


def test_lines_of_several_chunks_have_their_outcomes_in_order_and_the_newest_count_stands(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.load(unit(), unit("U2", id="P2"))
    monkeypatch.setattr("beds.importing.LINES", 2)
    lines = [json.dumps(said(place=f"P{1 + n % 2}", count=n, observed_at=at(n - 30))).encode() for n in range(9)]
    lines[4] = b"not json"
    outcomes = list(import_lines(room.service, numbered(lines), "test"))
    assert [each["line"] for each in outcomes] == list(range(1, 10))
    assert [each["status"] for each in outcomes] == [200] * 4 + [422] + [200] * 4
    assert (room.free("U1"), room.free("U2")) == (8, 7)


def test_lines_that_end_in_an_error_have_told_the_outcomes_of_those_before_it(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.load(unit())
    monkeypatch.setattr("beds.importing.LINES", 2)

    def broken() -> Iterator[tuple[int, bytes]]:
        for n in range(4):
            yield n + 1, json.dumps(said(count=n, observed_at=at(n - 30))).encode()
        raise ConnectionResetError("the sender went away")

    told: list[int] = []
    with pytest.raises(ConnectionResetError):
        told.extend(outcome["line"] for outcome in import_lines(room.service, broken(), "test"))
    assert told == [1, 2, 3, 4]
    assert room.free("U1") == 3


def test_a_chunk_that_the_engine_did_not_take_is_told_line_by_line_and_the_others_stand(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.load(unit())
    monkeypatch.setattr("beds.importing.LINES", 2)
    finish = BedService.finish
    cut = iter([False, True, False])

    def finished(service: BedService, batch: Batch) -> list[Verdict]:
        if next(cut):
            raise EngineUnavailable("the search engine does not answer")
        return finish(service, batch)

    monkeypatch.setattr(BedService, "finish", finished)
    lines = [json.dumps(said(count=n, observed_at=at(n - 30))).encode() for n in range(6)]
    outcomes = list(import_lines(room.service, numbered(lines), "test"))
    assert [(each["line"], each["status"]) for each in outcomes] == [
        (1, 200),
        (2, 200),
        (3, 503),
        (4, 503),
        (5, 200),
        (6, 200),
    ]


def test_a_simulation_moves_fictitious_zones_only_and_says_so(room: Room) -> None:
    fictitious = [
        replace(unit(f"F{n}", id=f"F{n}"), fictitious=True, activities=("083",) if n % 2 else ("100",))
        for n in range(60)
    ]
    room.load(unit(), *fictitious)
    room.gateway.refresh(room.target.alias)
    simulation = Simulation(room.service, seed=3)
    assert simulation.open() == 60
    assert simulation.step(20) <= 20
    assert room.service.store.load(["P1"])["P1"].counts == {}
    zones = room.service.store.load(f"F{n}" for n in range(60))
    records = [record for zone in zones.values() for record in zone.counts.values()]
    assert {record["comment"] for record in records} == {COMMENT}
    room.gateway.refresh(room.service.indices.store)
    _, total = board(room.gateway, room.service.indices, BoardQuestion(as_of=NOW), list(zones))
    assert 0 < total.sums["available"] < total.sums["installed"]  # type: ignore[operator]


def test_a_simulation_does_not_add_to_counts_by_gender_nor_beds_to_places(room: Room) -> None:
    women = Capacity(
        key=CapacityKey(kind="01", status="02", gender="01"),
        count=5,
        observed_at=NOW - timedelta(minutes=5),
        source="02",
    )
    day = Capacity(
        key=CapacityKey(kind="02", status="01"), count=6, observed_at=NOW - timedelta(minutes=5), source="02"
    )
    room.load(
        replace(unit("F1", id="F1", capacities=(women,)), fictitious=True),
        replace(unit("F2", id="F2", capacities=(day,)), fictitious=True),
    )
    room.gateway.refresh(room.target.alias)
    Simulation(room.service, seed=3).open()
    zones = room.service.store.load(["F1", "F2"])
    keys = {name: sorted(key_text(count.key) for count in zone.capacities()) for name, zone in zones.items()}
    assert keys == {
        "F1": ["01|01|01|||||01", "01|02|01|||||01"],
        "F2": ["02|01|01|||||01", "02|02|01|||||01"],
    }


def test_occupancies_spread_around_the_usual_medians() -> None:
    medicine, surgery = ("083",), ("100",)
    assert not is_surgical(medicine)
    assert is_surgical(surgery)
    simulation = Simulation(BedService.__new__(BedService), seed=5)
    for activities, median in ((medicine, 0.8), (surgery, 0.6)):
        found = sorted(simulation._bay("P", activities).occupancy for _ in range(400))
        assert abs(found[200] - median) < 0.05
        assert found[360] - found[40] > 0.15


def test_a_simulated_zone_stays_within_its_beds_and_near_its_occupancy() -> None:
    simulation = Simulation(BedService.__new__(BedService), seed=5)
    bay = simulation._bay("P", ("083",))
    random = Random(1)
    free = [bay.move(random) for _ in range(2000)]
    assert min(free) >= 0
    assert max(free) <= bay.beds
    usual = bay.beds * (1 - bay.occupancy)
    assert abs(sum(free) / len(free) - usual) < max(2.0, usual / 2)
