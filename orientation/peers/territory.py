"""Which peers a question is for: those whose territory its circle touches, all for rare care."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mappings.gazetteer import Gazetteer
from mappings.geo import Point, distance_m
from mappings.territory import department_of, regions
from orientation.criteria import Criteria
from orientation.peers.register import Peer

AUTO, ALL, NONE = "auto", "all", "none"
RARE = frozenset({"121", "359", "379"})
"""Activities sought in the whole country: care of severe burns (instruction DGOS/R2/DGS/DUS/2016/182)."""
_METRES_PER_DEGREE = 110_000.0
"""A little less than a degree of latitude is: nothing within reach is left out."""


@dataclass(slots=True)
class Territories:
    """Where departments lie, by the points of their communes, sorted by latitude; made once."""

    gazetteer: Gazetteer
    _points: dict[str, tuple[Point, ...]] = field(default_factory=dict)

    def touches(self, criteria: Criteria, peer: Peer) -> bool:
        """Say whether a question reaches into a peer's territory: by the places asked for, else by its circle."""
        territory = peer.territory
        if criteria.departments or criteria.regions or criteria.communes:
            return self._asked_for(criteria, peer)
        if criteria.origin is None:
            return False
        if peer.area is not None and peer.area.is_within(criteria.origin.point, criteria.radius_m or 0):
            return True
        if criteria.origin_department in territory or criteria.radius_m is None:
            return criteria.origin_department in territory
        return any(self._within(criteria.origin.point, criteria.radius_m, code) for code in territory)

    def _asked_for(self, criteria: Criteria, peer: Peer) -> bool:
        if peer.region in criteria.regions:
            return True
        if any(lies_in(peer, code, None, self.gazetteer) for code in criteria.communes if self.gazetteer.get(code)):
            return True
        if not peer.territory.isdisjoint(criteria.departments):
            return True
        area = peer.area
        return area is not None and any(area.contains(at) for code in criteria.departments for at in self._of(code))

    def _within(self, origin: Point, radius_m: int, department: str) -> bool:
        margin = radius_m / _METRES_PER_DEGREE
        return any(
            abs(point.lat - origin.lat) <= margin and distance_m(origin, point) <= radius_m
            for point in self._of(department)
        )

    def _of(self, department: str) -> tuple[Point, ...]:
        if not self._points:
            found: dict[str, list[Point]] = {}
            for commune in self.gazetteer.communes:
                if commune.point is not None:
                    found.setdefault(commune.department, []).append(commune.point)
            self._points = {code: tuple(points) for code, points in found.items()}
        return self._points.get(department, ())


def lies_in(peer: Peer, insee: str, point: Point | None, gazetteer: Gazetteer) -> bool:
    """Say whether a place is in a peer's territory: by its department, or by its point, else its commune's."""
    if department_of(insee) in peer.territory:
        return True
    where = point or gazetteer.centre(insee)
    return peer.area is not None and where is not None and peer.area.contains(where)


def chosen(asked: Sequence[str], peers: Iterable[Peer]) -> tuple[Peer, ...]:
    """Return the peers named by code or by region."""
    return tuple(each for each in peers if each.code in asked or each.region in asked)


def is_rare(criteria: Criteria) -> bool:
    """Say whether what is asked for is sought in the whole country."""
    return bool(criteria.activities) and RARE.issuperset(criteria.activities)


def region_label(peer: Peer) -> str:
    """Return the name of a peer's region."""
    return regions().get(peer.region, peer.region)
