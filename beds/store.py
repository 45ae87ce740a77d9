"""The store of record: one document a bed zone, read realtime, written only if it is still as it was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from beds.indices import BedIndices
from beds.records import Record, live, numbers, text_of
from beds.verdict import Verdict, ambiguous_zone, unknown_zone
from engine.errors import EngineNotFound
from engine.gateway import Action, Gateway, Outcome
from mappings.capacity import Capacity
from mappings.chunks import in_chunks

CHUNK = 500
"""Zones read or written in one request."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A stored bed zone as it was read: the facts that the indexer keeps, the counts, and where it stood."""

    id: str
    facts: Mapping[str, Any]
    counts: Mapping[str, Record]
    seq_no: int
    primary_term: int

    @property
    def units(self) -> tuple[str, ...]:
        """Ids of the units whose place it is; none when no unit of the directory has it any more."""
        return tuple(self.facts.get("units", ()))

    def capacities(self) -> list[Capacity]:
        """Return the counts that stand."""
        return live(self.counts.values())


def zone_of(hit: Mapping[str, Any]) -> Zone:
    """Read a zone off a document."""
    source = dict(hit["_source"])
    counts = {text_of(record): record for record in source.pop("counts", ())}
    for derived in ("bed", "place", "changed_at"):
        source.pop(derived, None)
    return Zone(hit["_id"], source, counts, hit["_seq_no"], hit["_primary_term"])


def document_of(zone_id: str, facts: Mapping[str, Any], counts: Iterable[Record], changed_at: str) -> dict[str, Any]:
    """Return the whole document of a zone: facts, counts, and the numbers that the board adds up."""
    every = list(counts)
    return {**facts, "id": zone_id, "counts": every, **numbers(live(every)), "changed_at": changed_at}


@dataclass(frozen=True, slots=True)
class BedStore:
    """Reads and writes zones."""

    gateway: Gateway
    indices: BedIndices = BedIndices()

    def load(self, ids: Iterable[str]) -> dict[str, Zone]:
        """Return the zones that exist, by id, as they are now and not as a search sees them."""
        return {hit["_id"]: zone_of(hit) for hit in self.gateway.existing(self.indices.store, ids)}

    def put(self, zones: Mapping[str, tuple[Zone | None, dict[str, Any]]]) -> dict[str, Outcome]:
        """Write documents, each only if it is as it was read (``None``: only if there is none); one outcome each."""
        actions = [self._action(zone_id, zone, document) for zone_id, (zone, document) in zones.items()]
        outcomes = [outcome for chunk in in_chunks(actions, CHUNK) for outcome in self.gateway.bulk(chunk)]
        return dict(zip(zones, outcomes, strict=True))

    def _action(self, zone_id: str, zone: Zone | None, document: dict[str, Any]) -> Action:
        if zone is None:
            return Action("create", self.indices.store, zone_id, document)
        as_read = {"if_seq_no": zone.seq_no, "if_primary_term": zone.primary_term}
        return Action("index", self.indices.store, zone_id, document, as_read)

    def resolve(self, refs: Iterable[str]) -> tuple[dict[str, Zone], dict[str, Verdict]]:
        """Return the zone that each id or sync id means, and what to answer for those that mean none or several.

        A zone of no unit is not in the directory any more: it is unknown to writers, though its counts are kept.
        """
        wanted = list(dict.fromkeys(refs))
        by_id = {ref: zone for ref, zone in self.load(wanted).items() if zone.units}
        rest = [ref for ref in wanted if ref not in by_id]
        same = self._by_sync_id(rest) if rest else {}
        bad = {ref: unknown_zone(ref) for ref in rest if ref not in same}
        bad |= {ref: ambiguous_zone(ref, len(ids)) for ref, ids in same.items() if len(ids) > 1}
        single = {ref: ids[0] for ref, ids in same.items() if len(ids) == 1}
        zones = self.load(single.values()) if single else {}
        for ref, zone_id in single.items():
            if zone_id in zones:
                by_id[ref] = zones[zone_id]
            else:
                bad[ref] = unknown_zone(ref)
        return by_id, bad

    def _by_sync_id(self, refs: list[str]) -> dict[str, list[str]]:
        """Return the ids of the zones of the directory that bear each sync id."""
        found: dict[str, list[str]] = {}
        for chunk in in_chunks(refs, CHUNK):
            query = {"bool": {"filter": [{"terms": {"sync_id": chunk}}, {"exists": {"field": "units"}}]}}
            body = {"size": 10_000, "query": query, "_source": ["sync_id"], "track_total_hits": False}
            for hit in self.gateway.search(self.indices.store, body)["hits"]["hits"]:
                found.setdefault(hit["_source"]["sync_id"], []).append(hit["_id"])
        return found

    def counts_of(self, ids: Iterable[str]) -> dict[str, list[Record]]:
        """Return the counts that stand in each zone, for showing; none where nothing was ever counted."""
        try:
            return {hit["_id"]: counts_in(hit) for hit in self.gateway.existing(self.indices.store, ids)}
        except EngineNotFound:
            return {}


def counts_in(hit: Mapping[str, Any]) -> list[Record]:
    """Return the counts that stand in a document of the store; tombstones are left out."""
    return [record for record in hit["_source"].get("counts", ()) if not record.get("deleted")]
