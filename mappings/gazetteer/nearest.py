"""Which commune a point is in, or next to: by the nearest centre, from a grid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from math import cos, floor, radians

from mappings.gazetteer.model import Commune
from mappings.geo import Point, distance_m

REACH_M = 40_000.0
"""No commune is so wide: further from every centre, a point is at sea or abroad."""
_CELL = 0.25
"""Degrees on a side of a cell; 28 km of latitude hold some 25 communes in France."""


class Nearest:
    """Find the commune with the nearest centre."""

    def __init__(self, communes: Iterable[Commune]) -> None:
        """Put present communes in their cells; parts of communes are left out."""
        self._cells: dict[tuple[int, int], list[tuple[Point, Commune]]] = defaultdict(list)
        for commune in communes:
            if commune.point is not None and commune.parent is None:
                self._cells[_cell(commune.point)].append((commune.point, commune))

    def nearest(self, point: Point) -> Commune | None:
        """Return the commune whose centre is nearest, ties by code; ``None`` beyond ``REACH_M``."""
        near = ((distance_m(point, centre), commune.insee, commune) for centre, commune in self._around(point))
        metres, _, commune = min(near, default=(REACH_M + 1, "", None), key=lambda each: each[:2])
        return commune if metres <= REACH_M else None

    def _around(self, point: Point) -> Iterator[tuple[Point, Commune]]:
        """Yield the communes of every cell that ``REACH_M`` touches; meridians close up towards the poles."""
        degrees = REACH_M / 111_000
        row, column = _cell(point)
        rows = floor(degrees / _CELL) + 1
        columns = min(floor(degrees / max(cos(radians(point.lat)), 0.05) / _CELL) + 1, 360)
        for y in range(row - rows, row + rows + 1):
            for x in range(column - columns, column + columns + 1):
                yield from self._cells.get((y, x), ())


def _cell(point: Point) -> tuple[int, int]:
    return floor(point.lat / _CELL), floor(point.lon / _CELL)
