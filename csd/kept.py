"""Facilities kept as they were written, each as long as nothing of what it was made of has changed.

What is kept holds no bed count. It is served only when the engine, asked in that moment, gives the versions of the
unit and of its structures that it was made of; it is kept for each kind of rights apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from cachetools import TTLCache

from csd.mapping.facility import FacilityText
from engine.reading import Wanted
from orientation.access import Access, Sees

MOST_CHARACTERS = 32 * 2**20
"""Some 8,000 facilities in each process."""
SECONDS = 600.0
"""Only an engine that is restored twice from one backup gives one version twice: what is kept does not outlive that."""

Hit = Mapping[str, Any]
Version = tuple[str, int, int] | None
"""Index, number of the write, and term of a document; ``None`` of one that does not exist."""
Key = tuple[str, int, bool]


def version_of(hit: Hit | None) -> Version:
    """Return the version of a document as it was read."""
    return None if hit is None else (hit["_index"], hit["_seq_no"], hit["_primary_term"])


def key_of(unit_id: str, access: Access) -> Key:
    """Return the key of a unit as somebody may see it: by profile, and by whether bed counts may be read."""
    return unit_id, access.profile, access.reads_beds


@dataclass(frozen=True, slots=True)
class Kept:
    """A facility written but for bed counts, and what to read before it is served.

    ``asked`` are the documents that it was made of, whose ``versions`` must still be these, then those of the counts
    of its places, of which ``sees`` says how much may be seen. ``times`` are those of its entry in the directory.
    """

    text: FacilityText
    sees: Sees
    times: tuple[str | None, str | None]
    versions: tuple[Version, ...]
    asked: tuple[Wanted, ...]

    def holds(self, entry: Mapping[str, Any], found: Sequence[Hit | None]) -> bool:
        """Say whether it is still what would be made of an entry, by the documents ``asked`` for as they are now."""
        return self.times == times_of(entry) and self.versions == tuple(map(version_of, found[: len(self.versions)]))

    def counts(self, found: Sequence[Hit | None]) -> Sequence[Hit | None]:
        """Return those of the documents ``asked`` for that hold counts, in the order of the places."""
        return found[len(self.versions) :]


def times_of(entry: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return what an entry of our directory adds to its unit."""
    return entry.get("created"), entry.get("updated")


@dataclass(slots=True)
class KeptFacilities:
    """What is kept, bounded in size and in time; safe for threads."""

    clock: Callable[[], float] = time.monotonic
    most: int = MOST_CHARACTERS
    _kept: TTLCache[Key, Kept] = field(init=False)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        """Begin with nothing."""
        self._kept = TTLCache(self.most, SECONDS, self.clock, lambda each: each.text.length)

    def get(self, keys: Iterable[Key]) -> list[Kept | None]:
        """Return what is kept of some facilities, in order."""
        with self._lock:
            return [self._kept.get(key) for key in keys]

    def put(self, key: Key, made: Kept) -> None:
        """Keep a facility in the place of what was kept of it; one that is too large by itself is not kept."""
        if made.text.length <= self.most:
            with self._lock:
                self._kept[key] = made
