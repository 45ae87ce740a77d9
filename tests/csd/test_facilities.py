"""Facilities that are kept: what is served is always what would be made now, for whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from beds.indices import BedIndices
from beds.store import BedStore
from csd.entity import FACILITY, ORGANIZATION, directory_alias, document_id
from csd.facilities import SHORT, Facilities
from csd.kept import SECONDS, KeptFacilities, key_of
from csd.mapping.identity import facility_id, site_id
from engine.errors import EngineNotFound
from engine.gateway import Action, Gateway, require_done
from mappings.beds import instant
from mappings.gazetteer import Gazetteer
from orientation.access import PROFILES, Access
from orientation.settings import Settings
from tests.csd.conftest import ids, search
from tests.csd.own import Own, own_directory
from tests.factory import NOW, make_beds, make_place, make_site, make_unit

EVERYTHING = Access(1)
EVERYBODY = [Access(profile, reads_beds) for profile in PROFILES for reads_beds in (True, False)]
Json = dict[str, Any]


@pytest.fixture(scope="module")
def own(settings: Settings, gateway: Gateway, gazetteer: Gazetteer) -> Iterator[Own]:
    """Units with beds, several places or none, contacts of each level, one sensitive, two of one site."""
    crisis = make_site(name="GH du Havre", finess="760780726", helipad=True, orsan_level="1", legal_entity=None)
    units = [
        make_unit(places=(make_place(id="P1", capacities=make_beds()), make_place(id="P2", name="Étage < 2"))),
        make_unit(id="UNIT-2", places=(make_place(id="P1", capacities=make_beds()),)),
        make_unit(id="SECRET-1", sensitive=True, field="04", places=(make_place(id="P3", capacities=make_beds(9)),)),
        make_unit(id="LH-1", site=crisis, field="04", places=(make_place(id="P4", capacities=make_beds(3)),)),
    ]
    with own_directory(settings, gateway, gazetteer, units, NOW) as made:
        yield made


class Room:
    """The directory of a test: what stands in it, changed behind the back of what is kept."""

    def __init__(self, own: Own, kept: KeptFacilities) -> None:
        alias = directory_alias(own.name)
        assert alias is not None
        self.gateway, self.kept, self.alias, self.units = own.gateway, kept, alias, f"{own.name}-units"
        self.beds = BedStore(own.gateway, BedIndices(store=f"{own.name}-beds"))
        self.ids = [unit.id for unit in own.units]

    def entries(self) -> list[Json]:
        found = self.gateway.mget(self.alias, [document_id(FACILITY, facility_id(each)) for each in self.ids])
        return [hit["_source"] for hit in found if hit is not None]

    def texts(self, access: Access = EVERYTHING, kept: KeptFacilities | None = None) -> list[str | None]:
        return Facilities(self.gateway, self.alias, self.units, self.beds, access, kept).of_entries(self.entries())

    def served(self, access: Access = EVERYTHING) -> list[str | None]:
        return self.texts(access, self.kept)

    def change(self, index: str, identifier: str, **changes: Any) -> None:
        hit = self.gateway.get(index, identifier)
        assert hit is not None
        self.write(index, identifier, hit["_source"] | changes)

    def write(self, index: str, identifier: str, document: Json) -> None:
        require_done(self.gateway.bulk([Action("index", index, identifier, document)]))

    def unit(self, unit_id: str) -> Json:
        hit = self.gateway.get(self.units, unit_id)
        assert hit is not None
        unit: Json = hit["_source"]["unit"]
        return unit

    def change_unit(self, unit_id: str, **changes: Any) -> None:
        self.change(self.units, unit_id, unit=self.unit(unit_id) | changes)

    def count(self, place: str, available: int) -> None:
        hit = self.gateway.get(self.beds.indices.store, place)
        counts = [] if hit is None else hit["_source"]["counts"]
        self.change(self.beds.indices.store, place, counts=[each | {"count": available} for each in counts])


@pytest.fixture
def room(own: Own) -> Iterator[Room]:
    """A room whose documents are afterwards what they were."""
    room = Room(own, KeptFacilities())
    indices = (room.alias, room.units, room.beds.indices.store)
    before = {index: list(own.gateway.scan(index)) for index in indices}
    yield room
    for index, hits in before.items():
        require_done(own.gateway.bulk([Action("index", index, hit["_id"], hit["_source"]) for hit in hits]))
        own.gateway.refresh(index)


def mark(room: Room, access: Access = EVERYTHING) -> None:
    """Make what is kept of the first unit known by a sign of its own, as nothing but the keeping gives it out."""
    key = key_of(room.ids[0], access)
    [kept] = room.kept.get([key])
    assert kept is not None
    room.kept.put(key, replace(kept, text=replace(kept.text, head=f"<!--kept-->{kept.text.head}")))


def test_what_is_kept_is_served_as_long_as_nothing_changed(room: Room) -> None:
    first = room.served()
    assert None not in first
    mark(room)
    assert room.served()[0] == f"<!--kept-->{first[0]}"
    assert room.served()[1:] == first[1:] == room.texts()[1:]


def test_a_unit_that_changed_is_made_anew_at_once(room: Room) -> None:
    room.served()
    mark(room)
    room.change_unit("UNIT-1", name="Réanimation chirurgicale")
    text = room.served()[0] or ""
    assert "<primaryName>Réanimation chirurgicale</primaryName>" in text
    assert "kept" not in text
    assert room.served()[0] == text == room.texts()[0]


def test_counts_are_those_of_the_moment_and_no_change_of_what_is_kept(room: Room) -> None:
    room.served()
    mark(room)
    room.count("P1", 77)
    text = room.served()[0] or ""
    assert text.startswith("<!--kept-->")
    assert text.count('count="77"') == 2


def test_a_structure_that_says_something_else_than_the_unit_is_seen_at_once(room: Room) -> None:
    text = room.served()[0] or ""
    assert "<site " not in text
    organization = document_id(ORGANIZATION, site_id(room.unit("UNIT-1")["site"]))
    hit = room.gateway.get(room.alias, organization)
    assert hit is not None
    content = hit["_source"]["content"]
    room.change(room.alias, organization, content=content | {"site": content["site"] | {"name": "CHU"}})
    assert '<site name="CHU de Rouen"' in (room.served()[0] or "")
    room.change(room.alias, organization, content=content)
    assert room.served()[0] == text


def test_the_record_is_that_of_the_entry_of_the_directory(room: Room) -> None:
    room.served()
    room.change(room.alias, document_id(FACILITY, facility_id("UNIT-1")), updated=instant(NOW + timedelta(days=1)))
    assert f'updated="{instant(NOW + timedelta(days=1))}" status="Active"/></facility>' in (room.served()[0] or "")


def test_a_unit_that_is_gone_is_passed_over_and_back_when_it_is(room: Room) -> None:
    first = room.served()
    hit = room.gateway.get(room.units, "UNIT-2")
    assert hit is not None
    require_done(room.gateway.bulk([Action("delete", room.units, "UNIT-2")]))
    assert room.served() == [first[0], None, *first[2:]]
    room.write(room.units, "UNIT-2", hit["_source"])
    assert room.served() == first


def test_nobody_is_served_what_was_made_for_somebody_else(room: Room) -> None:
    made = {access: room.texts(access) for access in EVERYBODY}
    assert len({tuple(texts) for texts in made.values()}) > 5, "rights make a difference here"
    for access in [*EVERYBODY, *reversed(EVERYBODY)]:
        assert room.served(access) == made[access], access


def test_whatever_changes_what_is_served_is_what_would_be_made(room: Room) -> None:
    random = Random(7)
    hidden = {"P1": 0}

    def of_a_unit() -> None:
        unit = random.choice(room.ids)
        change: Json = random.choice(
            [{"name": f"N{random.random()}"}, {"sensitive": random.random() < 0.5}, {"comment": "autre"}, {"acts": []}]
        )
        room.change_unit(unit, **change)

    def of_a_site() -> None:
        unit = room.unit(random.choice(room.ids))
        room.change_unit(unit["id"], site=unit["site"] | {"helipad": random.random() < 0.5})

    def of_an_organization() -> None:
        identifier = document_id(ORGANIZATION, site_id(room.unit(random.choice(room.ids))["site"]))
        hit = room.gateway.get(room.alias, identifier)
        assert hit is not None
        content = hit["_source"]["content"]
        site = content["site"] | {"helipad": random.random() < 0.5}
        room.change(room.alias, identifier, content=content | {"site": site})

    def of_counts() -> None:
        hidden["P1"] += 1
        room.count(random.choice(("P1", "P3", "P4")), hidden["P1"])

    def of_an_entry() -> None:
        at = instant(NOW + timedelta(seconds=random.randrange(10**6)))
        room.change(room.alias, document_id(FACILITY, facility_id(random.choice(room.ids))), updated=at)

    def of_places() -> None:
        unit = room.unit(random.choice(room.ids))
        places = [{"id": place, "insee": "76540"} for place in random.sample(("P1", "P3", "P4", "P9"), 2)]
        room.change_unit(unit["id"], places=places)

    changes = (of_a_unit, of_a_site, of_an_organization, of_counts, of_an_entry, of_places)
    for _ in range(60):
        random.choice(changes)()
        access = random.choice(EVERYBODY)
        assert room.served(access) == room.texts(access)


def test_without_any_store_of_counts_there_are_none(own: Own) -> None:
    room = Room(own, KeptFacilities())
    room.beds = BedStore(own.gateway, BedIndices(store=f"{own.name}-absent"))
    for _ in range(2):
        assert all(text and "<capacities" not in text for text in room.served())
    room.units, room.kept = f"{own.name}-absent-units", KeptFacilities()
    with pytest.raises(EngineNotFound):
        room.served()


def test_a_long_answer_neither_keeps_nor_drives_out(room: Room) -> None:
    entries = room.entries() * (SHORT // len(room.ids) + 1)
    assert len(entries) > SHORT
    facilities = Facilities(room.gateway, room.alias, room.units, room.beds, Access(1), room.kept)
    assert facilities.of_entries(entries) == room.texts() * (SHORT // len(room.ids) + 1)
    assert room.kept.get([key_of(each, Access(1)) for each in room.ids]) == [None] * len(room.ids)


def test_what_is_kept_is_bounded_in_size_and_in_time(room: Room) -> None:
    now = [0.0]
    texts = room.texts()
    length = max(len(text or "") for text in texts)
    room.kept = KeptFacilities(clock=lambda: now[0], most=2 * length)
    keys = [key_of(each, Access(1)) for each in room.ids]
    assert room.served() == texts
    held = [one for one in room.kept.get(keys) if one is not None]
    assert 1 <= len(held) < len(keys)
    now[0] += SECONDS - 1
    assert [one for one in room.kept.get(keys) if one is not None] == held
    now[0] += 2
    assert room.kept.get(keys) == [None] * len(keys)
    room.kept = KeptFacilities(most=100)
    assert room.served() == texts
    assert room.kept.get(keys) == [None] * len(keys)


def test_the_application_keeps_what_it_answered(own: Own) -> None:
    client, kept = own.client(), own.apps[1].extensions["csd-kept"]
    answers = [search(client, own.name, "facility", "<max>20</max>") for _ in range(2)]
    assert None not in kept.get([key_of(unit.id, Access(1)) for unit in own.units])
    assert len(ids(answers[0])) == len(own.units)
    assert answers[0].get_data() == answers[1].get_data()
