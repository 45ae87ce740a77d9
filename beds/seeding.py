"""The counts that units carry, merged into the store of record while the units pass on their way to an index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from beds.projection import TRIES, pause, project, shown_of
from beds.records import Record, Write, decide, key_text, record_of
from beds.service import BedService
from beds.store import CHUNK, BedStore, Zone, document_of, zone_of
from beds.told import Told
from engine.errors import BulkFailed, EngineUnavailable
from engine.gateway import Outcome
from mappings.beds import instant
from mappings.chunks import in_chunks
from mappings.document import Beds
from mappings.unit import Unit

LOADER = "index load"
"""Who says the counts that a source of units carries."""

_Reading = tuple[list[Unit], "Future[dict[str, Zone]]"]


@dataclass(frozen=True, slots=True)
class Seeding:
    """One passage of units; what is said of places is kept in ``told``, if any."""

    service: BedService
    told: Told | None = None

    @property
    def store(self) -> BedStore:
        """The store of record."""
        return self.service.store

    def pass_on(self, units: Iterable[Unit]) -> Iterator[tuple[Unit, Beds]]:
        """Yield each unit with what the store says of its places, once the counts that it carries are merged."""
        gateway, name = self.store.gateway, self.store.indices.store
        gateway.refresh(name)
        # What an empty store is found to hold all the same is read when it is written to.
        read = self.store.load if gateway.count(name) else _nothing
        ahead: _Reading | None = None
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="beds") as pool:
            for chunk in in_chunks(units, CHUNK):
                places = dict.fromkeys(place.id for unit in chunk for place in unit.places)
                now, ahead = ahead, (chunk, pool.submit(read, places))
                if now is not None:
                    yield from self._merged_chunk(now[0], now[1].result())
            if ahead is not None:
                yield from self._merged_chunk(ahead[0], ahead[1].result())

    def _merged_chunk(self, units: list[Unit], read: dict[str, Zone]) -> Iterator[tuple[Unit, Beds]]:
        zones = self._merge(*_said_of_places(units), read)
        for unit in units:
            if self.told is not None:
                for place in unit.places:
                    self.told.put(unit, place, zones.get(place.id))
            yield unit, {place.id: _summary(zones.get(place.id)) for place in unit.places}

    def _merge(
        self, said: Mapping[str, list[Write]], facts: Mapping[str, dict[str, Any]], zones: dict[str, Zone]
    ) -> dict[str, Zone]:
        """Merge what is said of places, given their zones as they were read; return the zones as they are then.

        A new place of which nothing was counted is not made yet: its facts will make it.
        """
        moved: list[tuple[Zone, Record]] = []
        merged: dict[str, Zone] = {}
        waiting = said
        for attempt in range(TRIES):
            puts: dict[str, tuple[Zone | None, dict[str, Any]]] = {}
            news: dict[str, list[tuple[Zone, Record]]] = {}
            for place, writes in waiting.items():
                zone = zones.get(place)
                document, news[place] = self._merged(place, zone, facts[place], writes)
                if document is not None:
                    puts[place] = (zone, document)
                elif zone is not None:
                    merged[place] = zone
            outcomes = self.store.put(puts)
            if failed := [each for each in outcomes.values() if not each.ok and not each.conflict]:
                raise BulkFailed(failed, len(outcomes))
            lost = {place for place, outcome in outcomes.items() if outcome.conflict}
            merged |= {place: _written(puts[place][1], outcome) for place, outcome in outcomes.items() if outcome.ok}
            moved += [told for place in puts.keys() - lost for told in news[place]]
            shown = {unit for place in puts.keys() - lost if (zone := zones.get(place)) for unit in zone.units}
            if shown or moved:
                entries = [self.service.history.entry(zone, record) for zone, record in moved]
                project(self.store, shown, history=self.service.history, entries=entries)
                moved = []
            if not lost:
                return merged
            waiting = {place: waiting[place] for place in lost}
            pause(attempt)
            zones = self.store.load(waiting)
        raise EngineUnavailable("others keep writing to the places being loaded: load again")

    def _merged(
        self, place: str, zone: Zone | None, facts: dict[str, Any], writes: list[Write]
    ) -> tuple[dict[str, Any] | None, list[tuple[Zone, Record]]]:
        """Return the document of a place if it is new or changes, and the counts that replaced others."""
        if not writes:
            return None, []
        received = self.service.clock()
        counts = dict(zone.counts) if zone else {}
        moved = []
        changed = zone is None
        for write in writes:
            key = key_text(write.key)
            stored = counts.get(key)
            told = {"observed_at": instant(write.observed_at), "count": write.count}  # all that is judged
            if decide("add", stored, told) == "accept":
                counts[key] = new = record_of(write, received, LOADER)
                changed = True
                if stored is not None and zone is not None:
                    moved.append((zone, new))
        if not changed:
            return None, []
        held = dict(zone.facts) if zone else facts
        return document_of(place, held, counts.values(), instant(received)), moved


def _said_of_places(units: Iterable[Unit]) -> tuple[dict[str, list[Write]], dict[str, dict[str, Any]]]:
    """Return the counts that units carry and the least that must be known of a place, both by place."""
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
    return said, facts


def _nothing(places: Iterable[str]) -> dict[str, Zone]:
    return {}


def _written(document: dict[str, Any], outcome: Outcome) -> Zone:
    """Return the zone that a write made."""
    where = {"_id": outcome.id, "_seq_no": outcome.seq_no, "_primary_term": outcome.primary_term}
    return zone_of({**where, "_source": document})


def _summary(zone: Zone | None) -> dict[str, Any] | None:
    return shown_of(zone.capacities()) if zone is not None and zone.counts else None
