"""The store of record told what a directory of units says: which places exist, and what their units are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from beds.facts import PLACE_FIELDS, Facts, merge_facts
from beds.projection import TRIES, pause
from beds.service import utc_now
from beds.store import CHUNK, BedStore, Zone, document_of
from engine.errors import BulkFailed, EngineUnavailable
from mappings.beds import instant


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
    while chunk := list(islice(hits, CHUNK)):
        places = {place for hit in chunk for place in hit["_source"].get("place_ids", ())}
        facts = read_facts(store, index, {"terms": {"place_ids": sorted(places)}}) if places else {}
        yield {place: fact for place, fact in facts.items() if place in places}


def write_facts(store: BedStore, facts: dict[str, Facts], *, keep_units: bool) -> set[str]:
    """Write the facts of places where they differ; places that the store does not have yet are made.

    Return the places that were left with units that the facts do not have.
    """
    every = list(facts)
    left: set[str] = set()
    for start in range(0, len(every), CHUNK):
        waiting = every[start : start + CHUNK]
        for attempt in range(TRIES):
            zones = store.load(waiting)
            puts: dict[str, tuple[Zone | None, dict[str, Any]]] = {}
            for place in waiting:
                zone = zones.get(place)
                if zone is None and not facts[place].units:
                    continue
                kept = zone.units if zone and keep_units else ()
                if not facts[place].units.issuperset(kept):
                    left.add(place)
                told = facts[place].to_dict(kept)
                held = {name: value for name, value in zone.facts.items() if name != "id"} if zone else None
                if told != held:
                    counts = zone.counts.values() if zone else ()
                    puts[place] = (zone, document_of(place, told, counts, instant(utc_now())))
            outcomes = store.put(puts)
            if failed := [each for each in outcomes.values() if not each.ok and not each.conflict]:
                raise BulkFailed(failed, len(outcomes))
            waiting = [place for place, outcome in outcomes.items() if outcome.conflict]
            if not waiting:
                break
            pause(attempt)
        else:
            raise EngineUnavailable("others keep writing to the places being loaded: load again")
    return left


def leave_directory(store: BedStore, index: str) -> None:
    """Take the units from the places that the directory does not have any more."""
    store.gateway.refresh(store.indices.store)
    known = store.gateway.scan(store.indices.store, {"exists": {"field": "units"}}, source=False)
    while chunk := [str(hit["_id"]) for hit in islice(known, CHUNK)]:
        described = {
            place
            for hit in store.gateway.scan(index, {"terms": {"place_ids": chunk}}, source=["place_ids"])
            for place in hit["_source"]["place_ids"]
        }
        write_facts(store, {place: Facts() for place in chunk if place not in described}, keep_units=False)


def places_with(store: BedStore, units: list[str]) -> Iterator[str]:
    """Yield the places that the store gives to these units."""
    for start in range(0, len(units), CHUNK):
        query = {"terms": {"units": units[start : start + CHUNK]}}
        for hit in store.gateway.scan(store.indices.store, query, source=False):
            yield hit["_id"]
