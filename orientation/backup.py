"""Backup and restore: everything the product keeps in the engine, as one snapshot, brought back onto an empty engine.

The locks are left out: they are of programs that run. What is in the data folder (secret, communes) is files, to be
kept as files are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.errors import EngineNotFound
from engine.gateway import Gateway
from engine.snapshots import Snapshot
from mappings.errors import NotFound, RorError

REPOSITORY = "ror"
"""Name of the repository that the product makes of a folder."""
PREFIX = "ror-"
_WHOLE = (
    "capacities", "capacity-history-*", "tension", "clients", "peers", "peers-copied", "peer-*", "exchanges-*",
    "audit-*", "csd-*",
)  # fmt: skip
PATTERNS = ("units-*", *_WHOLE)
"""What is kept."""
COUNTED = ("units", *_WHOLE)
"""What is counted when it is kept and when it is back: of units, what serves."""
NAME_TIME = "%Y%m%d-%H%M%S"


class NotEmpty(RorError):
    """The engine to restore onto holds documents of the product already."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: counts as they were kept and as they are, by name."""

    snapshot: Snapshot
    counts: Mapping[str, tuple[int, int]]

    @property
    def short(self) -> list[str]:
        """Names of which fewer documents came back than were counted when they were kept."""
        return [name for name, (kept, back) in self.counts.items() if back < kept]


def held(gateway: Gateway) -> list[str]:
    """Return the names of the indices of the product that there are."""
    return sorted({name for pattern in PATTERNS for name in gateway.indices(pattern)})


def counts(gateway: Gateway) -> dict[str, int]:
    """Count what is kept, by alias, index or pattern; what is not there is left out."""
    found = {}
    for name in COUNTED:
        if gateway.indices(name):
            gateway.refresh(name)
            found[name] = gateway.count(name)
    return found


def backup(gateway: Gateway, repository: str, now: datetime, *, seconds: float) -> Snapshot:
    """Keep everything and return the snapshot; ``NotFound`` of nothing to keep, ``RorError`` when it is not whole."""
    names = held(gateway)
    if not names:
        raise NotFound("there is nothing to keep: no index of the product is in the engine")
    # Counted before: what is written meanwhile may be in the snapshot too, never less.
    metadata: dict[str, Any] = {"made_by": "ror backup", "counts": counts(gateway)}
    name = f"{PREFIX}{now.strftime(NAME_TIME)}"
    done = gateway.take_snapshot(repository, name, names, metadata, seconds=seconds)
    if not done.whole:
        raise RorError(f"the backup {name} is not whole ({done.state}): {'; '.join(done.failures[:3])}")
    return done


def kept(gateway: Gateway, repository: str) -> list[Snapshot]:
    """Return the backups of a repository, oldest first; those of other programs in it are not ours."""
    try:
        return [each for each in gateway.snapshots(repository) if each.metadata.get("made_by") == "ror backup"]
    except EngineNotFound:
        return []


def prune(gateway: Gateway, repository: str, keep: int) -> list[str]:
    """Delete all but the newest whole backups, ``keep`` of them; return the names."""
    every = kept(gateway, repository)
    spared = {each.name for each in [one for one in every if one.whole][-keep:]}
    newest = every[-1].name if every else None
    doomed = [each.name for each in every if each.name not in spared | {newest}]
    for name in doomed:
        gateway.delete_snapshot(repository, name)
    return doomed


def restore(
    gateway: Gateway,
    repository: str,
    name: str | None,
    *,
    replace: bool,
    seconds: float,
    then: Callable[[], None],
) -> Restored:
    """Bring back a backup, by default the newest whole one, and call ``then``, which makes bed summaries whole.

    ``NotEmpty`` when documents of the product are there, unless ``replace``, which deletes them first; indices
    without documents, such as a server makes at its start, always give way.
    """
    chosen = _chosen(kept(gateway, repository), name)
    in_the_way = held(gateway)
    full = [each for each in in_the_way if gateway.count(each)]
    if full and not replace:
        raise NotEmpty(f"the engine is not empty ({', '.join(full[:4])} …): restore onto an empty one, or --replace")
    gateway.delete_index(*in_the_way)
    gateway.restore_snapshot(repository, chosen.name, chosen.indices, seconds=seconds)
    then()
    back = counts(gateway)
    told: Mapping[str, int] = chosen.metadata.get("counts", {})
    return Restored(chosen, {each: (count, back.get(each, 0)) for each, count in told.items()})


def _chosen(every: list[Snapshot], name: str | None) -> Snapshot:
    if name is not None:
        found = next((each for each in every if each.name == name), None)
        if found is None:
            raise NotFound(f"no backup {name!r}; there are {', '.join(each.name for each in every) or 'none'}")
    else:
        found = next((each for each in reversed(every) if each.whole), None)
        if found is None:
            raise NotFound("there is no whole backup in this repository")
    if not found.whole:
        raise RorError(f"the backup {found.name} is not whole ({found.state}): take another one")
    return found
