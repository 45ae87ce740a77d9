"""Counts as the store of record keeps them, and the one rule of which of two counts stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from mappings.beds import instant, summarise
from mappings.capacity import BED, NO_ASSIGNMENT, NOW, PLACE, Capacity, CapacityKey

Op = Literal["replace", "add", "delete"]
OPS: tuple[Op, ...] = ("replace", "add", "delete")

Record = dict[str, Any]
"""One stored count, flat: the parts of its key, ``count``, ``source``, ``comment``, ``observed_at`` and
``received_at`` (UTC to the millisecond, so that text compares as time), ``who``; ``deleted`` on a tombstone."""

KEY_PARTS = ("kind", "status", "horizon", "gender", "closing_kind", "extra_kind", "crisis", "assignment")

Decision = Literal["accept", "same", "older", "differs", "absent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One thing said of one bed zone; ``place`` is its id or its external sync id, as the sender knows it."""

    place: str
    op: Op
    key: CapacityKey
    observed_at: datetime
    count: int | None = None
    source: str | None = None
    comment: str | None = None


@lru_cache(4096)
def key_text(key: CapacityKey) -> str:
    """Return a key as one word, the same for the same key."""
    return "|".join(getattr(key, part) or "" for part in KEY_PARTS)


def key_of(record: Record) -> CapacityKey:
    """Return the key of a stored count."""
    return _key(*_parts(record))


def text_of(record: Record) -> str:
    """Return the key of a stored count as one word, that of ``key_text``."""
    return "|".join(part or "" for part in _parts(record))


def _parts(record: Record) -> tuple[Any, ...]:
    """Return the parts of a key in the order of ``KEY_PARTS``."""
    said = record.get
    return (
        record["kind"],
        record["status"],
        said("horizon", NOW),
        said("gender"),
        said("closing_kind"),
        said("extra_kind"),
        said("crisis"),
        said("assignment", NO_ASSIGNMENT),
    )


@lru_cache(4096)
def _key(*parts: Any) -> CapacityKey:
    """Keys are few and made by the million: each is made once."""
    return CapacityKey(**dict(zip(KEY_PARTS, parts, strict=True)))


def record_of(write: Write, received_at: datetime, who: str) -> Record:
    """Return what is stored of a write: a count, or the tombstone that a delete leaves."""
    said: Record = {part: getattr(write.key, part) for part in KEY_PARTS}
    said["source"], said["comment"] = write.source, write.comment
    said = {name: value for name, value in said.items() if value is not None}
    said |= {"observed_at": instant(write.observed_at), "received_at": instant(received_at), "who": who}
    return said | ({"deleted": True} if write.op == "delete" else {"count": write.count})


def capacity_of(record: Record) -> Capacity:
    """Return a stored count as the model knows it."""
    return Capacity(
        key=key_of(record),
        count=record["count"],
        observed_at=datetime.fromisoformat(record["observed_at"]),
        source=record.get("source"),
        comment=record.get("comment"),
    )


def live(records: Iterable[Record]) -> list[Capacity]:
    """Return the counts that stand: tombstones are left out."""
    return [capacity_of(record) for record in records if not record.get("deleted")]


def decide(op: Op, stored: Record | None, new: Record) -> Decision:
    """Say what becomes of a write, by what is stored for its key.

    ``older``: what is stored was observed later. ``same``: it is stored already. ``differs``: it was observed
    at the same instant and says something else. ``absent``: nothing to replace or delete.
    """
    if stored is None:
        return "accept" if op == "add" else "absent"
    if new["observed_at"] < stored["observed_at"]:
        return "older"
    gone = bool(stored.get("deleted"))
    if op == "delete" and gone:
        return "same"
    if new["observed_at"] == stored["observed_at"]:
        return "same" if not gone and op != "delete" and new["count"] == stored["count"] else "differs"
    return "absent" if gone and op == "replace" else "accept"


def numbers(counts: Sequence[Capacity]) -> dict[str, Any]:
    """Return what the board adds up of counts, beds and places apart: ``{"bed": {…}, "place": {…}}``."""
    by_kind = {
        name: _numbers([count for count in counts if count.key.kind == kind])
        for name, kind in (("bed", BED), ("place", PLACE))
    }
    return {name: said for name, said in by_kind.items() if said}


def _numbers(counts: list[Capacity]) -> dict[str, Any]:
    summary = summarise(counts)
    if summary is None:
        return {}
    said: dict[str, Any] = {
        name: getattr(summary, name)
        for name in ("installed", "closed", "reopenable", "extra_with_staff", "extra_without_staff")
    }
    free = summary.available.get("now")
    if free is not None:
        said |= {"available": free.all, "available_f": free.f, "available_m": free.m}
        said["available_at"] = instant(free.observed_at)
    said["observed_at"] = instant(summary.observed_at)
    if not summary.only_extra:
        said["ordinary_at"] = said["observed_at"]
    return {name: value for name, value in said.items() if value is not None}
