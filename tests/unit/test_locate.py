"""Where the indexer puts a unit, and what it says about it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.locate import MAX_FROM_CENTRE_M, locate
from mappings.geo import Point, distance_m
from mappings.unit import Site
from tests.indexing import ROUEN, gazetteer_of_rouen, make_unit


def test_a_point_near_its_commune_is_kept_and_nothing_is_said() -> None:
    unit = make_unit(point=Point(49.5, 1.0))
    assert locate(unit, gazetteer_of_rouen()) == (unit, ())


def test_a_place_without_a_point_stands_at_its_commune_and_says_so() -> None:
    located, (notice,) = locate(make_unit(point=None), gazetteer_of_rouen())
    place = located.places[0]
    assert (place.point, place.geo_precision, place.geo_reliable) == (ROUEN, "commune", False)
    assert place.rejected_point is None
    assert (notice.field, notice.id) == ("places.0.point", "U1")
    assert "no coordinates" in notice.reason


def test_a_point_far_from_its_commune_is_rejected_and_reported_with_its_distance() -> None:
    located, (notice,) = locate(make_unit(point=Point(43.3, 5.4)), gazetteer_of_rouen())
    assert (located.places[0].point, located.places[0].geo_reliable) == (ROUEN, False)
    assert located.places[0].rejected_point == Point(43.3, 5.4), "kept for whoever must correct it"
    assert "758 km from the centre of commune 76540: point rejected" in notice.reason
    assert "swapped" not in notice.reason
    assert notice.value == "43.3,5.4"


def test_swapped_coordinates_are_recognised() -> None:
    _, (notice,) = locate(make_unit(point=Point(1.1, 49.44)), gazetteer_of_rouen())
    assert "latitude and longitude look swapped" in notice.reason


def test_a_longitude_that_is_no_latitude_is_not_taken_for_a_swap() -> None:
    _, (notice,) = locate(make_unit(point=Point(1.1, 149.44)), gazetteer_of_rouen())
    assert "swapped" not in notice.reason


def test_an_unknown_commune_is_said_and_the_point_is_kept() -> None:
    unit = make_unit(insee="99999")
    located, (notice,) = locate(unit, gazetteer_of_rouen())
    assert located == unit
    assert "no centre of commune 99999: its point is kept unchecked" in notice.reason


def test_an_unknown_commune_and_no_point_is_nowhere_and_said() -> None:
    located, (notice,) = locate(make_unit(insee="99999", point=None), gazetteer_of_rouen())
    assert located.places[0].point is None
    assert "no point at all" in notice.reason


def test_a_unit_without_a_place_gets_that_of_its_site() -> None:
    located, notices = locate(replace(make_unit("U9"), places=()), gazetteer_of_rouen())
    (place,) = located.places
    assert (place.id, place.insee, place.point) == ("U9@site", "76540", ROUEN)
    assert len(notices) == 1


def test_a_unit_with_neither_place_nor_commune_is_said_to_be_nowhere() -> None:
    unit = replace(make_unit(), places=(), site=Site(name="CH"))
    located, (notice,) = locate(unit, gazetteer_of_rouen())
    assert located == unit
    assert notice.field == "places"


def test_each_place_is_judged_by_itself() -> None:
    near, far = make_unit().places[0], replace(make_unit(point=None).places[0], id="B")
    located, notices = locate(replace(make_unit(), places=(near, far)), gazetteer_of_rouen())
    assert located.places[0] == near
    assert [notice.field for notice in notices] == ["places.1.point"]


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_a_located_place_is_never_further_than_the_limit(lat: float, lon: float) -> None:
    located, notices = locate(make_unit(point=Point(lat, lon)), gazetteer_of_rouen())
    point = located.places[0].point
    assert point is not None
    assert distance_m(point, ROUEN) <= MAX_FROM_CENTRE_M
    assert bool(notices) == (point != Point(lat, lon))


@pytest.mark.parametrize("metres", [14_900, 15_100])
def test_the_limit_is_fifteen_kilometres(metres: int) -> None:
    point = Point(ROUEN.lat + metres / 111_195, ROUEN.lon)
    assert bool(locate(make_unit(point=point), gazetteer_of_rouen())[1]) == (metres > 15_000)


@pytest.mark.parametrize(("source", "judged"), [("geonames", True), ("official", True), ("postcode", False)])
def test_a_point_is_rejected_only_as_far_as_its_commune_is_known(source: str, judged: bool) -> None:
    point = Point(ROUEN.lat + 0.3, ROUEN.lon)
    located, (notice,) = locate(make_unit(point=point), gazetteer_of_rouen(source))
    assert (located.places[0].point == ROUEN) == judged
    assert ("kept unchecked" in notice.reason) != judged


def test_a_point_in_another_region_is_rejected_even_by_an_approximate_centre() -> None:
    located, (notice,) = locate(make_unit(point=Point(43.3, 5.4)), gazetteer_of_rouen("epci"))
    assert located.places[0].point == ROUEN
    assert "the approximate centre of commune 76540: point rejected" in notice.reason
