"""What is behind the alias, for ``ror index status``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.gateway import Gateway
from indexer.generations import Target, generations
from mappings.definitions import mapping_hash


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One index: its part (``serving``, ``previous``, ``leftover``), size, age and origin."""

    index: str
    part: str
    state: str
    units: int
    bytes: int
    created: datetime
    age: timedelta
    mapping_hash: str
    mapping_is_current: bool
    source: str | None
    region: str | None
    rejected: int | None


def status(gateway: Gateway, target: Target | None = None, *, now: datetime | None = None) -> list[IndexRow]:
    """Return the indices of a target, the newest first; empty when nothing was ever loaded."""
    target = target or Target()
    now = now or datetime.now(UTC)
    known = generations(gateway, target)
    if not known.every:
        return []
    sizes = gateway.index_bytes(f"{target.alias}-*")
    current = mapping_hash(target.definition)
    kept = known.previous
    rows = []
    for each in reversed(known.every):
        part = "serving" if each.serving else "previous" if each is kept else "leftover"
        meta: dict[str, Any] = dict(each.meta)
        rows.append(
            IndexRow(
                index=each.index,
                part=part,
                state=each.state,
                units=gateway.count(each.index),
                bytes=sizes.get(each.index, 0),
                created=each.created,
                age=now - each.created,
                mapping_hash=each.mapping_hash,
                mapping_is_current=each.mapping_hash == current,
                source=meta.get("source"),
                region=meta.get("region"),
                rejected=meta.get("rejected"),
            )
        )
    return rows
