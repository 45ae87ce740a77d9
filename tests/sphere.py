"""Where one gets to on the sphere: another way to say how far two points are apart."""

from __future__ import annotations

from math import asin, atan2, cos, degrees, radians, sin

from mappings.geo import EARTH_RADIUS_M, Point


def reached(start: Point, metres: float, bearing: float) -> Point:
    """Return the point that many metres away, in the direction of a bearing in radians from the north."""
    angle, lat = metres / EARTH_RADIUS_M, radians(start.lat)
    to = asin(max(-1.0, min(1.0, sin(lat) * cos(angle) + cos(lat) * sin(angle) * cos(bearing))))
    turn = atan2(sin(bearing) * sin(angle) * cos(lat), cos(angle) - sin(lat) * sin(to))
    return Point(degrees(to), (start.lon + degrees(turn) + 180) % 360 - 180)
