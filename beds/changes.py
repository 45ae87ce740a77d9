"""The stream of accepted counts, read off the history, so that every process tells the same.

An event is named by its day and the sequence number that the engine gave it. The engine may make number 12 visible
before 11, which is still being written: events are told in an unbroken run, and a hole is passed over only when the
engine says that all numbers up to it are done, which a crash may leave unused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from beds.indices import BedIndices
from beds.service import utc_now
from engine.errors import EngineNotFound
from engine.gateway import Gateway
from mappings.errors import FieldError, InvalidInput, shorten

PAGE = 500
GRACE = timedelta(seconds=5)
"""How long after midnight the day before is still read: a count received at its end may be written after it."""


@dataclass(frozen=True, slots=True, order=True)
class EventId:
    """Where a reader stands: all events of that day up to that number were told; -1 for none."""

    day: date
    seq_no: int

    def __str__(self) -> str:
        """Write it as it is sent."""
        return f"{self.day:%Y%m%d}-{self.seq_no}"

    @classmethod
    def parse(cls, text: str) -> EventId:
        """Read what a client sends back; ``InvalidInput`` for anything else."""
        match = re.fullmatch(r"(\d{8})-(-1|\d{1,18})", text, re.ASCII)
        if match:
            try:
                day = datetime.strptime(match[1], "%Y%m%d").replace(tzinfo=UTC).date()
                return cls(day, int(match[2]))
            except ValueError:
                pass
        raise InvalidInput([FieldError("Last-Event-ID", "is no id of an event of this stream", shorten(text))])


@dataclass(frozen=True, slots=True)
class Event:
    """One accepted count: its id, and the entry of the history."""

    id: EventId
    entry: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Changes:
    """Reads the stream; holds nothing between two readings."""

    gateway: Gateway
    indices: BedIndices = BedIndices()
    clock: Callable[[], datetime] = utc_now

    def now(self) -> EventId:
        """Return where a reader stands who wants only what comes."""
        day = self._today()
        hits = self._search(day, {"size": 1, "sort": [{"_seq_no": "desc"}], "_source": False})
        return EventId(day, int(hits[0]["sort"][0]) if hits else -1)

    def lost(self, since: EventId) -> bool:
        """Say whether events after this one may have been dropped with their day, or it is not of this engine."""
        return since.day < self._today() - timedelta(days=self.indices.keep_days) or since.day > self._today()

    def after(self, since: EventId) -> tuple[list[Event], EventId]:
        """Return the next events in order, and where the reader stands then; none may come while a day ends."""
        hits = self._after(since)
        if hits and _broken(since.seq_no, hits):
            hits = self._whole(since)
        events = [Event(EventId(since.day, hit["_seq_no"]), hit["_source"]) for hit in hits]
        if events:
            return events, events[-1].id
        return [], self._next_day(since) or since

    def _after(self, since: EventId) -> list[dict[str, Any]]:
        body = {
            "size": PAGE,
            "query": {"range": {"_seq_no": {"gt": since.seq_no}}},
            "sort": [{"_seq_no": "asc"}],
            "seq_no_primary_term": True,
        }
        return self._search(since.day, body)

    def _whole(self, since: EventId) -> list[dict[str, Any]]:
        """Return the events up to the number below which the engine has nothing under way any more."""
        index = self.indices.history_of(since.day)
        done = self._done(index)
        self.gateway.refresh(index)
        return [hit for hit in self._after(since) if hit["_seq_no"] <= done]

    def _done(self, index: str) -> int:
        answer = self.gateway.read("GET", f"/{index}/_stats/docs", params={"level": "shards"})
        shards = answer["indices"][index]["shards"]["0"]
        return next(int(each["seq_no"]["local_checkpoint"]) for each in shards if each["routing"]["primary"])

    def _next_day(self, since: EventId) -> EventId | None:
        """Return the start of the next day that has events, once this one is over for good."""
        over = datetime.combine(since.day, datetime.min.time(), UTC) + timedelta(days=1) + GRACE
        if self.clock() < over:
            return None
        names = self.gateway.indices(self.indices.every_history)
        later = sorted(day for day in map(self.indices.day_of, names) if day > since.day)
        return EventId(later[0], -1) if later else None

    def _search(self, day: date, body: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            answer = self.gateway.search(self.indices.history_of(day), {**body, "track_total_hits": False})
        except EngineNotFound:
            return []
        hits: list[dict[str, Any]] = answer["hits"]["hits"]
        return hits

    def _today(self) -> date:
        return self.clock().astimezone(UTC).date()


def _broken(last: int, hits: list[dict[str, Any]]) -> bool:
    """Say whether a number is missing in the run."""
    return bool(hits[-1]["_seq_no"] - last != len(hits))
