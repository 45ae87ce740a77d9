"""Areas bounded by polygons: what lies in them, what is near, and files that are no outline."""

from __future__ import annotations

import json
from math import cos, radians
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.area import Area
from mappings.errors import InvalidInput
from mappings.geo import Point, distance_m
from orientation.peers.outline import MAX_POSITIONS, outline_of, read_area

SQUARE = [[1.0, 48.0], [2.0, 48.0], [2.0, 49.0], [1.0, 49.0], [1.0, 48.0]]
HOLE = [[1.4, 48.4], [1.6, 48.4], [1.6, 48.6], [1.4, 48.6], [1.4, 48.4]]
OTHER = [[[3.0, 48.0], [3.2, 48.0], [3.1, 48.5], [3.0, 48.0]]]


def area(kind: str, coordinates: Any) -> Area:
    return read_area(json.dumps({"type": kind, "coordinates": coordinates}))


def test_a_point_is_inside_a_polygon_outside_its_hole_and_inside_any_of_several() -> None:
    both = area("MultiPolygon", [[SQUARE, HOLE], OTHER])
    assert both.contains(Point(48.2, 1.2))
    assert not both.contains(Point(48.5, 1.5)), "in the hole"
    assert both.contains(Point(48.1, 3.1))
    assert not both.contains(Point(48.4, 3.18))
    for outside in (Point(47.9, 1.5), Point(49.1, 1.5), Point(48.5, 0.9), Point(48.5, 2.5), Point(-48.5, 1.5)):
        assert not both.contains(outside)


@given(st.floats(40, 55), st.floats(-5, 9))
def test_a_point_is_in_a_box_as_its_bounds_say(lat: float, lon: float) -> None:
    box = area("Polygon", [SQUARE])
    inside = 48 < lat < 49 and 1 < lon < 2
    on_edge = lat in {48.0, 49.0} or lon in {1.0, 2.0}
    assert on_edge or box.contains(Point(lat, lon)) == inside


@given(st.floats(44, 53), st.floats(-4, 7), st.integers(1, 400_000))
def test_nothing_within_reach_is_left_out_and_little_beyond_it_is_taken(lat: float, lon: float, metres: int) -> None:
    box, origin = area("Polygon", [SQUARE]), Point(lat, lon)
    nearest = Point(min(max(lat, 48.0), 49.0), min(max(lon, 1.0), 2.0))
    away = distance_m(origin, nearest)
    if away <= metres:
        assert box.is_within(origin, metres)
    if away > metres * cos(radians(40)) / cos(radians(53)) + 1:
        assert not box.is_within(origin, metres)


def test_what_is_written_is_read_back() -> None:
    both = area("MultiPolygon", [[SQUARE, HOLE], OTHER])
    assert read_area(outline_of(both)) == both
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [SQUARE]}}
    assert read_area(json.dumps({"type": "FeatureCollection", "features": [feature]})) == area("Polygon", [SQUARE])


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("{", "territory: is no JSON"),
        ("[]", "territory.type: must be Polygon"),
        ('{"type": "Point", "coordinates": [1, 48]}', "territory.type: must be Polygon"),
        ('{"type": "Polygon"}', "territory.coordinates: must be a list"),
        ('{"type": "Feature", "geometry": null}', "territory.geometry.type: must be"),
        ('{"type": "FeatureCollection", "features": []}', "territory.features: must be a list of 1"),
        (json.dumps({"type": "Polygon", "coordinates": [SQUARE[:3]]}), r"coordinates\[0\]: must be a list of 4"),
        (json.dumps({"type": "Polygon", "coordinates": [SQUARE[:4]]}), r"coordinates\[0\]: must be closed"),
        (json.dumps({"type": "Polygon", "coordinates": [[[1, 48], [2], *SQUARE[2:]]]}), r"coordinates\[0\]\[1\]: must"),
        (json.dumps({"type": "Polygon", "coordinates": [[[1, "48"], *SQUARE]]}), r"\[0\]\[0\]: must be two numbers"),
        (json.dumps({"type": "Polygon", "coordinates": [[[1, 98], *SQUARE]]}), r"\[0\]\[0\]: lat.*longitude comes"),
        ('{"type": "Polygon", "coordinates": [[[1, NaN], [1, 1], [2, 1], [1, NaN]]]}', r"\[0\]\[0\]: lat"),
        (json.dumps({"type": "Polygon", "coordinates": [SQUARE * MAX_POSITIONS]}), "larger than|corners, at most"),
        (json.dumps({"type": "Polygon", "coordinates": [[SQUARE[0]] * (MAX_POSITIONS + 1)]}), "corners, at most"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_outline_is_refused_with_the_place_of_its_fault(text: str, where: str) -> None:
    with pytest.raises(InvalidInput, match=where):
        read_area(text)
