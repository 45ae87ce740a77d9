"""The store of record told what a directory of units says: which places exist, and what their units are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from beds.facts import PLACE_FIELDS, Facts, merge_facts
from beds.projection import TRIES, pause
from beds.service import utc_now
from beds.store import CHUNK, BedStore, Zone, document_of
from beds.told import Stamp
from engine.errors import BulkFailed, EngineUnavailable
from engine.gateway import Outcome
from mappings.beds import instant
from mappings.chunks import in_chunks


def read_facts(store: BedStore, index: str, query: dict[str, Any] | None = None) -> dict[str, Facts]:
    """Return what an index of units says of each place."""
    found: dict[str, Facts] = {}
    for hit in store.gateway.scan(index, query, source=PLACE_FIELDS):
        merge_facts(found, hit["_source"])
    return found


def fact_chunks(store: BedStore, index: str) -> Iterator[dict[str, Facts]]:
    """Yield what an index of units says of its places, some units' places at a time so that memory stays flat.

    A place of units far apart comes more than once, whole each time.
    """
    hits = store.gateway.scan(index, source=["place_ids"])
    for chunk in in_chunks(hits, CHUNK):
        places = {place for hit in chunk for place in hit["_source"].get("place_ids", ())}
        facts = read_facts(store, index, {"terms": {"place_ids": sorted(places)}}) if places else {}
        yield {place: fact for place, fact in facts.items() if place in places}


@dataclass(slots=True)
class Described:
    """What came of writing facts: places left with units that the facts do not have, and, of the zones that were
    written, how each was read (``None``: it is new) and how it is now.
    """

    left: set[str] = field(default_factory=set)
    written: dict[str, tuple[Stamp | None, Stamp]] = field(default_factory=dict)

    def note(self, written: Mapping[str, tuple[Zone | None, Outcome]]) -> None:
        """Remember writes that were done, each with the zone as it was read, if there was one."""
        for place, (zone, outcome) in written.items():
            if outcome.seq_no is not None and outcome.primary_term is not None:
                before = None if zone is None else (zone.seq_no, zone.primary_term)
                self.written[place] = (before, (outcome.seq_no, outcome.primary_term))


def write_facts(store: BedStore, facts: dict[str, Facts], *, keep_units: bool) -> Described:
    """Write the facts of places where they differ; places that the store does not have yet are made."""
    done = Described()
    for chunk in in_chunks(facts, CHUNK):
        waiting = chunk
        for attempt in range(TRIES):
            zones = store.load(waiting)
            puts: dict[str, tuple[Zone | None, dict[str, Any]]] = {}
            for place in waiting:
                zone = zones.get(place)
                if zone is None and not facts[place].units:
                    continue
                kept = zone.units if zone and keep_units else ()
                if not facts[place].units.issuperset(kept):
                    done.left.add(place)
                told = facts[place].to_dict(kept)
                held = {name: value for name, value in zone.facts.items() if name != "id"} if zone else None
                if told != held:
                    counts = zone.counts.values() if zone else ()
                    puts[place] = (zone, document_of(place, told, counts, instant(utc_now())))
            outcomes = store.put(puts)
            if failed := [each for each in outcomes.values() if not each.ok and not each.conflict]:
                raise BulkFailed(failed, len(outcomes))
            waiting = [place for place, outcome in outcomes.items() if outcome.conflict]
            done.note({place: (puts[place][0], outcome) for place, outcome in outcomes.items() if outcome.ok})
            if not waiting:
                break
            pause(attempt)
        else:
            raise EngineUnavailable("others keep writing to the places being loaded: load again")
    return done


def stamps_of(store: BedStore, places: Iterable[str]) -> dict[str, Stamp]:
    """Return how the zones of places are now, as ``Stamp``, of those that there are; their documents are not read."""
    hits = store.gateway.existing(store.indices.store, places, source=False)
    return {hit["_id"]: (hit["_seq_no"], hit["_primary_term"]) for hit in hits}


def leave_directory(store: BedStore, index: str, described: Callable[[str], bool] = lambda place: False) -> None:
    """Take the units from the places that the directory does not have any more.

    Those ``described`` for certain are not asked of the index.
    """
    store.gateway.refresh(store.indices.store)
    hits = store.gateway.scan(store.indices.store, {"exists": {"field": "units"}}, source=False)
    known = (place for hit in hits if not described(place := str(hit["_id"])))
    for chunk in in_chunks(known, CHUNK):
        there = {
            place
            for hit in store.gateway.scan(index, {"terms": {"place_ids": chunk}}, source=["place_ids"])
            for place in hit["_source"]["place_ids"]
        }
        write_facts(store, {place: Facts() for place in chunk if place not in there}, keep_units=False)


def places_with(store: BedStore, units: Sequence[str]) -> Iterator[str]:
    """Yield the places that the store gives to these units."""
    for chunk in in_chunks(units, CHUNK):
        query = {"terms": {"units": chunk}}
        for hit in store.gateway.scan(store.indices.store, query, source=False):
            yield hit["_id"]
