"""Simulated movements of beds, for demonstrations: only of fictitious units, and each count says that it is one.

Zones are given an occupancy around the usual ones: medians 0.8 in medicine, 0.6 in surgery and obstetrics.
Movements go the way of real ones, write by write.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from beds.records import Write
from beds.service import BedService
from engine.errors import EngineUnavailable
from mappings.capacity import AVAILABLE, BED, INSTALLED, PLACE, Capacity, CapacityKey
from mappings.chunks import in_chunks
from mappings.document import places_of
from mappings.fold import fold
from mappings.nomenclature import nomenclature

WHO = "simulation"
_AT_ONCE = 500
"""Zones written to in one go."""
COMMENT = "simulé"
"""Said in every count of a simulation."""
BED_MANAGEMENT = "02"

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
    kind: str = BED

    def key(self, status: str) -> CapacityKey:
        """Return the key of a status, now, for anybody."""
        return CapacityKey(kind=self.kind, status=status)

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
        """Find the fictitious zones, say what is free in each, and what is installed where nothing says it.

        Counts by gender are taken away first: they would add up with ours. Returns the number of zones.
        """
        self.bays = [self._bay(place, activities) for place, activities in sorted(self._zones().items())]
        zones = self.service.store.load(bay.place for bay in self.bays)
        for chunk in in_chunks(self.bays, _AT_ONCE):
            writes: list[Write] = []
            for bay in chunk:
                held = zones[bay.place].capacities() if bay.place in zones else []
                writes += self._opening(bay, held)
            self.service.write(writes, WHO)
        return len(self.bays)

    def _opening(self, bay: Bay, held: list[Capacity]) -> list[Write]:
        """Return the first writes of a zone, by what is counted there: beds, else places."""
        kinds = {count.key.kind for count in held}
        bay.kind = PLACE if kinds == {PLACE} else BED
        installed = [count.count for count in held if count.key == bay.key(INSTALLED)]
        bay.beds = installed[0] if installed and installed[0] else bay.beds
        bay.free = round(bay.beds * (1 - bay.occupancy))
        gendered = [
            count.key
            for count in held
            if count.key == replace(bay.key(AVAILABLE), gender=count.key.gender) and count.key.gender
        ]
        writes = [self._write(bay, key, None) for key in gendered]
        if not installed:
            writes.append(self._write(bay, bay.key(INSTALLED), bay.beds))
        return [*writes, self._write(bay, bay.key(AVAILABLE), bay.free)]

    def step(self, count: int = 1) -> int:
        """Move so many zones once; return how many counts were accepted."""
        chosen = self.random.sample(self.bays, min(count, len(self.bays)))
        for bay in chosen:
            bay.move(self.random)
        writes = [self._write(bay, bay.key(AVAILABLE), bay.free) for bay in chosen]
        return sum(verdict.done for verdict in self.service.write(writes, WHO))

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

    def _write(self, bay: Bay, key: CapacityKey, count: int | None) -> Write:
        """Return what is said of a zone now; no count takes the key away."""
        return Write(
            place=bay.place,
            op="add" if count is not None else "delete",
            key=key,
            count=count,
            observed_at=self.service.clock(),
            source=BED_MANAGEMENT,
            comment=COMMENT,
        )

    def _zones(self) -> dict[str, tuple[str, ...]]:
        """Return the activities of each zone all of whose units are fictitious."""
        wanted = ["activities", "place_ids", "unit.fictitious"]
        wanted += [f"{where}.{name}" for where in ("place", "places") for name in ("region", "id")]
        found: dict[str, tuple[str, ...]] = {}
        real: set[str] = set()
        for hit in self.service.gateway.scan(self.service.indices.units, source=wanted):
            unit: dict[str, Any] = hit["_source"]
            if not unit["unit"].get("fictitious"):
                real.update(unit.get("place_ids", ()))
                continue
            for place in places_of(unit):
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
