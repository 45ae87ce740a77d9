"""The history: every accepted count, appended to the index of the day it was received, never changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import Any

from beds.indices import BedIndices, make
from beds.records import Record, text_of
from beds.store import Zone
from engine.gateway import Action, Gateway


@dataclass(slots=True)
class History:
    """Appends to the history and lets old days go."""

    gateway: Gateway
    indices: BedIndices = BedIndices()
    _made: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def entry(self, zone: Zone, record: Record) -> Action:
        """Return the write that appends a stored count.

        Its id and its index come from the record alone: appended again, it is the same entry.
        """
        received = datetime.fromisoformat(record["received_at"]).astimezone(UTC)
        index = self.indices.history_of(received.date())
        said: dict[str, Any] = {"place": zone.id, "key": text_of(record), **record}
        said |= {name: zone.facts[name] for name in ("units", "department", "region") if zone.facts.get(name)}
        return Action("create", index, entry_id(zone.id, record), said)

    def ready(self, actions: Iterable[Action]) -> None:
        """Make the indices of these entries where they are missing; with each new day, let old ones go."""
        with self._lock:
            own = {action.index for action in actions if action.index.startswith(f"{self.indices.history}-")}
            missing = own - self._made
            for index in sorted(missing):
                make(self.gateway, index, "capacity-history")
                self._made.add(index)
            if missing:
                self.prune(max(self.indices.day_of(index) for index in missing))

    def forget(self) -> None:
        """Look again which indices exist, the next time."""
        with self._lock:
            self._made.clear()

    def prune(self, today: date) -> tuple[str, ...]:
        """Delete the days older than those kept; return their names."""
        oldest = today - timedelta(days=self.indices.keep_days)
        names = sorted(self.gateway.indices(self.indices.every_history))
        old = tuple(name for name in names if self.indices.day_of(name) < oldest)
        self.gateway.delete_index(*old)
        return old


def entry_id(zone_id: str, record: Record) -> str:
    """Return an id that is the same for the same thing said of the same zone."""
    said = "delete" if record.get("deleted") else f"count {record['count']}"
    parts = (zone_id, text_of(record), record["observed_at"], said)
    return hashlib.blake2b("\x00".join(parts).encode(), digest_size=16).hexdigest()
