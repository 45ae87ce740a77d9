"""The commune of a point is the one with the nearest centre, by brute force."""

from __future__ import annotations

from random import Random

import pytest

from mappings.gazetteer import Gazetteer
from mappings.gazetteer.nearest import REACH_M, Nearest
from mappings.gazetteer.reader import read_communes
from mappings.gazetteer.store import BUILT_IN
from mappings.geo import Point, distance_m
from tests.gazetteer_kit import GAZETTEER


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return GAZETTEER


@pytest.mark.parametrize(
    ("point", "department"),
    [
        (Point(49.4431, 1.0993), "76"),
        (Point(48.8566, 2.3522), "75"),
        (Point(-20.8823, 55.4504), "974"),
        (Point(42.6977, 9.4509), "2B"),
    ],
)
def test_a_point_has_the_department_it_is_in(gazetteer: Gazetteer, point: Point, department: str) -> None:
    found = gazetteer.nearest(point)
    assert found is not None
    assert found.department == department


@pytest.mark.parametrize("point", [Point(47.0, -20.0), Point(90, 0), Point(-90, 180), Point(0, -180)])
def test_a_point_at_sea_has_none(gazetteer: Gazetteer, point: Point) -> None:
    assert gazetteer.nearest(point) is None


def test_the_grid_finds_what_brute_force_finds() -> None:
    communes = [commune for commune in read_communes(BUILT_IN) if commune.parent is None and commune.point]
    grid, random = Nearest(communes), Random(3)
    for _ in range(25):
        point = Point(random.uniform(42, 51.5), random.uniform(-5, 9))
        metres, insee = min((distance_m(point, each.point), each.insee) for each in communes if each.point)
        found = grid.nearest(point)
        assert (found.insee if found else None) == (insee if metres <= REACH_M else None)
