"""Boxes around circles: nothing of the circle is outside, anywhere on the globe."""

from __future__ import annotations

from math import degrees, pi, radians
from random import Random

import pytest

from mappings.geo import EARTH_RADIUS_M, Point, box_around, distance_m
from tests.sphere import reached

CENTRES = (
    Point(49.44, 1.1), Point(-13.3, -176.2), Point(-22.3, 166.4), Point(0, 180), Point(0, -180), Point(64.9, 179.99),
    Point(-89, 20), Point(88.2, -40), Point(90, 0), Point(5.2, -52.6),
)  # fmt: skip


@pytest.mark.parametrize("centre", CENTRES, ids=str)
@pytest.mark.parametrize("radius", [0.05, 700.0, 30_000.0, 200_000.0, 4_000_000.0, 12_000_000.0])
def test_a_box_holds_the_whole_circle(centre: Point, radius: float) -> None:
    box = box_around(centre, radius)
    reaches_a_pole = (90 - abs(centre.lat)) <= degrees(radius / EARTH_RADIUS_M) + 1e-5
    assert (box is None) == (reaches_a_pole or radius / EARTH_RADIUS_M >= pi / 2)
    if box is None:
        return
    random = Random(3)
    for bearing in (0, 90, 180, 270, *(random.uniform(0, 360) for _ in range(200))):
        edge = reached(centre, radius, radians(bearing))
        assert distance_m(centre, edge) == pytest.approx(radius, abs=0.01)
        assert box.holds(edge)
    assert box.holds(centre)


def test_a_box_is_no_larger_than_it_need_be() -> None:
    box = box_around(Point(45, 3), 100_000)
    assert box is not None
    assert not box.holds(Point(45.91, 3))
    assert not box.holds(Point(45, 4.28))
    across = box_around(Point(0, 179.9), 50_000)
    assert across is not None and across.west > across.east
    assert across.holds(Point(0, -179.8)) and across.holds(Point(0, 179.6)) and not across.holds(Point(0, 0))
