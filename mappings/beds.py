"""The bed summary of a place: what its counts say, for filters, ranking and display.

Only counts of one kind are summed (beds where there are any, else places). A count assigned to Covid patients is
left out of what is available: it is free, but not for anybody. Missing stays missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from mappings import capacity as c
from mappings.capacity import Capacity, CapacityKey

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
    ordinary = tuple(count for count in every if not count.key.exceptional)
    kind = c.BED if any(count.key.kind == c.BED for count in ordinary or every) else c.PLACE
    counts = tuple(count for count in every if count.key.kind == kind)
    if not counts:
        return None
    told = tuple(count for count in ordinary if count.key.kind == kind) or counts
    newest = max(told, key=lambda count: count.observed_at)
    totals: dict[str, int] = {}
    free: dict[str, Available] = {}
    for count in counts:
        for name in _totals_of(count.key):
            totals[name] = totals.get(name, 0) + count.count
        at = HORIZON_FIELDS.get(count.key.horizon)
        if at and count.key.status == c.AVAILABLE and count.key.assignment == c.NO_ASSIGNMENT:
            free[at] = _with(free.get(at), count)
    return BedSummary(
        kind=kind,
        observed_at=newest.observed_at,
        source=newest.source,
        **totals,
        available={name: free[name] for name in HORIZON_FIELDS.values() if name in free},
        only_extra=not ordinary,
    )


@lru_cache(4096)
def _totals_of(key: CapacityKey) -> tuple[str, ...]:
    """Return the fields of the summary that counts of a key are added to; no count is not zero."""
    if key.horizon != c.NOW:
        return ()
    if key.status == c.INSTALLED:
        return ("installed",)
    if key.status == c.CLOSED:
        return ("closed", "reopenable") if key.closing_kind == c.REOPENABLE else ("closed",)
    if key.status == c.EXTRA and key.extra_kind == c.EXTRA_WITH_STAFF:
        return ("extra_with_staff",)
    if key.status == c.EXTRA and key.extra_kind == c.EXTRA_WITHOUT_STAFF:
        return ("extra_without_staff",)
    return ()


def _with(free: Available | None, count: Capacity) -> Available:
    """Add a count to the free beds of its horizon; a bed of no stated gender takes either."""
    women = 0 if count.key.gender == c.MALE else count.count
    men = 0 if count.key.gender == c.FEMALE else count.count
    if free is None:
        return Available(all=count.count, f=women, m=men, observed_at=count.observed_at)
    oldest = min(free.observed_at, count.observed_at)
    return Available(all=free.all + count.count, f=free.f + women, m=free.m + men, observed_at=oldest)


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


@lru_cache(4096)
def instant(moment: datetime) -> str:
    """Write an aware time in UTC, to the millisecond, as every index does."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
