"""An index that is made beside the index of units and always serves with it: built, swapped, kept and dropped together.

What stands in it is not known here: the composition root gives pure makers of documents. The two indices of one load
bear the same time in their names, which is how they find each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from engine.bulk import Action
from engine.errors import EngineError
from engine.gateway import Gateway
from engine.writing import require_done
from indexer.generations import BUILDING, COMPLETE, Target, generations, remember
from mappings.chunks import in_chunks
from mappings.definitions import index_definition, mapping_hash
from mappings.errors import RorError

Json = dict[str, Any]
Write = Callable[[Iterable[Action]], None]
_CHUNK = 500


class Maker(Protocol):
    """Makes the documents of one whole load."""

    def of_unit(self, unit: Mapping[str, Any], text: bytes) -> Iterable[tuple[str, Json]]:
        """Return (id, document) for what a unit in its JSON shape, without counts, brings in; ``text`` is its JSON."""

    def rest(self) -> Iterable[tuple[str, Json]]:
        """Return what is known only once every unit passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """What to make beside the units.

    ``begin`` is given the companion that serves, if any, and the time of the load. ``change`` brings the one that
    serves to what a delta does: units (JSON shape, without counts) that are new or changed, ids that go. ``go_back``
    is given the one that is left and the one that a rollback makes serve. Both write through what they are given.
    """

    target: Target
    begin: Callable[[str | None, datetime], Maker]
    change: Callable[[str, Iterable[Mapping[str, Any]], Sequence[str], Write], None]
    go_back: Callable[[str, str, Write], None]


def beside(gateway: Gateway, companion: Companion | None, index: str | None) -> str | None:
    """Return the companion of an index of units, ``None`` where it has none."""
    if companion is None or index is None:
        return None
    stamp = _stamp(index)
    return next((e.index for e in generations(gateway, companion.target).every if _stamp(e.index) == stamp), None)


def _stamp(index: str) -> str:
    return index.split("-")[-2]


@dataclass(slots=True)
class Beside:
    """The companion of one whole load."""

    gateway: Gateway
    companion: Companion
    index: str
    maker: Maker
    sent: int = 0

    @classmethod
    def create(cls, gateway: Gateway, companion: Companion, units: str, now: datetime, loading: Json) -> Beside:
        """Make its empty index, with the settings of a load."""
        target = companion.target
        serving = generations(gateway, target).serving
        index = name_beside(target, units)
        definition = index_definition(target.definition)
        definition["settings"]["index"] |= loading
        definition["mappings"]["_meta"] = {"state": BUILDING}
        gateway.create_index(index, definition)
        return cls(gateway, companion, index, companion.begin(serving.index if serving else None, now))

    def of_unit(self, unit: Mapping[str, Any], text: bytes) -> Iterator[Action]:
        """Yield what to write for a unit, given its JSON shape and its JSON."""
        yield from self._actions(self.maker.of_unit(unit, text))

    def rest(self) -> Iterator[Action]:
        """Yield what to write in the end."""
        yield from self._actions(self.maker.rest())

    def _actions(self, entries: Iterable[tuple[str, Json]]) -> Iterator[Action]:
        for identifier, document in entries:
            self.sent += 1
            yield Action("create", self.index, identifier, document)

    def problems(self) -> list[str]:
        """Return what is wrong with it, once all was written and made visible; when nothing is, it is complete."""
        counted = self.gateway.count(self.index)
        if counted != self.sent:
            return [f"{self.index} holds {counted} documents, {self.sent} were made"]
        remember(self.gateway, self.index, {"state": COMPLETE})
        return []


@dataclass(slots=True)
class BesideCopy:
    """The companion of a load that is made of a copy: itself a copy, and changed as the units are."""

    gateway: Gateway
    companion: Companion
    index: str

    @classmethod
    def create(cls, gateway: Gateway, companion: Companion, units: str, loading: Json) -> BesideCopy:
        """Copy the one that serves, with the settings of a load."""
        serving = generations(gateway, companion.target).serving
        if serving is None:
            raise RorError(f"{companion.target.alias} stands for nothing that could be copied")
        index = name_beside(companion.target, units)
        gateway.copy_index(serving.index, index, loading)
        remember(gateway, index, {"state": BUILDING})
        held, copied = gateway.count(serving.index), gateway.count(index)
        if held != copied:
            raise EngineError(f"{index} holds {copied} documents, it was copied of {held}")
        return cls(gateway, companion, index)

    def change(self, units: Iterable[Mapping[str, Any]], removed: Sequence[str]) -> None:
        """Bring it to what units (JSON shape, without counts) that are new or changed, and ids that go, make of it."""
        self.companion.change(self.index, units, removed, writer(self.gateway))

    def problems(self) -> list[str]:
        """Return nothing, since any write that was not done ended the load: it is complete."""
        remember(self.gateway, self.index, {"state": COMPLETE})
        return []


def name_beside(target: Target, units: str) -> str:
    """Return the name of the companion of an index of units that is made now."""
    return f"{target.alias}-{_stamp(units)}-{mapping_hash(target.definition)}"


def alias_actions(gateway: Gateway, companion: Companion | None, new: str | None) -> list[Json]:
    """Return what makes a companion serve in the place of the one that does; with none, the alias goes."""
    if companion is None:
        return []
    alias = companion.target.alias
    serving = generations(gateway, companion.target).serving
    actions: list[Json] = [{"add": {"index": new, "alias": alias}}] if new is not None else []
    if serving is not None and serving.index != new:
        actions.insert(0, {"remove": {"index": serving.index, "alias": alias, "must_exist": True}})
    return actions


def clean_beside(gateway: Gateway, companion: Companion | None, kept: Iterable[str], *, all_of_it: bool) -> list[str]:
    """Delete the companions of no index of units that is kept, and return their names; never the one that serves.

    Without ``all_of_it`` those that were finished stay.
    """
    if companion is None:
        return []
    stamps = {_stamp(index) for index in kept}
    doomed = [
        each.index
        for each in generations(gateway, companion.target).every
        if not each.serving and _stamp(each.index) not in stamps and (all_of_it or each.state != COMPLETE)
    ]
    gateway.delete_index(*doomed)
    return doomed


def writer(gateway: Gateway) -> Write:
    """Return what writes actions on a companion and makes them visible; ``BulkFailed`` when one is refused."""

    def write(actions: Iterable[Action]) -> None:
        for chunk in in_chunks(actions, _CHUNK):
            require_done(gateway.bulk(chunk))
            gateway.refresh(chunk[0].index)

    return write


def in_step(gateway: Gateway, companion: Companion | None, units: str) -> str | None:
    """Return the alias of the companion that serves beside an index; ``RorError`` where none of this version does."""
    if companion is None:
        return None
    serving = generations(gateway, companion.target).serving
    if serving is None or _stamp(serving.index) != _stamp(units):
        raise RorError(f"{companion.target.alias} was not made with {units}: load the source whole")
    if serving.mapping_hash != mapping_hash(companion.target.definition):
        raise RorError(f"{serving.index} was made with another mapping: load the source whole")
    return companion.target.alias
