"""Units made of the facilities of a copy, with the organizations and services that these name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from csd import safe_xml
from csd.entity import ORGANIZATION, SERVICE, document_id
from csd.peers.copy_store import CopyStore
from csd.peers.plain import UNREADABLE, NoUnit, Reader
from engine.bulk import Action
from mappings.chunks import in_chunks
from mappings.document import unit_to_document
from mappings.errors import InvalidInput
from mappings.gazetteer import Gazetteer
from mappings.schema.unit import unit_to_dict

Json = dict[str, Any]
_CHUNK = 200
_KEPT = 5_000
"""Organizations and services that memory holds read."""


@dataclass(slots=True)
class Deriving:
    """Brings the units of a copy to what its entities say; done again, it changes nothing."""

    store: CopyStore
    gazetteer: Gazetteer
    _named: dict[str, etree._Element | None] = field(default_factory=dict)

    def of(self, facilities: Iterable[str]) -> None:
        """Make, remake or take away the unit of each of some facilities."""
        for chunk in in_chunks(facilities, _CHUNK):
            held = self.store.held(chunk, "xml,names,unread")
            self._look_up(held)
            self.store.write(self._actions(chunk, held))

    def _look_up(self, facilities: Mapping[str, Json]) -> None:
        """Read what some facilities name, and the organizations above."""
        if len(self._named) > _KEPT:
            self._named.clear()
        wanted = {name for each in facilities.values() for name in each.get("names", ())}
        while wanted := wanted - self._named.keys():
            found = self.store.held(sorted(wanted), "xml,names")
            self._named |= {name: _read(found[name]["xml"]) if name in found else None for name in wanted}
            wanted = {name for each in found.values() for name in each.get("names", ())}

    def _actions(self, chunk: list[str], held: Mapping[str, Json]) -> Iterator[Action]:
        reader = Reader(self.gazetteer, self._organization, self._service)
        for identifier in chunk:
            if identifier not in held:
                yield Action("delete", self.store.units, identifier)
                continue
            reason = None
            try:
                unit, _ = reader.unit(_read(held[identifier]["xml"]))
                document = unit_to_document(unit) | {"unit": unit_to_dict(unit)}
                yield Action("index", self.store.units, identifier, document)
            except NoUnit as no_unit:
                reason = no_unit.reason
            except InvalidInput:
                reason = UNREADABLE
            if reason is not None:
                yield Action("delete", self.store.units, identifier)
            if reason != held[identifier].get("unread"):
                yield Action("update", self.store.entities, identifier, {"doc": {"unread": reason}})

    def _organization(self, entity_id: str) -> etree._Element | None:
        return self._named.get(document_id(ORGANIZATION, entity_id))

    def _service(self, entity_id: str) -> etree._Element | None:
        return self._named.get(document_id(SERVICE, entity_id))


def _read(xml: str) -> etree._Element:
    return safe_xml.parse(xml.encode(), max_bytes=2 * safe_xml.MAX_ELEMENT_BYTES)
