"""A new version over an index of an older one: no search and no bed write fails, before, during and after the load."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from beds.indices import is_older
from engine.errors import BulkFailed, EngineError
from engine.gateway import Action, Gateway, require_done
from indexer.generations import COMPLETE
from indexer.swap import rollback
from mappings.beds import instant
from mappings.definitions import index_definition, known_fields, mapping_hash, missing_fields
from mappings.document import places_of, unit_to_document
from mappings.errors import RorError
from mappings.unit import Unit
from orientation.app import create_app
from orientation.settings import Settings
from tests.beds_kit import NOW, said
from tests.engine.test_beds_load import Room
from tests.factory import make_place, make_unit

REOPENABLE = {"status": "05", "closing_kind": "01"}
UNITS = 30


def older_definition() -> dict[str, Any]:
    """Return the definition of a version that knew neither reopenable beds nor the words of names."""
    found = index_definition("units")
    properties = found["mappings"]["properties"]
    del properties["name_words"]
    for name in ("place", "places"):
        del properties[name]["properties"]["beds"]["properties"]["reopenable"]
    return found


def older_document(unit: Unit) -> dict[str, Any]:
    document = unit_to_document(unit)
    document.pop("name_words", None)
    return document


def older_index(room: Room, units: list[Unit]) -> str:
    """Make an index of the older version serve."""
    name = f"{room.target.alias}-20260101000000-01d01d01"
    definition = older_definition()
    definition["mappings"]["_meta"] = {"state": COMPLETE, "source": "older"}
    room.gateway.create_index(name, {**definition, "aliases": {room.target.alias: {}}})
    actions = [Action("create", name, unit.id, older_document(unit)) for unit, _ in room.replay.seed(units)]
    require_done(room.gateway.bulk(actions, refresh="true"))
    room.replay.before_swap(name)
    room.replay.after_swap(name)
    return name


def the_units() -> list[Unit]:
    """Units of one place, and of two, so that both shapes of documents are there."""
    lone = [make_unit(id=f"U{n}", places=(make_place(id=f"P{n}"),)) for n in range(UNITS // 2)]
    return lone + [
        make_unit(id=f"U{n}", places=(make_place(id=f"P{n}"), make_place(id=f"Q{n}", insee="76351")))
        for n in range(UNITS // 2, UNITS)
    ]


@dataclass
class Load:
    """Bed writes and searches that go on until told to stop."""

    room: Room
    stop: threading.Event = field(default_factory=threading.Event)
    written: dict[str, int] = field(default_factory=dict)
    searches: int = 0
    failed: list[str] = field(default_factory=list)

    def write(self) -> None:
        number = 0
        while not self.stop.is_set():
            place = f"P{number % UNITS}"
            observed = instant(NOW - timedelta(hours=2) + timedelta(milliseconds=number))
            item = said(place=place, count=number % 50, observed_at=observed, **REOPENABLE)
            try:
                verdict = self.room.service.take([item], "upgrade")[0]
            except EngineError as error:
                self.failed.append(f"write: {error}")
            else:
                if verdict.status != 200:
                    self.failed.append(f"write: {verdict}")
                self.written[place] = number % 50
            number += 1

    def search(self) -> None:
        body = {"query": {"term": {"activities": the_units()[0].activities[0]}}, "track_total_hits": True, "size": 0}
        while not self.stop.is_set():
            try:
                found = self.room.gateway.search(self.room.target.alias, body)["hits"]["total"]["value"]
            except EngineError as error:
                self.failed.append(f"search: {error}")
            else:
                if found != UNITS:
                    self.failed.append(f"search: {found} units")
            self.searches += 1


def shown(room: Room) -> dict[str, int]:
    """Return the reopenable beds that each unit's first place shows."""
    room.gateway.refresh(room.target.alias)
    found = {}
    for hit in room.gateway.scan(room.target.alias):
        for place in places_of(hit["_source"]):
            if place["id"].startswith("P") and "beds" in place:
                found[place["id"]] = place["beds"].get("reopenable")
    return found


def test_the_older_index_refuses_what_it_does_not_know(gateway: Gateway, new_name: Callable[[], str]) -> None:
    room = Room(gateway, new_name)
    index = older_index(room, the_units())
    document = {"place": [{"id": "P1", "beds": {"reopenable": 3}}]}
    with pytest.raises(BulkFailed, match="strict_dynamic_mapping"):
        require_done(gateway.bulk([Action("update", index, "U1", {"doc": document})]))


def test_a_load_over_an_older_index_fails_no_search_and_no_bed_write(
    gateway: Gateway, new_name: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Room(gateway, new_name)
    monkeypatch.setattr("orientation.api.health.UNITS", room.target.alias)
    older = older_index(room, the_units())
    assert missing_fields(gateway.indices(older)[older]["mappings"], "units")
    load = Load(room)
    threads = [threading.Thread(target=load.write), threading.Thread(target=load.search)]
    for thread in threads:
        thread.start()
    try:
        while len(load.written) < UNITS and not load.failed:  # every unit of the older index was written to
            load.stop.wait(0.05)
        before = load.searches
        report = room.load(*the_units())
        after = load.searches
        goal = len(load.written), load.searches + 5
        while load.searches < goal[1] and not load.failed:
            load.stop.wait(0.05)
    finally:
        load.stop.set()
        for thread in threads:
            thread.join()
    assert load.failed == []
    assert report.applied and after > before
    assert shown(room) == load.written
    (serving,) = gateway.aliases(room.target.alias)[room.target.alias]
    assert serving.endswith(mapping_hash("units"))
    kept = gateway.indices(older)[older]["mappings"]
    assert sorted(kept["_meta"]["added"]) == ["name_words", "place.beds.reopenable", "places.beds.reopenable"]
    assert is_older(gateway, older) and not is_older(gateway, serving)
    assert readiness(room, tmp_path) == 200
    with pytest.raises(RorError, match="loaded by an older version"):
        rollback(gateway, room.target)
    assert rollback(gateway, room.target, force=True) == (serving, older)
    assert readiness(room, tmp_path) == 503, "it would find too little there"


def readiness(room: Room, folder: Path) -> int:
    """Return what balancers are told of a server on this directory."""
    settings = Settings(data_dir=folder, elasticsearch_url=room.gateway.config.url, secret="s" * 40)
    return create_app(settings, gateway=room.gateway).test_client().get("/health/ready").status_code


def test_missing_fields_are_those_that_may_be_added() -> None:
    older = older_definition()["mappings"]
    missing = missing_fields(older, "units")
    assert set(missing) == {"name_words", "place", "places"}
    assert missing["places"]["type"] == "nested"
    assert set(missing["place"]["properties"]["beds"]["properties"]) == {"reopenable"}
    assert missing_fields(index_definition("units")["mappings"], "units") == {}
    assert "place.beds.reopenable" in known_fields("units")
