"""Simulated movements of beds, for demonstrations: only of fictitious units, and each count says that it is one.

Zones are given an occupancy around the usual ones: medians 0.8 in medicine, 0.6 in surgery and obstetrics.
Movements go the way of real ones, write by write.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from beds.records import Write
from beds.service import BedService
from engine.errors import EngineUnavailable
from mappings.capacity import AVAILABLE, BED, INSTALLED, CapacityKey
from mappings.fold import fold
from mappings.nomenclature import nomenclature

WHO = "simulation"
COMMENT = "simulé"
"""Said in every count of a simulation."""
BED_MANAGEMENT = "02"
_FREE = CapacityKey(kind=BED, status=AVAILABLE)
_INSTALLED = CapacityKey(kind=BED, status=INSTALLED)

MEDICINE, SURGERY = 0.8, 0.6
"""Median occupancies."""
_CONCENTRATION = 12.0
"""How close zones stay to the median: a beta law of this many pseudo-observations, most within ± 0.2."""
_SURGICAL = ("chirurg", "obstetri", "maternite", "gynecolog")


@dataclass(slots=True)
class Bay:
    """A simulated zone: its size, the occupancy it tends to, the beds free now."""

    place: str
    beds: int
    occupancy: float
    free: int = 0

    def move(self, random: Random) -> int:
        """Let a patient or two come or go, more likely towards the usual occupancy; return the free beds."""
        target = self.beds * (1 - self.occupancy)
        step = random.choice((1, 1, 2)) if random.random() < _towards(target - self.free) else -random.choice((1, 1, 2))
        self.free = min(self.beds, max(0, self.free + step))
        return self.free


@dataclass(slots=True)
class Simulation:
    """Moves the beds of the fictitious units of a region, or of all.

    The same seed gives the same movements of the same zones. ``rate`` is in movements a second.
    """

    service: BedService
    seed: int = 1
    region: str | None = None
    rate: float = 2.0
    random: Random = field(init=False)
    bays: list[Bay] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Seed the chance."""
        self.random = Random(self.seed)

    def open(self) -> int:
        """Find the fictitious zones, say how many beds of each are installed and free; return how many there are."""
        self.bays = [self._bay(place, activities) for place, activities in sorted(self._zones().items())]
        zones = self.service.store.load(bay.place for bay in self.bays)
        for bay in self.bays:
            held = (
                [each for each in zones[bay.place].capacities() if each.key == _INSTALLED] if bay.place in zones else []
            )
            bay.beds = held[0].count if held and held[0].count else bay.beds
            bay.free = round(bay.beds * (1 - bay.occupancy))
        for start in range(0, len(self.bays), 500):
            chunk = self.bays[start : start + 500]
            self._say([(bay, key) for bay in chunk for key in (_INSTALLED, _FREE)])
        return len(self.bays)

    def step(self, count: int = 1) -> int:
        """Move so many zones once; return how many counts were accepted."""
        chosen = self.random.sample(self.bays, min(count, len(self.bays)))
        for bay in chosen:
            bay.move(self.random)
        return self._say([(bay, _FREE) for bay in chosen])

    def run(self, stop: Callable[[], bool]) -> int:
        """Move zones at the rate until ``stop``; return how many counts were accepted."""
        accepted = 0
        batch = max(1, round(self.rate))
        while not stop():
            started = time.monotonic()
            with suppress(EngineUnavailable):  # beds go on moving when the engine is back
                accepted += self.step(batch)
            time.sleep(max(0.0, batch / self.rate - (time.monotonic() - started)))
        return accepted

    def _say(self, what: list[tuple[Bay, CapacityKey]]) -> int:
        now = self.service.clock()
        writes = [
            Write(
                place=bay.place,
                op="add",
                key=key,
                count=bay.beds if key == _INSTALLED else bay.free,
                observed_at=now,
                source=BED_MANAGEMENT,
                comment=COMMENT,
            )
            for bay, key in what
        ]
        return sum(verdict.done for verdict in self.service.write(writes, WHO))

    def _zones(self) -> dict[str, tuple[str, ...]]:
        """Return the activities of each zone all of whose units are fictitious."""
        wanted = ["activities", "place_ids", "unit.fictitious", "places.region", "places.id"]
        found: dict[str, tuple[str, ...]] = {}
        real: set[str] = set()
        for hit in self.service.gateway.scan(self.service.indices.units, source=wanted):
            unit: dict[str, Any] = hit["_source"]
            if not unit["unit"].get("fictitious"):
                real.update(unit.get("place_ids", ()))
                continue
            for place in unit.get("places", ()):
                if self.region in {None, place.get("region")}:
                    found[place["id"]] = tuple(unit["activities"])
        return {place: activities for place, activities in found.items() if place not in real}

    def _bay(self, place: str, activities: tuple[str, ...]) -> Bay:
        median = SURGERY if is_surgical(activities) else MEDICINE
        occupancy = self.random.betavariate(median * _CONCENTRATION, (1 - median) * _CONCENTRATION)
        return Bay(place, self.random.choice((8, 10, 12, 12, 16, 20, 24, 30)), occupancy)


def is_surgical(activities: tuple[str, ...]) -> bool:
    """Say whether an activity is surgery or obstetrics, by the words of its national label."""
    labels = (fold(nomenclature().label("R211", code)) for code in activities)
    return any(word in label for label in labels for word in _SURGICAL)


def _towards(gap: float) -> float:
    """Return the chance that a bed is freed, by how many are missing to the usual number."""
    return min(0.95, max(0.05, 0.5 + gap / 8))
