"""Which hospitals stand in which communes: one cycle is a realistic population of a territory.

A larger demand repeats the cycle with other hospitals; a smaller one takes fewer hospitals and thins their
catalogues alike, so that any size still has towns and country, university hospitals and homes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import sqrt
from random import Random

from indexer.synth.catalogue import recipes_for
from indexer.synth.kinds import CHU_CITIES, CHU_RESIDENTS_EACH, KINDS, Kind
from mappings.gazetteer.model import Commune

CHU = "chu"
BURNS_SHARE = 0.6
"""Of the university hospital sites of a city with a burn centre, those which have it."""

ARRONDISSEMENT_CITIES = frozenset({"75056", "69123", "13055"})
"""Paris, Lyon, Marseille: hospitals stand in an arrondissement."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A hospital to be: ``seed`` decides all about it, ``cycle`` how many of its like came before it."""

    kind: Kind
    commune: Commune
    traits: frozenset[str]
    seed: str
    cycle: int


class Territory:
    """The communes that hospitals may stand in."""

    def __init__(self, communes: Sequence[Commune]) -> None:
        """Keep inhabited present communes, and the arrondissements of those that have some."""
        self.parts = _parts(communes)
        self.communes = sorted((c for c in communes if c.parent is None and c.weight > 0), key=lambda c: c.insee)
        self.population = sum(commune.weight for commune in self.communes)
        self._rows = _rows(
            [commune for commune in self.communes if commune.insee not in self.parts]
            + [part for parts in self.parts.values() for part in parts]
        )
        self._draws = {kind.code: self._eligible(kind) for kind in KINDS}

    def units_expected(self) -> float:
        """Return about how many units one cycle makes."""
        return sum(self._hospitals(kind) * _units_of(kind) for kind in KINDS)

    def cycle(self, seed: int, number: int) -> list[Planned]:
        """Return the hospitals of one cycle, every kind spread evenly over the list, one CHU first."""
        rng = Random(f"{seed}/{number}")
        placed: list[tuple[float, Planned]] = []
        for kind in KINDS:
            communes = self._chu_communes(rng) if kind.code == CHU else self._draw(kind, rng)
            for index, commune in enumerate(communes):
                rank = (index + (0 if kind.code == CHU else rng.random())) / len(communes)
                hospital = f"{seed}/{number}/{kind.code}/{index}"
                traits = self._traits(kind, commune, rng, first=index == 0)
                placed.append((rank, Planned(kind, self._within(commune, rng), traits, hospital, number)))
        if not placed and self.communes:
            largest = max(self.communes, key=lambda commune: commune.weight)
            placed = [(0.0, Planned(KINDS[-2], largest, frozenset({KINDS[-2].code}), f"{seed}/{number}", number))]
        placed.sort(key=lambda pair: pair[0])
        return [planned for _, planned in placed]

    def near(self, commune: Commune) -> tuple[Commune, ...]:
        """Return up to four neighbours in the same department, the nearest of them first."""
        row, place = self._rows.get(commune.insee, ((), 0))
        others = [other for other in row[max(0, place - 2) : place + 3] if other is not commune]
        return tuple(sorted(others, key=lambda other: _squared_degrees(commune, other)))

    def _hospitals(self, kind: Kind) -> float:
        """Return how many hospitals of a kind a cycle has."""
        if kind.code == CHU:
            cities = (c for c in self.communes if c.insee in CHU_CITIES)
            return sum(1 + city.weight // CHU_RESIDENTS_EACH for city in cities)
        return kind.per_million * self.population / 1e6

    def _chu_communes(self, rng: Random) -> list[Commune]:
        """Return the city of each university hospital: one with a burn centre first, no city twice before all."""
        cities = [c for c in self.communes if c.insee in CHU_CITIES]
        rng.shuffle(cities)
        burns = next((place for place, city in enumerate(cities) if CHU_CITIES[city.insee]), 0)
        cities = cities[burns : burns + 1] + cities[:burns] + cities[burns + 1 :]
        more = [city for city in cities for _ in range(city.weight // CHU_RESIDENTS_EACH)]
        return cities + more

    def _draw(self, kind: Kind, rng: Random) -> list[Commune]:
        """Draw communes by population, no more hospitals in one than its people need."""
        eligible, weights = self._draws[kind.code]
        wanted = self._hospitals(kind)
        number = int(wanted) + (rng.random() < wanted % 1)
        if not eligible or not number:
            return []
        held: Counter[str] = Counter()
        taken: list[Commune] = []
        for commune in rng.choices(eligible, cum_weights=weights, k=4 * number + 8):
            if held[commune.insee] <= commune.weight // kind.residents_each and len(taken) < number:
                held[commune.insee] += 1
                taken.append(commune)
        return taken

    def _eligible(self, kind: Kind) -> tuple[list[Commune], list[float]]:
        """Return the communes that may hold a kind, and the running total of their weights."""
        eligible = [c for c in self.communes if kind.smallest <= c.weight <= kind.largest]
        return eligible, list(accumulate(commune.weight**kind.skew for commune in eligible))

    def _within(self, commune: Commune, rng: Random) -> Commune:
        """Return an arrondissement of a city that has some, else the commune."""
        parts = self.parts.get(commune.insee)
        return parts[int(rng.random() * len(parts))] if parts else commune

    def _traits(self, kind: Kind, commune: Commune, rng: Random, *, first: bool) -> frozenset[str]:
        """Draw what sets a hospital apart; of several maternity types the first drawn holds.

        The first university hospital of a territory has a burn centre, wherever it is, so that one can be found.
        """
        traits = {kind.code}
        for trait, probability in kind.traits:
            alike = trait.startswith("maternity") and any(other.startswith("maternity") for other in traits)
            if rng.random() < probability and not alike:
                traits.add(trait)
        if kind.code == CHU:
            one_of_several = CHU_CITIES[commune.insee] and rng.random() < BURNS_SHARE
            if first or one_of_several:
                traits.add("burns")
        return frozenset(traits)


def hospitals(territory: Territory, seed: int) -> Iterator[Planned]:
    """Yield hospitals for ever, cycle after cycle; nothing when the territory can hold none."""
    number = 0
    while cycle := territory.cycle(seed, number):
        yield from cycle
        number += 1


def density(territory: Territory, count: int) -> float:
    """Return the share of its catalogue that each hospital keeps: few units still show the variety."""
    expected = territory.units_expected()
    return 1.0 if expected <= count else sqrt(count / expected)


def _units_of(kind: Kind) -> float:
    """Return how many units a hospital of this kind has on average."""
    shares = {kind.code: 1.0, **dict(kind.traits)}
    return sum(
        expected * share * recipe.units_expected
        for trait, share in shares.items()
        for recipe, expected in recipes_for(frozenset({trait}))
    )


def _parts(communes: Sequence[Commune]) -> dict[str, list[Commune]]:
    """Return the municipal arrondissements of each city that has some."""
    parts: dict[str, list[Commune]] = defaultdict(list)
    for commune in communes:
        if commune.parent in ARRONDISSEMENT_CITIES:
            parts[commune.parent or ""].append(commune)
    return {city: sorted(found, key=lambda part: part.insee) for city, found in parts.items()}


def _rows(communes: Sequence[Commune]) -> dict[str, tuple[list[Commune], int]]:
    """Lay the communes of each department in rows of a tenth of a degree, west to east, row after row.

    Return by INSEE code the department's list and the commune's position: those beside it are near it,
    cheaply.
    """
    laid: dict[str, list[Commune]] = defaultdict(list)
    for commune in communes:
        if commune.point is not None:
            laid[commune.department].append(commune)
    for row in laid.values():
        row.sort(key=lambda c: (round(c.point.lat, 1), c.point.lon, c.insee) if c.point else (0.0, 0.0, ""))
    return {commune.insee: (row, place) for row in laid.values() for place, commune in enumerate(row)}


def _squared_degrees(a: Commune, b: Commune) -> float:
    """Return a distance good enough to compare communes of one department; far when a point is missing."""
    if a.point is None or b.point is None:
        return 1e9
    return (a.point.lat - b.point.lat) ** 2 + ((a.point.lon - b.point.lon) * 0.7) ** 2
