"""Writing of bed counts: judged, stored, told to history and units, and only then acknowledged.

A write that was cut anywhere was not acknowledged; sent again, it is found stored (``unchanged``) and its history
and summaries are made whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from beds.history import History
from beds.indices import BedIndices, ensure
from beds.projection import TRIES, pause, project
from beds.reading import read_write
from beds.records import Record, Write, decide, key_text, record_of
from beds.store import BedStore, Zone, document_of
from beds.verdict import Verdict, against_rules, of_decision
from engine.errors import BulkFailed, EngineUnavailable
from engine.gateway import Action, Gateway
from mappings.beds import instant
from mappings.errors import InvalidInput


def utc_now() -> datetime:
    """Return the time, aware."""
    return datetime.now(UTC)


Permit = Callable[[str, Zone], Verdict | None]
"""Says why counts of a zone (and how the sender named it) may not be written; ``None`` when they may."""


def anywhere(ref: str, zone: Zone) -> None:
    """Let every zone be written."""


@dataclass(slots=True)
class _Batch:
    """Writes under way: their verdicts so far, and what is to be told to history and units."""

    writes: Sequence[Write]
    verdicts: dict[int, Verdict] = field(default_factory=dict)
    told: list[tuple[Zone, Record]] = field(default_factory=list)


@dataclass(slots=True)
class BedService:
    """Takes counts from anybody who may write; safe for threads.

    ``also`` makes another entry of each count that stands, such as one of an audit log: it is written with the
    history's, before the count is acknowledged.
    """

    gateway: Gateway
    indices: BedIndices = BedIndices()
    clock: Callable[[], datetime] = utc_now
    also: Callable[[Zone, Record], Action] | None = None
    store: BedStore = field(init=False)
    history: History = field(init=False)

    def __post_init__(self) -> None:
        """Make the parts that share the gateway."""
        self.store = BedStore(self.gateway, self.indices)
        self.history = History(self.gateway, self.indices)

    def ensure(self) -> None:
        """Make the indices where they are missing, and let old history go."""
        ensure(self.gateway, self.indices)
        self.history.prune(self.clock().astimezone(UTC).date())

    def take(
        self, items: Sequence[Any], who: str, place: str | None = None, permit: Permit = anywhere
    ) -> list[Verdict]:
        """Read and write items as senders wrote them; one verdict each, in order, none held up by another.

        Raises ``EngineUnavailable`` when the engine does not take them: then nothing is acknowledged, and the
        same items may be sent again.
        """
        now = self.clock()
        writes: dict[int, Write] = {}
        verdicts: dict[int, Verdict] = {}
        for position, item in enumerate(items):
            try:
                writes[position] = read_write(item, now, place)
            except InvalidInput as error:
                verdicts[position] = against_rules(error.errors)
        found = self.write(list(writes.values()), who, permit)
        verdicts |= dict(zip(writes, found, strict=True))
        return [verdicts[position] for position in range(len(items))]

    def write(self, writes: Sequence[Write], who: str, permit: Permit = anywhere) -> list[Verdict]:
        """Write counts; the order of writes to one key is kept. What is not permitted is judged no further."""
        if not writes:
            return []
        batch = _Batch(writes)
        zones, bad = self.store.resolve(write.place for write in writes)
        bad |= {ref: refused for ref, zone in zones.items() if (refused := permit(ref, zone)) is not None}
        zones = {ref: zone for ref, zone in zones.items() if ref not in bad}
        for position, write in enumerate(writes):
            if write.place in bad:
                batch.verdicts[position] = bad[write.place]
        self._store(batch, zones, who)
        self._tell(batch)
        return [batch.verdicts[position] for position in range(len(writes))]

    def _store(self, batch: _Batch, zones: Mapping[str, Zone], who: str) -> None:
        """Judge and store until no zone changed under our hands."""
        by_zone: dict[str, list[int]] = {}
        for position, write in enumerate(batch.writes):
            if write.place in zones:
                by_zone.setdefault(zones[write.place].id, []).append(position)
        current = {zone.id: zone for zone in zones.values()}
        for attempt in range(TRIES):
            changed = {}
            judged = {}
            for zone_id, positions in by_zone.items():
                document, verdicts, told = self._judge(batch, current[zone_id], positions, who)
                judged[zone_id] = (verdicts, told)
                if document is not None:
                    changed[zone_id] = (current[zone_id], document)
            outcomes = self.store.put(changed)
            failed = [outcome for outcome in outcomes.values() if not outcome.ok and not outcome.conflict]
            if any(outcome.overloaded for outcome in failed):
                raise EngineUnavailable("the search engine has no room for more writes now")
            if failed:
                raise BulkFailed(failed, len(outcomes))
            lost = {zone_id for zone_id, outcome in outcomes.items() if outcome.conflict}
            # In their order, which the stream of changes then has.
            for zone_id in [each for each in by_zone if each not in lost]:
                verdicts, told = judged[zone_id]
                batch.verdicts |= verdicts
                batch.told += told
            if not lost:
                return
            pause(attempt)
            current = self.store.load(lost)
            by_zone = {zone_id: by_zone[zone_id] for zone_id in lost}
        raise EngineUnavailable("others keep writing to the same zones: send the counts again")

    def _judge(
        self, batch: _Batch, zone: Zone, positions: Sequence[int], who: str
    ) -> tuple[dict[str, Any] | None, dict[int, Verdict], list[tuple[Zone, Record]]]:
        """Return a zone's new document if it changes, the verdicts, and the counts to be told."""
        received = self.clock()
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
                told.append((zone, counts[key]))
        document = document_of(zone.id, zone.facts, counts.values(), instant(received)) if changed else None
        return document, verdicts, told

    def _tell(self, batch: _Batch) -> None:
        """Append to the history what stands, and bring the units up to date."""
        oldest = instant(self.clock() - timedelta(days=self.indices.keep_days))
        recent = [(zone, record) for zone, record in batch.told if record["received_at"] >= oldest]
        entries = {(action.index, action.id): action for action in self._entries(recent, batch.told)}
        units = dict.fromkeys(unit for zone, _ in batch.told for unit in zone.units)
        if entries or units:
            project(self.store, units, history=self.history, entries=list(entries.values()))

    def _entries(self, recent: Sequence[tuple[Zone, Record]], told: Sequence[tuple[Zone, Record]]) -> Iterator[Action]:
        yield from (self.history.entry(zone, said) for zone, said in recent)
        if self.also is not None:
            yield from (self.also(zone, said) for zone, said in told)
