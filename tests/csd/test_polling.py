"""A peer that copies our directory by ITI-74 holds what the directory holds, removals included, whatever changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from lxml import etree

from csd.changes import change
from csd.entity import directory_alias
from csd.mapping.reading import unit_of
from csd.names import CSD
from csd.routes import updates as route
from engine.bulk import Action
from engine.gateway import Gateway, require_done
from mappings.document import unit_to_document
from mappings.gazetteer import Gazetteer
from mappings.schema.unit import unit_to_dict
from mappings.unit import Unit
from orientation.settings import Settings
from tests.csd.conftest import NAMES, tree
from tests.csd.own import Own, own_directory
from tests.csd.test_own_directory import changes
from tests.factory import NOW, make_contact, make_place, make_site, make_unit

Key = tuple[str, str]
SITES = tuple(
    make_site(name=f"Site {n}", finess=f"76000000{n}", legal_entity=make_site().legal_entity if n % 2 else None)
    for n in range(5)
)


@dataclass(slots=True)
class Copy:
    """What a peer holds; it polls with the greatest ``record/@updated`` that it has seen."""

    entities: dict[Key, etree._Element] = field(default_factory=dict)
    since: str = "1970-01-01T00:00:00Z"
    sent: int = 0

    def poll(self, own: Own) -> None:
        """Take what changed."""
        root = tree(changes(own.client(), own.name, self.since))
        for entity in root.xpath("//c:CSD/*/*", namespaces=NAMES):
            self.sent += 1
            key = (etree.QName(entity).localname, entity.get("entityID", ""))
            record = entity.find(f"{{{CSD}}}record")
            self.since = max(self.since, record.get("updated"))
            if record.get("status") == "Active":
                self.entities[key] = entity
            else:
                self.entities.pop(key, None)


def held_by(own: Own) -> dict[Key, etree._Element]:
    """Return what the directory holds."""
    root = tree(own.client().get(f"/csd/directory/{own.name}/get"))
    found = root.xpath("//c:CSD/*/*", namespaces=NAMES)
    return {(etree.QName(each).localname, each.get("entityID", "")): each for each in found}


def meant(entities: dict[Key, etree._Element]) -> dict[Key, Any]:
    """Return what entities say: facilities as the units they are, wherever the facts of their site stand."""
    organizations = {key[1]: entity for key, entity in entities.items() if key[0] == "organization"}
    return {
        key: unit_of(entity, organizations.get)
        if key[0] == "facility"
        else etree.tostring(entity, method="c14n", exclusive=True)
        for key, entity in entities.items()
    }


class Source:
    """A directory that changes at random."""

    def __init__(self, own: Own, random: Random) -> None:
        self.own, self.random = own, random
        self.units = {unit.id: unit for unit in own.units}
        self.made = len(self.units)
        alias = directory_alias(own.name)
        assert alias is not None
        self.alias = alias

    def change(self, count: int) -> None:
        """Change, add and remove some units, as a delta does."""
        written: dict[str, Unit] = {}
        removed: set[str] = set()
        for _ in range(count):
            kind = self.random.choice(("add", "change", "change", "remove", "back"))
            if kind == "remove" and len(self.units) > 10:
                gone = self.random.choice(sorted(self.units))
                del self.units[gone]
                written.pop(gone, None)
                removed.add(gone)
                continue
            unit = self._changed() if kind == "change" else self._new(kind == "back" and self.made > 0)
            self.units[unit.id] = written[unit.id] = unit
            removed.discard(unit.id)
        self._write(written.values(), sorted(removed))

    def _new(self, back: bool) -> Unit:
        number = self.random.randrange(self.made) if back else self.made
        self.made += not back
        return make_unit(
            id=f"28/{number}", name=f"Unité {number}", site=self.random.choice(SITES),
            activities=(self.random.choice(("127", "128", "130")),), places=(make_place(id=f"P{number}"),),
        )  # fmt: skip

    def _changed(self) -> Unit:
        unit = self.units[self.random.choice(sorted(self.units))]
        choices: dict[str, Any] = {
            "name": f"Unité {self.random.random()}",
            "site": self.random.choice(SITES),
            "care_mode": self.random.choice(("28", "29")),
            "contacts": (make_contact("1", name=f"Contact {self.random.randrange(9)}"),),
        }
        name = self.random.choice(sorted(choices))
        return replace(unit, **{name: choices[name]}, updated_at=unit.updated_at + timedelta(minutes=1))

    def _write(self, written: Iterable[Unit], removed: list[str]) -> None:
        gateway, index = self.own.gateway, f"{self.own.name}-units"
        documents = [unit_to_document(unit) for unit in written]
        actions = [Action("index", index, each["id"], each) for each in documents]
        actions += [Action("delete", index, each) for each in removed]
        require_done(gateway.bulk(actions, refresh="true"))
        change(gateway, self.alias, [each["unit"] for each in documents], removed, self._send)
        gateway.refresh(self.alias)

    def _send(self, actions: Iterable[Action]) -> None:
        require_done(self.own.gateway.bulk(actions, refresh="true"))


def polled(own: Own, rounds: int, each: int) -> tuple[Copy, int]:
    """Poll between random changes; return the copy, checked to be the source, and how many units were removed."""
    source, copy = Source(own, Random(3)), Copy()
    copy.poll(own)
    assert meant(copy.entities) == meant(held_by(own))
    removals = 0
    for _ in range(rounds):
        before = set(source.units)
        source.change(each)
        removals += len(before - source.units.keys())
        copy.poll(own)
    assert meant(copy.entities) == meant(held_by(own))
    facilities = [unit for key, unit in meant(copy.entities).items() if key[0] == "facility"]
    expected = {unit.id: unit_to_dict(unit) for unit in source.units.values()}
    assert {unit["id"]: unit for unit in facilities} == expected
    return copy, removals


def first_units() -> list[Unit]:
    """Return what the directory holds at first."""
    return [
        make_unit(id=f"28/{n}", name=f"Unité {n}", site=SITES[n % 5], places=(make_place(id=f"P{n}"),))
        for n in range(30)
    ]


@pytest.mark.parametrize("overlap", [timedelta(), route.OVERLAP], ids=["none", "as served"])
def test_after_random_changes_a_copy_is_the_source_removals_included(
    settings: Settings, gateway: Gateway, gazetteer: Gazetteer, monkeypatch: pytest.MonkeyPatch, overlap: timedelta
) -> None:
    monkeypatch.setattr(route, "OVERLAP", overlap)
    with own_directory(settings, gateway, gazetteer, first_units(), NOW) as own:
        copy, removals = polled(own, rounds=10, each=10)
        assert removals > 10
        if not overlap:
            assert copy.sent < 10 * 40
