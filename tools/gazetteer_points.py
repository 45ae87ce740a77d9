"""Give communes the points of places that bear their names, or of their neighbours."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from statistics import median

from mappings.gazetteer.names import name_key, without_article
from mappings.geo import Point, distance_m

CHIEF_TOWNS = {"97701": "gustavia", "97801": "marigot"}
"""Overseas communes named after their island: the place which stands for them."""

MIN_REACH_M, MIN_MEMBERS = 12_000.0, 4
"""A group spreads at least this far, and needs this many known members to judge another by."""

SAME_POPULATION = 0.25
"""Logarithm of the ratio under which two counts are of one commune some years apart."""


@dataclass(slots=True)
class Place:
    """A GeoNames place: its area (region code or overseas country), key, other keys, point, population."""

    area: str
    code: str
    key: str
    others: frozenset[str]
    point: Point
    population: int


@dataclass(slots=True)
class Row:
    """A commune or municipal arrondissement being given its point."""

    insee: str
    name: str
    postcodes: list[str]
    population: int | None
    department: str
    area: str
    parent: str
    groups: list[tuple[str, str]]
    keys: list[str]
    former: list[str] = field(default_factory=list)
    point: Point | None = None
    source: str = ""
    unlike: float = 0.0


def place_all(rows: dict[str, Row], places: list[Place]) -> None:
    """Give every commune a point and its source, except where nothing near is known."""
    name_arrondissements(rows, places)
    join([row for row in rows.values() if row.point is None], places)
    join_by_code(rows, places)
    estimate(list(rows.values()))


def mean(points: Iterable[Point]) -> Point:
    """Return the mean of at least one point, in degrees: the points are a few kilometres apart."""
    known = list(points)
    return Point(sum(p.lat for p in known) / len(known), sum(p.lon for p in known) / len(known))


class Neighbours:
    """The communes that have a point, by group."""

    def __init__(self, rows: Iterable[Row]) -> None:
        """Index the rows that have a point."""
        self._members: dict[tuple[str, str], list[Row]] = defaultdict(list)
        self._extents: dict[tuple[str, str], tuple[Point, float]] = {}
        for row in rows:
            if row.point is not None:
                for group in row.groups:
                    self._members[group].append(row)

    def mean_of(self, row: Row, kind: str) -> Point | None:
        """Return the mean point of the others in the row's groups of ``kind``, None when it has none."""
        groups = [group for group in row.groups if group[0] == kind]
        near = {n.insee: n.point for group in groups for n in self._members[group] if n is not row and n.point}
        return mean(near.values()) if near else None

    def gap(self, row: Row, point: Point) -> float:
        """Return how far ``point`` is from its neighbours' median, as a share of what is believable there.

        Islands are never judged: their communes are few, far apart and of distinct names.
        """
        if row.area.isalpha():
            return 0.0
        for kind in ("epci", "arrondissement", "department"):
            for group in (group for group in row.groups if group[0] == kind):
                if len(self._members[group]) >= MIN_MEMBERS:
                    centre, reach = self._extent(group)
                    return distance_m(centre, point) / reach
        return 0.0

    def _extent(self, group: tuple[str, str]) -> tuple[Point, float]:
        """Return the group's median point and the distance in metres beyond which a member is a stray."""
        if group not in self._extents:
            points = [row.point for row in self._members[group] if row.point is not None]
            centre = Point(median(p.lat for p in points), median(p.lon for p in points))
            spread = median(distance_m(centre, point) for point in points)
            self._extents[group] = centre, max(MIN_REACH_M, 3 * spread)
        return self._extents[group]


def disagreement(row: Row, place: Place) -> float:
    """Return how much the populations disagree: 0 when equal, 1 for a factor e."""
    return abs(math.log((place.population + 50) / ((row.population or 0) + 50)))


def by_key(rows: Iterable[Row], places: Iterable[Place], *, bare: bool) -> Iterator[tuple[list[Row], list[Place]]]:
    """Yield the communes and places of one name in one area; ``bare`` leaves articles out."""
    trim: Callable[[str], str] = without_article if bare else str
    of_rows: dict[tuple[str, str], list[Row]] = defaultdict(list)
    of_places: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for row in rows:
        for key in {trim(key) for key in row.keys}:
            of_rows[row.area, key].append(row)
    for place in places:
        of_places[place.area, trim(place.key)].append(place)
    for both in sorted(of_rows.keys() & of_places.keys()):
        yield of_rows[both], of_places[both]


def believable(gap: float, unlike: float) -> bool:
    """Tell whether a name match holds: near its neighbours, or less near with nearly the same population."""
    return gap <= 1 or (gap <= 2 and unlike <= SAME_POPULATION)


def take(row: Row, place: Place, used: set[int]) -> None:
    """Give the commune the place's point."""
    row.point, row.source, row.unlike = place.point, "geonames", disagreement(row, place)
    used.add(id(place))


def join(rows: list[Row], places: list[Place]) -> None:
    """Give every commune found among the places its point, surest first."""
    used: set[int] = set()
    for named, found in by_key(rows, places, bare=False):
        if len(named) == len(found) == 1 and found[0].population <= 3 * (named[0].population or 0) + 300:
            take(named[0], found[0], used)
    drop_strays(rows)
    for bare in (False, True):
        near = Neighbours(rows)
        left = [place for place in places if id(place) not in used]
        for named, found in by_key([row for row in rows if row.point is None], left, bare=bare):
            settle(named, found, near, used)
    join_other_names(rows, [place for place in places if id(place) not in used], used)
    drop_strays(rows)


def settle(named: list[Row], found: list[Place], near: Neighbours, used: set[int]) -> None:
    """Share the places of one name among its communes: near their neighbours, alike in population."""
    pairs = [(near.gap(row, place.point), disagreement(row, place), row, place) for row in named for place in found]
    for gap, unlike, row, place in sorted(pairs, key=lambda pair: pair[0] + pair[1]):
        if row.point is None and id(place) not in used and believable(gap, unlike) and min(2 * gap, unlike) <= 1:
            take(row, place, used)


def join_other_names(rows: list[Row], places: list[Place], used: set[int]) -> None:
    """Use a place's other names and shorter ones, where both neighbours and population agree."""
    near = Neighbours(rows)
    known: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for place in places:
        for key in {*place.others, *openings(place.key)}:
            known[place.area, key].append(place)
    for row in sorted(rows, key=lambda row: -(row.population or 0)):
        if row.point is None:
            found = [p for key in row.keys for part in (key, *openings(key)) for p in known[row.area, part]]
            close = [p for p in found if id(p) not in used and near.gap(row, p.point) <= 0.6]
            close = [p for p in close if disagreement(row, p) <= 1.2]
            if close:
                take(row, min(close, key=lambda p: disagreement(row, p)), used)


def openings(key: str) -> list[str]:
    """Return the names of four letters or more that ``key`` lengthens by whole words, and itself."""
    words = key.split()
    parts = [" ".join(words[:count]) for count in range(1, len(words) + 1)]
    return [part for part in parts if len(part) >= 4 and part not in ("saint", "sainte")]


def drop_strays(rows: list[Row]) -> None:
    """Take back the points too far from their neighbours: a place of the same name elsewhere."""
    near = Neighbours(rows)
    strays = [row for row in rows if row.point and not believable(near.gap(row, row.point), row.unlike)]
    for row in strays:
        row.point, row.source = None, ""


def join_by_code(rows: dict[str, Row], places: list[Place]) -> None:
    """Place overseas communes: GeoNames codes some by INSEE, and an island is known by its chief town."""
    for place in sorted(places, key=lambda place: place.population):
        row = rows.get(place.code) or next((rows[c] for c, key in CHIEF_TOWNS.items() if key == place.key), None)
        if row is not None and (row.point is None or row.source == "geonames"):
            row.point, row.source = place.point, "geonames"


def estimate(rows: list[Row]) -> None:
    """Give what is left the mean point of its tightest neighbourhood, and say which it is."""
    near = Neighbours(rows)
    for row in [row for row in rows if row.point is None]:
        for kind in ("postcode", "epci", "arrondissement", "department"):
            row.point = near.mean_of(row, kind)
            if row.point is not None:
                row.source = kind
                break


def name_arrondissements(rows: dict[str, Row], places: list[Place]) -> None:
    """Place municipal arrondissements, written ``Paris 15 Vaugirard``, ``Lyon 03``, ``Marseille 07``."""
    for row in rows.values():
        if row.parent:
            number = int("".join(c for c in row.name.split()[1] if c.isdigit()))
            words = f"{name_key(rows[row.parent].name)} {number:02d}"
            found = [p for p in places if p.area == row.area and f"{p.key} ".startswith(f"{words} ")]
            if len(found) == 1:
                row.point, row.source = found[0].point, "geonames"
