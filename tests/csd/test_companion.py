"""Our own directory beside the index of units: built, swapped, changed, rolled back and dropped with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Any

import orjson
import pytest

from csd import entity as e
from csd.changes import change, go_back
from csd.companion import OwnDirectory
from csd.mapping.identity import facility_id, legal_entity_id, service_id, site_id
from engine.gateway import Gateway
from indexer.build import build
from indexer.companion import Companion
from indexer.delta import delta
from indexer.generations import Target
from indexer.load import LoadOptions
from indexer.report import BuildReport
from indexer.swap import prune, rollback
from mappings.document import unit_to_document
from mappings.errors import RorError
from mappings.gazetteer import Gazetteer
from mappings.unit import LegalEntity, Unit
from tests.factory import make_beds, make_place, make_site, make_unit
from tests.random_region import random_units

CARE = service_id("127", "28")
SITE = {"name": "x", "finess": "760780239"}


@dataclass(slots=True)
class Room:
    """An index of units and the directory beside it, under names of their own."""

    gateway: Gateway
    target: Target
    companion: Companion
    gazetteer: Gazetteer

    def load(self, units: list[Unit], **options: Any) -> BuildReport:
        return self._run(build, units, options)

    def delta(self, units: list[Unit], **options: Any) -> BuildReport:
        return self._run(delta, units, {"max_removed": 1.0, **options})

    def _run(self, how: Callable[..., BuildReport], units: list[Unit], options: dict[str, Any]) -> BuildReport:
        chosen = LoadOptions(source="test", target=self.target, companion=self.companion, **options)
        return how(units, self.gateway, self.gazetteer, chosen)

    def shown(self) -> dict[str, dict[str, Any]]:
        """Return every document of the directory by entity id."""
        alias = self.companion.target.alias
        self.gateway.refresh(alias)
        return {hit["_source"]["entity_id"]: hit["_source"] for hit in self.gateway.scan(alias)}

    def indices(self) -> set[str]:
        return set(self.gateway.indices(f"{self.companion.target.alias}-*"))

    def serving(self) -> str:
        (index,) = self.gateway.aliases(self.companion.target.alias)[self.companion.target.alias]
        return index


@pytest.fixture
def room(gateway: Gateway, new_name: Callable[[], str], gazetteer: Gazetteer) -> Room:
    companion = Companion(
        target=Target(alias=new_name(), definition=e.DEFINITION),
        begin=partial(OwnDirectory, gateway),
        change=partial(change, gateway),
        go_back=partial(go_back, gateway),
    )
    return Room(gateway, Target(alias=new_name(), locks=new_name()), companion, gazetteer)


def live(documents: dict[str, dict[str, Any]], kind: str) -> set[str]:
    return {name for name, each in documents.items() if each["kind"] == kind and not each.get("removed")}


def gone(documents: dict[str, dict[str, Any]]) -> set[str]:
    return {name for name, each in documents.items() if each.get("removed")}


def test_a_load_makes_a_facility_a_site_a_legal_entity_and_a_kind_of_care(room: Room) -> None:
    assert room.load([make_unit(id="A"), make_unit(id="B")]).applied
    shown = room.shown()
    assert live(shown, e.FACILITY) == {facility_id("A"), facility_id("B")}
    assert live(shown, e.SERVICE) == {CARE}
    assert live(shown, e.ORGANIZATION) == {site_id(SITE), legal_entity_id({"finess": "760000158"})}
    assert shown[facility_id("A")]["organizations"] == [site_id(SITE)]
    assert shown[site_id(SITE)]["parent"] == legal_entity_id({"finess": "760000158"})


def test_the_first_directory_bears_the_times_of_its_units(room: Room) -> None:
    room.load([unit := make_unit(id="A")])
    assert datetime.fromisoformat(room.shown()[facility_id("A")]["updated"]) == unit.updated_at


def test_a_load_that_is_refused_leaves_the_directory_as_it_was(room: Room) -> None:
    room.load([make_unit(id="A")])
    before = room.serving()
    assert not room.load([]).applied
    assert (room.serving(), room.indices()) == (before, {before})


def test_both_indices_of_a_load_serve_together_and_bear_one_time(room: Room) -> None:
    first = room.load([make_unit(id="A")])
    second = room.load([make_unit(id="A"), make_unit(id="B")])
    for report, index in ((first, min(room.indices())), (second, room.serving())):
        assert report.index is not None
        assert report.index.split("-")[-2] == index.split("-")[-2]
    assert room.serving() == max(room.indices())


def test_what_did_not_change_keeps_its_time_and_what_did_is_of_now(room: Room) -> None:
    room.load([make_unit(id="A"), make_unit(id="B")])
    before = room.shown()
    room.load([make_unit(id="A"), make_unit(id="B", name="Autre nom")])
    after = room.shown()
    for same in (facility_id("A"), site_id(SITE), CARE):
        assert after[same]["modified"] == before[same]["modified"]
    assert after[facility_id("B")]["modified"] > before[facility_id("B")]["modified"]


def test_counts_of_beds_are_no_change_of_the_record(room: Room) -> None:
    room.load([make_unit(id="A")])
    before = room.shown()
    room.load([make_unit(id="A", places=(make_place(id="A-P1", capacities=make_beds()),))])
    assert room.shown() == before


def test_a_unit_that_goes_leaves_a_tombstone_and_its_structures_go_with_it(room: Room) -> None:
    other = make_unit(id="B", site=make_site(finess="760780240", legal_entity=None), activities=("126",))
    room.load([make_unit(id="A"), other])
    room.load([make_unit(id="A")])
    shown = room.shown()
    lost = {facility_id("B"), site_id({"finess": "760780240"}), service_id("126", "28")}
    assert gone(shown) == lost
    assert all('status="Inactive"' in shown[each]["xml"] for each in lost)
    room.load([make_unit(id="A")])
    assert gone(room.shown()) == lost, "the next load tells of it too"
    room.load([make_unit(id="A"), other])
    assert gone(room.shown()) == set(), "and what comes back is no more removed"


def test_a_legal_entity_that_no_site_names_any_more_is_told_to_be_gone(room: Room) -> None:
    def owned(finess: str) -> Unit:
        return make_unit(id="A", site=make_site(legal_entity=LegalEntity(finess=finess, name="Entité")))

    first, second = (legal_entity_id({"finess": each}) for each in ("760000158", "760000166"))
    room.load([owned("760000158"), make_unit(id="B", site=make_site(finess="760780240", legal_entity=None))])
    room.delta([owned("760000166"), make_unit(id="B", site=make_site(finess="760780240", legal_entity=None))])
    assert first in gone(room.shown()) and second in live(room.shown(), e.ORGANIZATION)
    room.delta([make_unit(id="B", site=make_site(finess="760780240", legal_entity=None))])
    assert {first, second} <= gone(room.shown())


def test_a_structure_of_sensitive_units_alone_is_sensitive(room: Room) -> None:
    room.load([make_unit(id="A", sensitive=True)])
    assert room.shown()[site_id(SITE)]["sensitive"] is True
    room.load([make_unit(id="A", sensitive=True), make_unit(id="B")])
    assert not room.shown()[site_id(SITE)].get("sensitive")


def region(random: Random, count: int, suffix: str = "") -> list[Unit]:
    """Return random units of a few sites, each of which is always the same."""

    def settled(number: int, unit: Unit) -> Unit:
        entity = None if number == 3 else LegalEntity(finess=f"76000{number % 3:04d}", name="Entité")
        site = make_site(finess=f"76078{number:04d}", usual_name=f"Site {number}", legal_entity=entity)
        return replace(unit, id=unit.id + suffix, site=site, sensitive=random.random() < 0.4)

    return [settled(random.randrange(7), unit) for unit in random_units(random, count)]


def test_a_delta_gives_what_a_whole_load_would(room: Room, gateway: Gateway) -> None:
    random = Random(7)
    for _ in range(4):
        before = region(random, 40)
        after = [unit for unit in before if random.random() < 0.6] + region(random, 4, "+")
        after = [replace(unit, name="Changé") if random.random() < 0.2 else unit for unit in after]
        room.load(before)
        assert room.delta(after).applied
        shown = room.shown()
        afresh = OwnDirectory(gateway, None, datetime.now(UTC))
        located = {hit["_id"]: hit["_source"]["unit"] for hit in gateway.scan(room.target.alias)}
        assert located.keys() == {unit.id for unit in after}
        entries = [
            entry for unit in after for entry in afresh.of_unit(located[unit.id], orjson.dumps(located[unit.id]))
        ]
        wanted = {document["entity_id"]: document for _, document in (*entries, *afresh.rest())}
        assert wanted.keys() == shown.keys() - gone(shown)
        for name, document in wanted.items():
            for field in ("kind", "codes", "names", "organizations", "services", "parent", "content", "content_hash"):
                assert shown[name].get(field) == _listed(document.get(field)), (name, field)
            assert bool(shown[name].get("sensitive")) == bool(document.get("sensitive")), name


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def test_a_delta_touches_only_what_changed(room: Room) -> None:
    room.load([make_unit(id="A"), make_unit(id="B"), make_unit(id="C")])
    before = room.shown()
    room.delta([make_unit(id="A"), make_unit(id="B", name="Autre nom")])
    after = room.shown()
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {facility_id("B"), facility_id("C")}
    assert gone(after) == {facility_id("C")}


def test_a_delta_on_units_without_their_directory_asks_for_a_whole_load(room: Room) -> None:
    build([make_unit(id="A")], room.gateway, room.gazetteer, LoadOptions(source="test", target=room.target))
    with pytest.raises(RorError, match="load the source whole"):
        room.delta([make_unit(id="A")])


def test_a_rollback_serves_the_directory_of_then_and_tells_what_that_changed(room: Room) -> None:
    room.load([make_unit(id="A"), make_unit(id="B"), make_unit(id="C")])
    first, before = room.serving(), room.shown()
    room.load([make_unit(id="A"), make_unit(id="B", name="Autre nom"), make_unit(id="D")])
    left = room.shown()
    rollback(room.gateway, room.target, companion=room.companion)
    assert room.serving() == first
    after = room.shown()
    assert live(after, e.FACILITY) == {facility_id(name) for name in "ABC"}
    assert gone(after) == {facility_id("D")}
    assert after[facility_id("A")] == before[facility_id("A")]
    newest = max(each["modified"] for each in left.values())
    for name in "BCD":
        assert after[facility_id(name)]["modified"] > newest, name


def test_a_rollback_to_units_without_directory_serves_none(room: Room) -> None:
    build([make_unit(id="A")], room.gateway, room.gazetteer, LoadOptions(source="test", target=room.target))
    room.load([make_unit(id="A")])
    rollback(room.gateway, room.target, companion=room.companion)
    assert room.gateway.aliases(room.companion.target.alias) == {}
    rollback(room.gateway, room.target, companion=room.companion)
    assert room.serving() in room.indices()


def test_old_directories_go_with_their_units(room: Room) -> None:
    for name in ("Un", "Deux", "Trois"):
        room.load([make_unit(id="A", name=name)])
    assert len(room.indices()) == 2
    assert len(prune(room.gateway, room.target, companion=room.companion, keep_previous=False)) == 2
    assert room.indices() == {room.serving()}


def test_nobody_finds_a_site_by_what_few_may_see(room: Room) -> None:
    room.load([make_unit(id="A", site=make_site(orsan_level="1"))])
    document = room.shown()[site_id(SITE)]
    assert document["content"]["site"]["orsan_level"] == "1"
    assert not any("1.2.250.1.213.1.1.4.345" in key for key in document["codes"])


def test_the_content_that_decides_of_a_change_is_the_unit_without_its_counts() -> None:
    plain = unit_to_document(make_unit(id="A"))["unit"]
    counted = unit_to_document(make_unit(id="A", places=(make_place(id="A-P1", capacities=make_beds()),)))["unit"]
    assert plain == counted
