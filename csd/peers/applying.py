"""The entities of one answer taken into a copy, with what that changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from lxml import etree

from csd.entity import FACILITY, document_id
from csd.mapping.common import is_active
from csd.peers.copy_store import KINDS, CopyStore, entry_of
from csd.peers.modifications import entities
from engine.bulk import Action
from mappings.chunks import in_chunks

_CHUNK = 200
_LONGEST_ID = 500
SHOWN = 20
_FEW = 10
"""Facilities of which any number may go at once without a second thought."""
ADDED, CHANGED, REMOVED, REFUSED = "added", "changed", "removed", "refused"


@dataclass(slots=True)
class Changes:
    """How many entities were added, changed, removed or refused, and which the first ones were."""

    counts: Counter[str] = field(default_factory=Counter)
    shown: list[str] = field(default_factory=list)

    def note(self, what: str, kind: str, entity_id: str) -> None:
        """Count one entity."""
        self.counts[what] += 1
        if len(self.shown) < SHOWN:
            self.shown.append(f"{what} {kind} {entity_id}")

    def __bool__(self) -> bool:
        """Say whether anything was."""
        return bool(self.counts)


@dataclass(frozen=True, slots=True)
class Lost:
    """What a copy holds and a whole answer does not."""

    ids: list[str]
    facilities: int
    held: int

    @property
    def is_much(self) -> bool:
        """Say whether it is more than half of the facilities, and not a few only."""
        return self.facilities > _FEW and 2 * self.facilities > self.held


@dataclass(slots=True)
class Applying:
    """Takes the entities of one answer; of two with one id the first holds."""

    store: CopyStore
    changes: Changes = field(default_factory=Changes)
    _seen: dict[str, bool] = field(default_factory=dict)
    """Id of each entity that came → whether it is still there."""

    def take(self, answer: IO[bytes]) -> None:
        """Write what is new or changed, delete what is no more."""
        every = self._known(entities(answer))
        for chunk in in_chunks(every, _CHUNK):
            self.store.write(self._actions(dict(chunk)))

    def _known(self, elements: Iterable[etree._Element]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (id, document) of what is to be copied; what is no more has no digest."""
        for element in elements:
            kind = etree.QName(element).localname
            entity_id = element.get("entityID", "")
            if kind not in KINDS:
                continue
            if not entity_id.strip() or len(entity_id) > _LONGEST_ID:
                self.changes.note(REFUSED, kind, entity_id[:80])
                continue
            identifier = document_id(kind, entity_id)
            if identifier not in self._seen:
                self._seen[identifier] = is_active(element)
                gone = {"kind": kind, "entity_id": entity_id}
                yield identifier, entry_of(element, kind) if self._seen[identifier] else gone

    def _actions(self, chunk: dict[str, dict[str, Any]]) -> Iterator[Action]:
        held = self.store.held(list(chunk), "content,written")
        index = self.store.entities
        for identifier, document in chunk.items():
            before = held.get(identifier)
            if "written" not in document:
                if before is not None:
                    self.changes.note(REMOVED, document["kind"], document["entity_id"])
                    yield Action("delete", index, identifier)
            elif before is None or before["written"] != document["written"]:
                if before is None or before["content"] != document["content"]:
                    self.changes.note(ADDED if before is None else CHANGED, document["kind"], document["entity_id"])
                yield Action("index", index, identifier, document)

    def touched(self, kind: str | None = None, *, other_than: str | None = None) -> set[str]:
        """Return the ids of what came, of one kind or of all but one.

        Also of what did not change: a pull that was killed may have written it, and not what follows from it.
        """
        return {each for each in self._seen if _is_of(each, kind, other_than)}

    def lost(self) -> Lost:
        """Return what the copy holds and the answer, which was a whole one, does not."""
        ids, facilities, held = [], 0, 0
        for identifier in self.store.ids(self.store.entities):
            is_facility = _is_of(identifier, FACILITY, None)
            held += is_facility
            if not self._seen.get(identifier, False):
                ids.append(identifier)
                facilities += is_facility
        return Lost(ids, facilities, held)

    def remove(self, ids: list[str]) -> None:
        """Delete entities."""
        held = self.store.held(ids, "kind,entity_id")
        for document in held.values():
            self.changes.note(REMOVED, document["kind"], document["entity_id"])
        self.store.write(Action("delete", self.store.entities, each) for each in held)

    def remove_units(self, ids: Iterable[str]) -> None:
        """Delete units."""
        self.store.write(Action("delete", self.store.units, each) for each in ids)


def _is_of(identifier: str, kind: str | None, other_than: str | None) -> bool:
    found = identifier.partition("-")[0]
    return found != other_than and (kind is None or found == kind)
