"""The bed summary of a place: what its counts say, for filters, ranking and display.

Only counts of one kind are summed (beds where there are any, else places). A count assigned to Covid patients is
left out of what is available: it is free, but not for anybody. Missing stays missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mappings import capacity as c
from mappings.capacity import Capacity

HORIZON_FIELDS = {"01": "now", "02": "in_1h", "03": "in_24h", "04": "in_48h", "05": "in_7d"}
"""R331 code → field of the summary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Available:
    """Free beds at one horizon: for anybody counted once, for a woman, for a man, and the oldest of the counts."""

    all: int
    f: int
    m: int
    observed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BedSummary:
    """What one place's counts say; ``None`` where nothing is known.

    ``kind``, ``observed_at`` and ``source`` are those of the ordinary counts: beds above the installed ones and those
    of a crisis are not for everybody, nor is it that there are any. ``only_extra`` says that there are no others.
    """

    kind: str
    observed_at: datetime
    source: str | None = None
    installed: int | None = None
    closed: int | None = None
    reopenable: int | None = None
    extra_with_staff: int | None = None
    extra_without_staff: int | None = None
    available: dict[str, Available]
    only_extra: bool = False


def summarise(capacities: Iterable[Capacity]) -> BedSummary | None:
    """Sum the counts of a place by what a person asks; ``None`` when there is no count at all."""
    every = tuple(capacities)
    ordinary = [count for count in every if not count.key.exceptional]
    kinds = {count.key.kind for count in ordinary or every}
    kind = c.BED if c.BED in kinds else c.PLACE
    counts = [count for count in every if count.key.kind == kind]
    if not counts:
        return None
    current = [count for count in counts if count.key.horizon == c.NOW]
    closed = _with_status(current, c.CLOSED)
    extra = _with_status(current, c.EXTRA)
    told = [count for count in counts if not count.key.exceptional] or counts
    newest = max(told, key=lambda count: count.observed_at)
    return BedSummary(
        kind=kind,
        observed_at=newest.observed_at,
        source=newest.source,
        installed=_total(_with_status(current, c.INSTALLED)),
        closed=_total(closed),
        reopenable=_total([count for count in closed if count.key.closing_kind == c.REOPENABLE]),
        extra_with_staff=_total([count for count in extra if count.key.extra_kind == c.EXTRA_WITH_STAFF]),
        extra_without_staff=_total([count for count in extra if count.key.extra_kind == c.EXTRA_WITHOUT_STAFF]),
        available=_available(counts),
        only_extra=not ordinary,
    )


def _available(counts: list[Capacity]) -> dict[str, Available]:
    """Return the free beds by horizon field; a bed of no stated gender takes either."""
    free = [n for n in _with_status(counts, c.AVAILABLE) if n.key.assignment == c.NO_ASSIGNMENT]
    found = {}
    for code, name in HORIZON_FIELDS.items():
        at = [count for count in free if count.key.horizon == code]
        if at:
            found[name] = Available(
                all=sum(count.count for count in at),
                f=sum(count.count for count in at if count.key.gender != c.MALE),
                m=sum(count.count for count in at if count.key.gender != c.FEMALE),
                observed_at=min(count.observed_at for count in at),
            )
    return found


def _with_status(counts: list[Capacity], status: str) -> list[Capacity]:
    return [count for count in counts if count.key.status == status]


def _total(counts: list[Capacity]) -> int | None:
    """Sum counts; no count is not zero."""
    return sum(count.count for count in counts) if counts else None


def summary_to_dict(summary: BedSummary | None) -> dict[str, Any] | None:
    """Write a summary as the index stores it."""
    if summary is None:
        return None
    fields = ("kind", "source", "installed", "closed", "reopenable", "extra_with_staff", "extra_without_staff")
    written: dict[str, Any] = {name: getattr(summary, name) for name in fields if getattr(summary, name) is not None}
    written["observed_at"] = instant(summary.observed_at)
    if summary.only_extra:
        written["only_extra"] = True
    for name, free in summary.available.items():
        written[name] = {"all": free.all, "f": free.f, "m": free.m, "observed_at": instant(free.observed_at)}
    return written


def instant(moment: datetime) -> str:
    """Write an aware time in UTC, to the millisecond, as every index does."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
