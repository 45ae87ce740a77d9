"""Writes under way: what becomes of each, zone by zone, before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from beds.projection import Beds, Known, shown_of
from beds.records import Record, Write, decide, key_text, live, record_of
from beds.store import Zone, document_of
from beds.verdict import Verdict, of_decision
from engine.gateway import Outcome
from mappings.beds import instant


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of the writes to one zone: its document and summary if it changes, the verdicts by position,
    and the counts to be told.
    """

    zone: Zone
    document: dict[str, Any] | None
    beds: Beds
    verdicts: Mapping[int, Verdict]
    told: Sequence[Record]


@dataclass(slots=True)
class Batch:
    """Writes by their position, their verdicts so far, what is to be told to history and units, and what is known.

    ``skipped`` are units whose documents are not worth reading before they are to be written.
    """

    writes: Mapping[int, Write]
    verdicts: dict[int, Verdict] = field(default_factory=dict)
    told: list[tuple[Zone, Record]] = field(default_factory=list)
    known: Known = field(default_factory=Known)
    skipped: Set[str] = frozenset()

    def take(self, judged: Judged, stored: Outcome | None) -> None:
        """Note what stands: the zone was written, or (``None``) nothing of it changed."""
        self.verdicts |= judged.verdicts
        self.told += [(judged.zone, record) for record in judged.told]
        if stored is not None:
            self.known.beds[judged.zone.id] = judged.beds

    def units(self) -> Set[str]:
        """Return the units that show what is to be told, in its order."""
        return dict.fromkeys(unit for zone, _ in self.told for unit in zone.units).keys()


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
    if not changed:
        return Judged(zone, None, None, verdicts, told)
    every = counts.values()
    document = document_of(zone.id, zone.facts, every, instant(received))
    return Judged(zone, document, shown_of(live(every)), verdicts, told)
