"""The audit log: who wrote which bed count, changed a tension, gave or took a key; only ever added to.

One index a year. Nothing in the product changes or deletes an entry. In production the account of the servers needs
no more than ``create_doc`` on ``audit-*``, so that not even they can.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from flask import g, has_request_context

from beds.history import entry_id
from beds.indices import make
from beds.records import KEY_PARTS, Record
from beds.service import utc_now
from beds.store import Zone
from engine.errors import EngineNotFound
from engine.gateway import Action, Gateway
from mappings.beds import instant
from orientation.identity import Caller

INDEX = "audit"
CONSOLE = "console"
"""How someone at the command line is known: by the account of the system."""
_PAGE = 1000
_SURE_S = 60.0


@dataclass(slots=True)
class Audit:
    """Adds entries and reads them; safe for threads."""

    gateway: Gateway
    index: str = INDEX
    clock: Callable[[], datetime] = utc_now
    _made: dict[str, float] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def note(self, action: str, target: str, who: str, proved_by: str, **detail: Any) -> None:
        """Add an entry; the engine's errors pass through, so that what cannot be noted is not acknowledged."""
        now = self.clock()
        entry = _entry(uuid.uuid4().hex, now, action, target, who, proved_by, detail)
        name = self._ready(now)
        self.gateway.store(name, entry["id"], entry, create=True)

    def note_of(self, caller: Caller, action: str, target: str, **detail: Any) -> None:
        """Add an entry of who asks."""
        self.note(action, target, caller.name, caller.kind, **detail)

    def count(self, zone: Zone, record: Record) -> Action:
        """Return the write that adds an accepted bed count, sent with its entry in the history.

        Its id comes from what was said and by whom: sent again, it is the same entry.
        """
        at = datetime.fromisoformat(record["received_at"])
        said = {name: record[name] for name in (*KEY_PARTS, "count", "observed_at", "source") if name in record}
        action = "beds.delete" if record.get("deleted") else "beds.write"
        entry = _entry(entry_id(zone.id, record), at, action, zone.id, record["who"], _proof(), said)
        return Action("create", self._ready(at), entry["id"], entry)

    def entries(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[dict[str, Any]]:
        """Yield the entries from ``since`` to before ``until``, oldest first; memory holds one page."""
        span = {name: instant(moment) for name, moment in (("gte", since), ("lt", until)) if moment is not None}
        body: dict[str, Any] = {
            "size": _PAGE,
            "sort": [{"at": "asc"}, {"id": "asc"}],
            "query": {"range": {"at": span}} if span else {"match_all": {}},
            "track_total_hits": False,
        }
        pattern = f"{self.index}-*"
        try:
            self.gateway.refresh(pattern)
        except EngineNotFound:
            return
        while True:
            hits = self.gateway.search(pattern, body)["hits"]["hits"]
            yield from (hit["_source"] for hit in hits)
            if len(hits) < _PAGE:
                return
            body["search_after"] = hits[-1]["sort"]

    def _ready(self, at: datetime) -> str:
        """Return the index of a year, made where it is missing; looked at again now and then."""
        name = f"{self.index}-{at.astimezone(UTC):%Y}"
        with self._lock:
            if time.monotonic() - self._made.get(name, float("-inf")) > _SURE_S:
                make(self.gateway, name, "audit")
                self._made[name] = time.monotonic()
        return name


def _entry(
    entry_id: str, at: datetime, action: str, target: str, who: str, proved_by: str, detail: Mapping[str, Any]
) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": entry_id,
        "at": instant(at),
        "who": who,
        "proved_by": proved_by,
        "action": action,
        "target": target,
        "detail": {name: value for name, value in detail.items() if value is not None},
        "request": g.get("request_id") if has_request_context() else None,
    }
    return {name: value for name, value in said.items() if value not in (None, {})}


def _proof() -> str:
    """Return how whoever writes now is known."""
    caller: Caller | None = g.get("caller") if has_request_context() else None
    return caller.kind if caller is not None else CONSOLE
