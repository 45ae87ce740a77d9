"""The store and the directory of units kept in step: while an index is built, swapped, rolled back or changed.

The directory says which places exist and what their units are; the store says what was counted. A place that
leaves the directory keeps its counts, but no units: writers get 404 and the board leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from beds.directory import fact_chunks, leave_directory, places_with, read_facts, write_facts
from beds.facts import Facts
from beds.projection import TRIES, pause, project
from beds.records import Record, Write, decide, key_text, record_of
from beds.service import BedService
from beds.store import CHUNK, BedStore, Zone, document_of
from engine.errors import BulkFailed, EngineUnavailable
from mappings.beds import instant
from mappings.unit import Unit

LOADER = "index load"
"""Who says the counts that a source of units carries."""


@dataclass(slots=True)
class Replay:
    """What an indexer calls, in this order: ``seed``, ``before_swap``, ``after_swap``."""

    service: BedService
    _leaving: set[str] = field(default_factory=set)
    """Places that ``before_swap`` left with units of the directory before, for ``after_swap`` to take away."""

    def __post_init__(self) -> None:
        """Make the indices of beds where they are missing."""
        self.service.ensure()

    @property
    def store(self) -> BedStore:
        """The store of record."""
        return self.service.store

    def seed(self, units: Iterable[Unit]) -> Iterator[Unit]:
        """Let units through while the counts they carry are merged into the store, the newer of two standing.

        Memory holds one chunk. Places are made where they are new, without units until ``before_swap``. A count
        that replaces another is a movement and goes to the history; the first one of a key is the state of
        departure and does not. Places whose counts changed are shown by the index that serves at once, so that
        a build that is given up leaves nothing behind.
        """
        rest = iter(units)
        while chunk := list(islice(rest, CHUNK)):
            self._seed_chunk(chunk)
            yield from chunk

    def _seed_chunk(self, units: list[Unit]) -> None:
        said: dict[str, list[Write]] = {}
        facts: dict[str, dict[str, Any]] = {}
        for unit in units:
            for place in unit.places:
                writes = said.setdefault(place.id, [])
                facts.setdefault(place.id, {"insee": place.insee})
                writes += [
                    Write(
                        place=place.id,
                        op="add",
                        key=count.key,
                        count=count.count,
                        observed_at=count.observed_at,
                        source=count.source,
                        comment=count.comment,
                    )
                    for count in place.capacities
                ]
        self._merge(said, facts)

    def _merge(self, said: dict[str, list[Write]], facts: dict[str, dict[str, Any]]) -> None:
        moved: list[tuple[Zone, Record]] = []
        waiting = said
        for attempt in range(TRIES):
            zones = self.store.load(waiting)
            puts: dict[str, tuple[Zone | None, dict[str, Any]]] = {}
            news: dict[str, list[tuple[Zone, Record]]] = {}
            for place, writes in waiting.items():
                zone = zones.get(place)
                document, news[place] = self._merged(place, zone, facts[place], writes)
                if document is not None:
                    puts[place] = (zone, document)
            outcomes = self.store.put(puts)
            if failed := [each for each in outcomes.values() if not each.ok and not each.conflict]:
                raise BulkFailed(failed, len(outcomes))
            lost = {place for place, outcome in outcomes.items() if outcome.conflict}
            moved += [told for place in puts.keys() - lost for told in news[place]]
            shown = {unit for place in puts.keys() - lost if (zone := zones.get(place)) for unit in zone.units}
            if shown or moved:
                entries = [self.service.history.entry(zone, record) for zone, record in moved]
                project(self.store, shown, history=self.service.history, entries=entries)
                moved = []
            if not lost:
                return
            waiting = {place: waiting[place] for place in lost}
            pause(attempt)
        raise EngineUnavailable("others keep writing to the places being loaded: load again")

    def _merged(
        self, place: str, zone: Zone | None, facts: dict[str, Any], writes: list[Write]
    ) -> tuple[dict[str, Any] | None, list[tuple[Zone, Record]]]:
        """Return the document of a place if it is new or changes, and the counts that replaced others."""
        received = self.service.clock()
        counts = dict(zone.counts) if zone else {}
        moved = []
        changed = zone is None
        for write in writes:
            key = key_text(write.key)
            stored, new = counts.get(key), record_of(write, received, LOADER)
            if decide("add", stored, new) == "accept":
                counts[key] = new
                changed = True
                if stored is not None and zone is not None:
                    moved.append((zone, new))
        if not changed:
            return None, []
        held = dict(zone.facts) if zone else facts
        return document_of(place, held, counts.values(), instant(received)), moved

    def before_swap(self, index: str) -> None:
        """Show the whole store in the index about to serve, and tell the store of the places it brings.

        From its first line on, whoever writes a count shows it in this index too: what is written before is in
        the store when it is read here, what is written after is shown by its writer, so that nothing is left to
        do at the swap, which may be cut anywhere. Units of the index that still serves are kept beside the new
        ones.
        """
        store = self.store
        set_incoming(store, index)
        store.gateway.refresh(index)
        self._leaving = set()
        for facts in fact_chunks(store, index):
            self._leaving |= write_facts(store, facts, keep_units=True)
        for chunk in _ids(store, index):
            project(store, chunk, index=index)

    def after_swap(self, index: str) -> None:
        """Take away the units that are no more, now that the index serves."""
        store = self.store
        every = sorted(self._leaving)
        for start in range(0, len(every), CHUNK):
            chunk = every[start : start + CHUNK]
            facts = read_facts(store, index, {"terms": {"place_ids": chunk}})
            write_facts(store, {place: facts[place] for place in chunk if place in facts}, keep_units=False)
        leave_directory(store, index)
        set_incoming(store, None)

    def after_delta(self, units: Iterable[str]) -> None:
        """Bring the places of units, by id, up to date after those were written or removed where they serve.

        The index that serves was refreshed.
        """
        store = self.store
        ids = list(dict.fromkeys(units))
        places: dict[str, None] = {}
        for start in range(0, len(ids), CHUNK):
            for hit in store.gateway.mget(store.indices.units, ids[start : start + CHUNK], source="place_ids"):
                places |= dict.fromkeys(hit["_source"].get("place_ids", ()) if hit else ())
        store.gateway.refresh(store.indices.store)
        places |= dict.fromkeys(places_with(store, ids))
        every = list(places)
        for start in range(0, len(every), CHUNK):
            chunk = every[start : start + CHUNK]
            query = {"terms": {"place_ids": chunk}}
            facts = {
                place: fact for place, fact in read_facts(store, store.indices.units, query).items() if place in places
            }
            write_facts(store, facts, keep_units=False)
            write_facts(store, {place: Facts() for place in chunk if place not in facts}, keep_units=False)
            project(store, dict.fromkeys(unit for fact in facts.values() for unit in fact.units))


def set_incoming(store: BedStore, index: str | None) -> None:
    """Make the alias of what is about to serve stand for one index, or for none."""
    alias = store.indices.incoming
    behind = store.gateway.aliases(alias).get(alias, [])
    actions = [{"remove": {"index": each, "alias": alias}} for each in behind if each != index]
    if index is not None and index not in behind:
        actions.append({"add": {"index": index, "alias": alias}})
    if actions:
        store.gateway.update_aliases(actions)


def _ids(store: BedStore, index: str) -> Iterator[list[str]]:
    rest = (str(hit["_id"]) for hit in store.gateway.scan(index, source=False))
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
