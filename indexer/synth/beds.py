"""Bed counts of a zone: what is installed, and what a bed manager last said.

Occupancy quantiles are those of the SAE 2023 (table MCO, days used over bed-days open, per site): 10 %, 50 %
and 90 %. Free beds are drawn beside them, never computed as installed minus occupied. Freshness and silence
are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import Random

from mappings import capacity as c
from mappings.capacity import Capacity, CapacityKey

OCCUPANCY: Mapping[str, tuple[float, float, float]] = {
    "med": (0.46, 0.82, 1.03),
    "chir": (0.25, 0.57, 0.80),
    "obs": (0.32, 0.61, 0.87),
}
"""Family → occupancy at the first decile, the median and the last decile; others are like medicine."""

SILENT_SHARE = 0.1
"""Zones that never say what is free."""

HOURLY = frozenset({"crit", "urgence"})
_DAY_S = 86_400
_FRESH: tuple[tuple[float, int, int], ...] = (
    (0.82, 300, 21_600),
    (0.93, 21_600, _DAY_S),
    (1.0, _DAY_S, 12 * _DAY_S),
)
_USUAL: tuple[tuple[float, int, int], ...] = (
    (0.5, 600, 43_200),
    (0.8, 43_200, 129_600),
    (1.0, 129_600, 30 * _DAY_S),
)
"""Share of zones up to here → bounds of the age of their counts in seconds: critical care, then others."""


def _key(status: str, **others: str) -> tuple[CapacityKey, CapacityKey]:
    """Return the same key for beds and for places."""
    return CapacityKey(kind=c.BED, status=status, **others), CapacityKey(kind=c.PLACE, status=status, **others)


_INSTALLED, _OCCUPIED, _RESERVED, _FREE = (
    _key(c.INSTALLED),
    _key(c.OCCUPIED),
    _key(c.RESERVED),
    _key(c.AVAILABLE),
)
_FREE_WOMEN, _FREE_MEN = _key(c.AVAILABLE, gender=c.FEMALE), _key(c.AVAILABLE, gender=c.MALE)
_FREE_COVID = _key(c.AVAILABLE, assignment="02")
_CLOSED = (_key(c.CLOSED, closing_kind=c.REOPENABLE), _key(c.CLOSED, closing_kind="02"))
_LATER = (
    (0.30, _key(c.AVAILABLE, horizon=c.HORIZONS["24h"])),
    (0.06, _key(c.AVAILABLE, horizon=c.HORIZONS["48h"])),
    (0.03, _key(c.AVAILABLE, horizon=c.HORIZONS["7d"])),
    (0.04, _key(c.AVAILABLE, horizon=c.HORIZONS["1h"])),
)
_EXTRA = (_key(c.EXTRA, extra_kind=c.EXTRA_WITHOUT_STAFF), _key(c.EXTRA, extra_kind=c.EXTRA_WITH_STAFF))
_CRISIS = (
    _key(c.EXTRA, extra_kind=c.EXTRA_WITH_STAFF, crisis="02"),
    _key(c.EXTRA, extra_kind=c.EXTRA_WITH_STAFF, crisis="02", horizon=c.HORIZONS["24h"]),
)


class BedManager:
    """Counts the beds of one hospital's zones as one source (R335) would."""

    def __init__(self, rng: Random, as_of: datetime, *, live: bool) -> None:
        """Count as at ``as_of``; without ``live`` only what is installed is told."""
        self._random, self._as_of, self._live = rng.random, as_of, live
        self._source = ("01", "01", "02", "02", "03", "04")[int(rng.random() * 6)]

    def counts(self, family: str, installed: int, *, places: bool) -> tuple[Capacity, ...]:
        """Return the counts of a zone of ``installed`` beds, or places by day."""
        random = self._random
        long_ago = self._as_of - timedelta(days=int(random() * 300) + 1)
        told = [self._count(_INSTALLED[places], installed, long_ago)]
        if not self._live:
            return tuple(told)
        seen = self._as_of - timedelta(seconds=self._age_s(family))
        closed = int(installed * random() * 0.3) if random() < 0.15 else 0
        if closed:
            told.append(self._count(_CLOSED[random() < 0.35][places], closed, seen))
        if random() < SILENT_SHARE:
            return tuple(told)
        told += self._live_counts(family, installed - closed, seen, places)
        return tuple(told)

    def _live_counts(self, family: str, staffed: int, seen: datetime, places: bool) -> list[Capacity]:
        """Return what is taken, free, soon free and mobilisable."""
        random = self._random
        share = occupancy(family, random)
        free = max(0, round(staffed * (1 - share) * 0.6 + random() * 2.4 - 1.2))
        told = self._free(free, seen, places)
        if random() < 0.8:
            told.append(self._count(_OCCUPIED[places], round(staffed * share), seen))
        if random() < 0.2:
            told.append(self._count(_RESERVED[places], int(random() * 3), seen))
        for probability, key in _LATER:
            if random() < probability:
                told.append(self._count(key[places], int(free + random() * 4), seen))
        if random() < (0.35 if family == "crit" else 0.06):
            told.append(self._count(_EXTRA[random() < 0.5][places], 1 + int(random() * 4), seen))
            if random() < 0.3:
                told.append(self._count(_CRISIS[random() < 0.5][places], 1 + int(random() * 6), seen))
        if random() < 0.01:
            told.append(self._count(_FREE_COVID[places], 1 + int(random() * 2), seen))
        return told

    def _free(self, free: int, seen: datetime, places: bool) -> list[Capacity]:
        """Return the free beds, one zone in five by gender."""
        if self._random() >= 0.2:
            return [self._count(_FREE[places], free, seen)]
        women = int(self._random() * (free + 1))
        return [
            self._count(_FREE_WOMEN[places], women, seen),
            self._count(_FREE_MEN[places], free - women, seen),
        ]

    def _age_s(self, family: str) -> int:
        """Return how old the last counts are, in seconds."""
        drawn = self._random()
        for share, low, high in _FRESH if family in HOURLY else _USUAL:
            if drawn < share:
                return low + int(self._random() * (high - low))
        raise AssertionError("the last share is 1")

    def _count(self, key: CapacityKey, count: int, seen: datetime) -> Capacity:
        return Capacity(key=key, count=count, observed_at=seen, source=self._source)


def occupancy(family: str, random: Callable[[], float]) -> float:
    """Draw an occupancy so that its three quantiles are those of the family, straight lines between."""
    low, middle, high = OCCUPANCY.get(family, OCCUPANCY["med"])
    drawn = random()
    if drawn < 0.1:
        return low * (0.5 + 5 * drawn)
    if drawn < 0.5:
        return low + (drawn - 0.1) / 0.4 * (middle - low)
    if drawn < 0.9:
        return middle + (drawn - 0.5) / 0.4 * (high - middle)
    return high + (drawn - 0.9) * 0.5
