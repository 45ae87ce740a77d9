"""Our own directory, as a load makes it, under names that no other test uses."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from beds.indices import BedIndices, make
from beds.service import BedService
from beds.store import BedStore, document_of
from csd.companion import OwnDirectory
from csd.entity import DEFINITION, directory_alias
from engine.bulk import Action
from engine.gateway import Gateway, require_done
from mappings.beds import instant
from mappings.definitions import index_definition
from mappings.document import document_and_json, unit_to_document
from mappings.gazetteer import Gazetteer
from mappings.schema.place import CapacitySchema
from mappings.unit import Unit
from orientation.app import create_app
from orientation.search import SearchService
from orientation.settings import Settings


@dataclass(slots=True)
class Own:
    """A directory of known units, and servers that show it to each profile."""

    settings: Settings
    gateway: Gateway
    gazetteer: Gazetteer
    units: list[Unit]
    as_of: datetime
    name: str
    apps: dict[int, Flask] = field(default_factory=dict)

    def client(self, profile: int = 1) -> FlaskClient:
        """Return a client of somebody of that profile."""
        if profile not in self.apps:
            chosen = replace(self.settings, anonymous_profile=profile, csd_directory=self.name)
            app = create_app(chosen, gateway=self.gateway, gazetteer=self.gazetteer, clock=lambda: self.as_of)
            indices = BedIndices(store=f"{self.name}-beds")
            app.extensions["ror"] = replace(
                app.extensions["ror"],
                search=SearchService(self.gateway, index=f"{self.name}-units"),
                beds=BedService(self.gateway, indices, lambda: self.as_of),
            )
            self.apps[profile] = app
        return self.apps[profile].test_client()


@contextmanager
def own_directory(
    settings: Settings, gateway: Gateway, gazetteer: Gazetteer, units: list[Unit], as_of: datetime
) -> Iterator[Own]:
    """Load units with their bed counts and their directory; delete all of it afterwards."""
    name = f"own-{uuid.uuid4().hex[:12]}"
    alias = directory_alias(name)
    assert alias is not None
    units_index, entities, beds = f"{name}-units", f"{alias}-index", f"{name}-beds"
    gateway.create_index(units_index, index_definition("units"))
    gateway.create_index(entities, {**index_definition(DEFINITION), "aliases": {alias: {}}})
    make(gateway, beds, "capacities")
    try:
        require_done(gateway.stream_bulk(Action("index", units_index, u.id, unit_to_document(u)) for u in units))
        _count(gateway, beds, units, as_of)
        entries = _entries(OwnDirectory(gateway, None, as_of), units)
        require_done(gateway.stream_bulk(Action("index", entities, key, document) for key, document in entries))
        for index in (units_index, entities, beds):
            gateway.refresh(index)
        yield Own(settings, gateway, gazetteer, units, as_of, name)
    finally:
        gateway.delete_index(units_index, entities, beds)


def _json_of(unit: Unit) -> tuple[dict[str, Any], bytes]:
    document, text = document_and_json(unit)
    return document["unit"], text


def _entries(directory: OwnDirectory, units: Iterable[Unit]) -> Iterator[tuple[str, dict[str, Any]]]:
    for unit in units:
        yield from directory.of_unit(*_json_of(unit))
    yield from directory.rest()


def _count(gateway: Gateway, index: str, units: Iterable[Unit], as_of: datetime) -> None:
    """Put the counts that units carry into a store of record."""
    schema = CapacitySchema()
    zones: dict[str, tuple[None, dict[str, Any]]] = {}
    for unit in units:
        for place in unit.places:
            if place.capacities:
                counts = [schema.dump(each) for each in place.capacities]
                document = document_of(place.id, {"units": [unit.id]}, counts, instant(as_of))
                zones[place.id] = (None, document)
    require_done(BedStore(gateway, BedIndices(store=index)).put(zones).values())
