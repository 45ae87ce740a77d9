"""A place on the earth, and the distance between two, as the engine measures it."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

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
