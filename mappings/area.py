"""An area of the earth's surface bounded by polygons: whether it holds a point, or comes near one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from math import cos, hypot, radians

from mappings.geo import EARTH_RADIUS_M, Point

Ring = tuple[Point, ...]
"""Closed: the last point is the first."""
Edge = tuple[Point, Point]
_BANDS = 200


@dataclass(frozen=True, slots=True)
class Area:
    """Polygons, each an outer ring and its holes. A point is inside by the even-odd rule, edges straight in degrees.

    Edges are kept by bands of latitude, so that a point is compared with those at its height only: every unit that a
    peer sends is looked up. No area crosses the 180th meridian.
    """

    polygons: tuple[tuple[Ring, ...], ...]
    _low: float = field(init=False, compare=False)
    _height: float = field(init=False, compare=False)
    _bands: tuple[tuple[tuple[int, Edge], ...], ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Put the edges in their bands, each with the number of its polygon."""
        lats = [point.lat for polygon in self.polygons for ring in polygon for point in ring]
        object.__setattr__(self, "_low", min(lats))
        object.__setattr__(self, "_height", max((max(lats) - min(lats)) / _BANDS, 1e-9))
        bands: list[list[tuple[int, Edge]]] = [[] for _ in range(_BANDS + 1)]
        for number, edge in self._numbered():
            first, last = sorted(self._band(point.lat) for point in edge)
            for band in range(first, last + 1):
                bands[band].append((number, edge))
        object.__setattr__(self, "_bands", tuple(map(tuple, bands)))

    def _numbered(self) -> Iterator[tuple[int, Edge]]:
        for number, polygon in enumerate(self.polygons):
            for ring in polygon:
                yield from ((number, edge) for edge in pairwise(ring))

    def _band(self, lat: float) -> int:
        return int((lat - self._low) / self._height)

    def contains(self, point: Point) -> bool:
        """Say whether a point lies in one of the polygons and in none of its holes."""
        band = self._band(point.lat)
        if point.lat < self._low or band > _BANDS:
            return False
        inside: set[int] = set()
        for number, (a, b) in self._bands[band]:
            if (a.lat > point.lat) != (b.lat > point.lat):
                crossing = a.lon + (point.lat - a.lat) / (b.lat - a.lat) * (b.lon - a.lon)
                if point.lon < crossing:
                    inside ^= {number}
        return bool(inside)

    def is_within(self, point: Point, metres: float) -> bool:
        """Say whether the area comes as near to a point; where the plane is no map of the sphere, rather too often."""
        if self.contains(point):
            return True
        margin = metres / (EARTH_RADIUS_M * radians(1))
        return any(
            _distance_m(point, *edge) <= metres
            for _, edge in self._numbered()
            if edge[0].lat - margin <= point.lat <= edge[1].lat + margin
            or edge[1].lat - margin <= point.lat <= edge[0].lat + margin
        )


def _distance_m(point: Point, a: Point, b: Point) -> float:
    """Return the distance from a point to an edge on a plane, whose degrees of longitude are nowhere too long."""
    metres = EARTH_RADIUS_M * radians(1)
    shortest = metres * cos(radians(max(abs(point.lat), abs(a.lat), abs(b.lat))))
    ax, ay = (a.lon - point.lon) * shortest, (a.lat - point.lat) * metres
    bx, by = (b.lon - point.lon) * shortest, (b.lat - point.lat) * metres
    length = (bx - ax) ** 2 + (by - ay) ** 2
    along = 0.0 if length == 0 else min(1.0, max(0.0, -(ax * (bx - ax) + ay * (by - ay)) / length))
    return hypot(ax + along * (bx - ax), ay + along * (by - ay))
