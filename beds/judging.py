"""Writes under way: what becomes of each, zone by zone, before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from beds.projection import Known
from beds.records import Record, Write, decide, key_text, record_of
from beds.store import Zone, document_of
from beds.verdict import Verdict, of_decision
from engine.gateway import Outcome
from mappings.beds import instant


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of the writes to one zone: the zone as it will stand, its document if it changes, the verdicts by
    position, and the counts to be told.
    """

    zone: Zone
    document: dict[str, Any] | None
    verdicts: Mapping[int, Verdict]
    told: Sequence[Record]


@dataclass(slots=True)
class Batch:
    """Writes by their position, their verdicts so far, what is to be told to history and units, and what is known."""

    writes: Mapping[int, Write]
    verdicts: dict[int, Verdict] = field(default_factory=dict)
    told: list[tuple[Zone, Record]] = field(default_factory=list)
    known: Known = field(default_factory=Known)

    def take(self, judged: Judged, stored: Outcome | None) -> None:
        """Note what stands: the zone was written, or (``None``) nothing of it changed."""
        self.verdicts |= judged.verdicts
        self.told += [(judged.zone, record) for record in judged.told]
        if stored is not None:
            self.known.zones[judged.zone.id] = judged.zone


def judge(batch: Batch, zone: Zone, positions: Sequence[int], received: datetime, who: str) -> Judged:
    """Judge the writes to one zone, in their order."""
    counts = dict(zone.counts)
    verdicts: dict[int, Verdict] = {}
    told = []
    changed = False
    for position in positions:
        write = batch.writes[position]
        key = key_text(write.key)
        stored, new = counts.get(key), record_of(write, received, who)
        decision = decide(write.op, stored, new)
        verdicts[position] = of_decision(decision, write, zone.id, stored)
        if decision == "accept":
            counts[key] = new
            changed = True
        if decision in {"accept", "same"}:
            told.append(counts[key])
    document = document_of(zone.id, zone.facts, counts.values(), instant(received)) if changed else None
    return Judged(replace(zone, counts=counts), document, verdicts, told)
