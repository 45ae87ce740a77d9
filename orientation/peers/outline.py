"""The territory of a peer as GeoJSON: read from an operator's file, kept in the register as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from mappings.area import Area, Ring
from mappings.errors import FieldError, InvalidInput, shorten
from mappings.geo import Point

MAX_BYTES = 2 * 2**20
MAX_POSITIONS = 10_000
"""Corners of an outline; a simplified region has some hundreds."""


@lru_cache(maxsize=64)
def read_area(text: str) -> Area:
    """Read a Polygon or MultiPolygon, by itself, as a Feature, or as a collection of these.

    ``InvalidInput`` says what is wrong and where: ``territory.coordinates[0][2]``.
    """
    if len(text) > MAX_BYTES:
        raise _wrong("territory", f"is larger than {MAX_BYTES // 2**20} MiB: simplify it")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _wrong("territory", f"is no JSON: {shorten(error)}") from None
    area = Area(tuple(_polygons(data, "territory")))
    positions = sum(len(ring) for polygon in area.polygons for ring in polygon)
    if positions > MAX_POSITIONS:
        raise _wrong("territory", f"has {positions} corners, at most {MAX_POSITIONS} are read: simplify it")
    return area


def outline_of(area: Area) -> str:
    """Write an area as the text of a MultiPolygon."""
    rings = [[[[point.lon, point.lat] for point in ring] for ring in polygon] for polygon in area.polygons]
    return json.dumps({"type": "MultiPolygon", "coordinates": rings}, separators=(",", ":"))


def _polygons(data: Any, where: str) -> Iterator[tuple[Ring, ...]]:
    kind = data.get("type") if isinstance(data, dict) else None
    if kind == "FeatureCollection":
        features = _listed(data.get("features"), f"{where}.features", 1)
        for number, feature in enumerate(features):
            yield from _polygons(feature, f"{where}.features[{number}]")
    elif kind == "Feature":
        yield from _polygons(data.get("geometry"), f"{where}.geometry")
    elif kind == "Polygon":
        yield _polygon(data.get("coordinates"), f"{where}.coordinates")
    elif kind == "MultiPolygon":
        for number, each in enumerate(_listed(data.get("coordinates"), f"{where}.coordinates", 1)):
            yield _polygon(each, f"{where}.coordinates[{number}]")
    else:
        raise _wrong(f"{where}.type", "must be Polygon, MultiPolygon, Feature or FeatureCollection", kind)


def _polygon(data: Any, where: str) -> tuple[Ring, ...]:
    return tuple(_ring(each, f"{where}[{number}]") for number, each in enumerate(_listed(data, where, 1)))


def _ring(data: Any, where: str) -> Ring:
    listed = _listed(data, where, 4)
    ring = tuple(_position(each, f"{where}[{number}]") for number, each in enumerate(listed))
    if ring[0] != ring[-1]:
        raise _wrong(where, "must be closed: its last position is its first", f"{listed[0]} … {listed[-1]}")
    return ring


def _position(data: Any, where: str) -> Point:
    given = _listed(data, where, 2)
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in given[:2]):
        raise _wrong(where, "must be two numbers, longitude first", data)
    try:
        return Point(lat=float(given[1]), lon=float(given[0]))
    except (ValueError, OverflowError) as error:
        raise _wrong(where, f"{error}; longitude comes first", data) from None


def _listed(data: Any, where: str, least: int) -> Sequence[Any]:
    if not isinstance(data, list) or len(data) < least:
        raise _wrong(where, f"must be a list of {least} or more", data)
    return data


def _wrong(where: str, rule: str, given: object = "") -> InvalidInput:
    return InvalidInput([FieldError(where, rule, shorten(given))])
