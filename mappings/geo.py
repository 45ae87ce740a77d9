"""A place on the earth, and the distance between two, as the engine measures it."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, cos, degrees, pi, radians, sin, sqrt

EARTH_RADIUS_M = 6_371_008.7714
"""Mean earth radius in metres: Lucene's ``GeoUtils.EARTH_MEAN_RADIUS_METERS``, so distances agree with it."""


@dataclass(frozen=True, slots=True)
class Point:
    """A WGS84 position in decimal degrees; raise ValueError naming the field when it is not on the globe."""

    lat: float
    lon: float

    def __post_init__(self) -> None:
        """Refuse what is not a number or is off the globe; not-a-number fails both comparisons."""
        if not -90.0 <= self.lat <= 90.0:
            raise ValueError(f"lat: {self.lat} is not a number of degrees between -90 and 90")
        if not -180.0 <= self.lon <= 180.0:
            raise ValueError(f"lon: {self.lon} is not a number of degrees between -180 and 180")


def distance_m(a: Point, b: Point) -> float:
    """Return the great-circle distance in metres (haversine on the sphere Elasticsearch uses)."""
    lat_a, lat_b = radians(a.lat), radians(b.lat)
    half_lat = sin((lat_b - lat_a) / 2)
    half_lon = sin(radians(b.lon - a.lon) / 2)
    chord = half_lat * half_lat + cos(lat_a) * cos(lat_b) * half_lon * half_lon
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(chord)))


@dataclass(frozen=True, slots=True)
class Box:
    """What lies between two parallels and two meridians, in decimal degrees; ``west`` > ``east`` crosses 180°."""

    north: float
    south: float
    west: float
    east: float

    def holds(self, point: Point) -> bool:
        """Say whether a point lies in it."""
        within = (self.west <= point.lon, point.lon <= self.east)
        return self.south <= point.lat <= self.north and (all(within) if self.west <= self.east else any(within))


_MARGIN_DEG = 1e-5
"""About a metre: what lies on the edge of a circle lies in its box, however a coordinate was rounded."""


def box_around(centre: Point, radius_m: float) -> Box | None:
    """Return a box that holds the circle; ``None`` where it would reach a pole, and so every meridian."""
    angle = radius_m / EARTH_RADIUS_M
    tall = degrees(angle) + _MARGIN_DEG
    north, south = centre.lat + tall, centre.lat - tall
    if north >= 90 or south <= -90 or angle >= pi / 2:
        return None
    wide = degrees(asin(min(1.0, sin(angle) / cos(radians(centre.lat))))) + _MARGIN_DEG
    return Box(north, south, _meridian(centre.lon - wide), _meridian(centre.lon + wide))


def _meridian(lon: float) -> float:
    """Return a longitude between -180 and 180."""
    return (lon + 180) % 360 - 180
