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
from beds.judging import Batch, judge
from beds.projection import TRIES, pause, project
from beds.reading import read_write
from beds.records import Record, Write
from beds.store import BedStore, Zone
from beds.verdict import Verdict, against_rules
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
        return self.finish(self.begin(items, who, place, permit))

    def begin(
        self,
        items: Sequence[Any],
        who: str,
        place: str | None = None,
        permit: Permit = anywhere,
        behind: Batch | None = None,
    ) -> Batch:
        """Read and judge items, and write what stands to the store; nothing is acknowledged before ``finish``.

        Batches that are begun in one order and finished in it are taken in it. ``behind`` is one whose finish may be
        under way: documents that it writes are not read meanwhile.
        """
        now = self.clock()
        writes: dict[int, Write] = {}
        refused: dict[int, Verdict] = {}
        for position, item in enumerate(items):
            try:
                writes[position] = read_write(item, now, place)
            except InvalidInput as error:
                refused[position] = against_rules(error.errors)
        skipped = behind.units() if behind is not None else frozenset()
        return self._begin(Batch(writes, refused, skipped=skipped), who, permit)

    def write(self, writes: Sequence[Write], who: str, permit: Permit = anywhere) -> list[Verdict]:
        """Write counts; the order of writes to one key is kept. What is not permitted is judged no further."""
        return self.finish(self._begin(Batch(dict(enumerate(writes))), who, permit))

    def finish(self, batch: Batch) -> list[Verdict]:
        """Append to the history what stands, bring the units up to date, and return the verdicts."""
        oldest = instant(self.clock() - timedelta(days=self.indices.keep_days))
        recent = [(zone, record) for zone, record in batch.told if record["received_at"] >= oldest]
        entries = {(action.index, action.id): action for action in self._entries(recent, batch.told)}
        units = batch.units()
        if entries or units:
            project(self.store, units, history=self.history, entries=list(entries.values()), known=batch.known)
        return [batch.verdicts[position] for position in sorted(batch.verdicts)]

    def _begin(self, batch: Batch, who: str, permit: Permit) -> Batch:
        if not batch.writes:
            return batch
        zones, bad = self.store.resolve(write.place for write in batch.writes.values())
        bad |= {ref: refused for ref, zone in zones.items() if (refused := permit(ref, zone)) is not None}
        zones = {ref: zone for ref, zone in zones.items() if ref not in bad}
        batch.verdicts |= {at: bad[write.place] for at, write in batch.writes.items() if write.place in bad}
        self._store(batch, zones, who)
        return batch

    def _store(self, batch: Batch, zones: Mapping[str, Zone], who: str) -> None:
        """Judge and store until no zone changed under our hands."""
        by_zone: dict[str, list[int]] = {}
        for position, write in batch.writes.items():
            if write.place in zones:
                by_zone.setdefault(zones[write.place].id, []).append(position)
        current = {zone.id: zone for zone in zones.values()}
        for attempt in range(TRIES):
            received = self.clock()
            judged = {at: judge(batch, current[at], positions, received, who) for at, positions in by_zone.items()}
            told = (unit for each in judged.values() if each.told for unit in each.zone.units)
            batch.known.read(self.store, (unit for unit in told if unit not in batch.skipped))
            outcomes = self.store.put(
                {zone_id: (current[zone_id], each.document) for zone_id, each in judged.items() if each.document}
            )
            failed = [outcome for outcome in outcomes.values() if not outcome.ok and not outcome.conflict]
            if any(outcome.overloaded for outcome in failed):
                raise EngineUnavailable("the search engine has no room for more writes now")
            if failed:
                raise BulkFailed(failed, len(outcomes))
            lost = {zone_id for zone_id, outcome in outcomes.items() if outcome.conflict}
            # In their order, which the stream of changes then has.
            for zone_id in [each for each in by_zone if each not in lost]:
                batch.take(judged[zone_id], outcomes.get(zone_id))
            if not lost:
                return
            pause(attempt)
            current = self.store.load(lost)
            by_zone = {zone_id: by_zone[zone_id] for zone_id in lost}
        raise EngineUnavailable("others keep writing to the same zones: send the counts again")

    def _entries(self, recent: Sequence[tuple[Zone, Record]], told: Sequence[tuple[Zone, Record]]) -> Iterator[Action]:
        yield from (self.history.entry(zone, said) for zone, said in recent)
        if self.also is not None:
            yield from (self.also(zone, said) for zone, said in told)
