"""What one load says of places, kept on disk until every unit has passed: memory holds one part of them at a time."""

from __future__ import annotations

import hashlib
import tempfile
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

import orjson

from beds.store import Zone
from mappings.unit import CareLocation, Unit

PARTS = 128
"""Files, each of the places of a part of all hashes: a nation's units leave about 3,000 places in one."""

Stamp = tuple[int, int]
"""Sequence number and primary term of a document: another one, and it was written since."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one unit said of one place: in the shape of the unit's document, with how the store's zone was then.

    ``facts`` is the hash of those held, ``stamp`` is ``None`` where there was no zone.
    """

    document: Mapping[str, Any]
    facts: int
    stamp: Stamp | None


@dataclass(slots=True)
class Told:
    """Everything said of places during one load."""

    places: list[array[int]] = field(default_factory=list)
    """Hashes of the places of each part, sorted, once ``parts`` gave it."""
    _files: list[IO[bytes]] = field(default_factory=lambda: [tempfile.TemporaryFile() for _ in range(PARTS)])  # noqa: SIM115 - closed by close
    """Temporary files that no other program sees and that end with this one."""

    def put(self, unit: Unit, place: CareLocation, zone: Zone | None) -> None:
        """Add what a unit says of one of its places, given the zone that the store now has for it, if any."""
        named = {"id": place.id, "sync_id": place.sync_id, "name": place.name, "insee": place.insee}
        document = {
            "id": unit.id,
            "activities": unit.activities,
            "field": unit.field,
            "sensitive": unit.sensitive,
            "finess": unit.site.finess,
            "unit": {"site": {"name": unit.site.name}, "places": [named]},
        }
        held = (0, None) if zone is None else (digest_of(zone.facts), (zone.seq_no, zone.primary_term))
        line = (place.id, document, *held)
        self._files[_hash(place.id.encode()) % PARTS].write(orjson.dumps(line) + b"\n")

    def parts(self) -> Iterator[dict[str, list[Said]]]:
        """Yield what was said by place, a part of the places at a time, each place whole and once."""
        self.places = []
        for file in self._files:
            file.seek(0)
            part: dict[str, list[Said]] = {}
            for line in file:
                place, document, facts, stamp = orjson.loads(line)
                said = Said(document, facts, None if stamp is None else (stamp[0], stamp[1]))
                part.setdefault(place, []).append(said)
            self.places.append(array("Q", sorted(_hash(place.encode()) for place in part)))
            yield part

    def has(self, place: str) -> bool:
        """Say whether anything was said of a place, once ``parts`` gave them all."""
        wanted = _hash(place.encode())
        known = self.places[wanted % PARTS]
        at = bisect_left(known, wanted)
        return at < len(known) and known[at] == wanted

    def close(self) -> None:
        """Let the files go."""
        for file in self._files:
            file.close()

    def __del__(self) -> None:
        """Let the files of a load go that was given up."""
        self.close()


def digest_of(facts: Mapping[str, Any]) -> int:
    """Return a hash of the facts of a place, its id among them."""
    return _hash(orjson.dumps(facts, option=orjson.OPT_SORT_KEYS))


def _hash(text: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")
