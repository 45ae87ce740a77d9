"""Where tension is declared: departments and regions whose bed counts must be fresher; by whom, since when."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from beds.indices import BedIndices
from beds.service import utc_now
from engine.errors import EngineNotFound
from engine.gateway import Gateway
from mappings.beds import instant
from mappings.errors import FieldError, InvalidInput, NotFound, shorten
from mappings.territory import departments, regions

KINDS = ("department", "region")
_TTL_S = 1.0
_EVERY = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tension:
    """A declared tension; ``until`` absent means until it is lifted."""

    kind: str
    code: str
    who: str
    since: datetime
    until: datetime | None = None
    note: str | None = None
    lifted_by: str | None = None

    def holds(self, now: datetime) -> bool:
        """Say whether it is in force."""
        return self.since <= now and (self.until is None or now < self.until)

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON and for the index, empty things left out."""
        said = {
            "kind": self.kind,
            "code": self.code,
            "who": self.who,
            "since": instant(self.since),
            "until": instant(self.until) if self.until else None,
            "note": self.note,
            "lifted_by": self.lifted_by,
        }
        return {name: value for name, value in said.items() if value is not None}


@dataclass(slots=True)
class Tensions:
    """Declares and lifts tensions, and knows at most a second late which ones hold. Safe for threads."""

    gateway: Gateway
    indices: BedIndices = BedIndices()
    clock: Callable[[], datetime] = utc_now
    _kept: tuple[float, tuple[Tension, ...]] = field(default=(float("-inf"), ()))
    _lock: Lock = field(default_factory=Lock)

    def declare(
        self, kind: str, code: str, who: str, *, until: datetime | None = None, note: str | None = None
    ) -> Tension:
        """Declare tension, or change its end and note; ``since`` stays that of a tension already in force."""
        check(kind, code)
        now = self.clock()
        if until is not None and until <= now:
            raise InvalidInput([FieldError("until", "must lie in the future", instant(until))])
        held = self._stored(kind, code)
        since = held.since if held is not None and held.holds(now) else now
        return self._put(Tension(kind=kind, code=code, who=who, since=since, until=until, note=note))

    def lift(self, kind: str, code: str, who: str) -> Tension:
        """End a tension in force; ``NotFound`` when there is none."""
        check(kind, code)
        now = self.clock()
        held = self._stored(kind, code)
        if held is None or not held.holds(now):
            raise NotFound(f"no tension is in force in {kind} {code}")
        return self._put(
            Tension(kind=kind, code=code, who=held.who, since=held.since, until=now, note=held.note, lifted_by=who)
        )

    def current(self) -> tuple[Tension, ...]:
        """Return the tensions in force."""
        now = self.clock()
        with self._lock:
            read_at, every = self._kept
            if time.monotonic() - read_at > _TTL_S:
                every = self._read()
                self._kept = (time.monotonic(), every)
        return tuple(each for each in every if each.holds(now))

    def _put(self, tension: Tension) -> Tension:
        name = f"{tension.kind}:{tension.code}"
        self.gateway.store(self.indices.tension, name, tension.to_dict(), refresh="true")
        with self._lock:
            self._kept = (float("-inf"), ())
        return tension

    def _stored(self, kind: str, code: str) -> Tension | None:
        found = self.gateway.get(self.indices.tension, f"{kind}:{code}")
        return _tension(found["_source"]) if found else None

    def _read(self) -> tuple[Tension, ...]:
        body = {"size": _EVERY, "sort": ["kind", "code"], "track_total_hits": False}
        try:
            hits = self.gateway.search(self.indices.tension, body)["hits"]["hits"]
        except EngineNotFound:
            return ()
        return tuple(_tension(hit["_source"]) for hit in hits)


def check(kind: str, code: str) -> None:
    """Refuse what is no department or region."""
    if kind not in KINDS:
        raise InvalidInput([FieldError("kind", "must be department or region", shorten(kind))])
    if code not in (departments() if kind == "department" else regions()):
        raise InvalidInput([FieldError("code", f"is no {kind} code", shorten(code))])


def _tension(source: dict[str, Any]) -> Tension:
    until = source.get("until")
    return Tension(
        kind=source["kind"],
        code=source["code"],
        who=source["who"],
        since=datetime.fromisoformat(source["since"]),
        until=datetime.fromisoformat(until) if until else None,
        note=source.get("note"),
        lifted_by=source.get("lifted_by"),
    )
