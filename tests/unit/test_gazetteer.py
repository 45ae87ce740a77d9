"""The gazetteer: French communes by code and point, and the distances between them."""

from __future__ import annotations

import csv
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.gazetteer import BUILT_IN, Gazetteer
from mappings.geo import Point, distance_m
from tests.gazetteer_kit import (
    GAZETTEER,
    commune_of,
)


@pytest.mark.parametrize("lat", [90.1, -91, float("nan"), float("inf")])
def test_a_latitude_off_the_globe_is_refused_by_name(lat: float) -> None:
    with pytest.raises(ValueError, match=r"^lat: "):
        Point(lat, 0)


@pytest.mark.parametrize("lon", [180.1, -200, float("nan"), float("-inf")])
def test_a_longitude_off_the_globe_is_refused_by_name(lon: float) -> None:
    with pytest.raises(ValueError, match=r"^lon: "):
        Point(0, lon)


def test_a_quarter_of_a_meridian_measures_a_quarter_of_the_sphere() -> None:
    assert distance_m(Point(0, 0), Point(90, 0)) == pytest.approx(10_007_557.176, abs=0.001)
    assert distance_m(Point(0, 0), Point(0, 180)) == pytest.approx(20_015_114.352, abs=0.001)


def test_paris_to_lyon_is_392_km() -> None:
    assert distance_m(Point(48.8534, 2.3488), Point(45.7485, 4.8467)) == pytest.approx(392_300, abs=1_500)


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180))
def test_distance_is_symmetric_finite_and_at_most_half_the_globe(a: float, b: float, c: float, d: float) -> None:
    one, other = Point(a, b), Point(c, d)
    assert 0 <= distance_m(one, other) == pytest.approx(distance_m(other, one), abs=1e-6)
    assert distance_m(one, other) <= 20_015_115
    assert distance_m(one, one) == 0


def test_the_built_in_table_is_sorted_and_has_every_presentcommune() -> None:
    with BUILT_IN.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["insee"] for row in rows] == sorted(row["insee"] for row in rows)
    assert len(rows) == len(GAZETTEER) == 34_969 + 45
    uninhabited = {row["insee"] for row in rows if not row["lat"]}
    assert uninhabited == {"98411", "98412", "98413", "98414", "98415", "98901"}


def test_the_built_in_table_loads_in_little_memory() -> None:
    tracemalloc.start()
    try:
        loaded = Gazetteer.load()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(loaded) > 30_000
    assert 1_000_000 < peak < 60_000_000


@pytest.mark.parametrize(
    ("city", "parts"),
    [
        ("75056", [f"75{n}" for n in range(101, 121)]),
        ("69123", [f"69{n}" for n in range(381, 390)]),
        ("13055", [f"13{n}" for n in range(201, 217)]),
    ],
)
def test_a_city_covers_its_arrondissements_and_each_has_a_point_of_its_own(city: str, parts: list[str]) -> None:
    assert GAZETTEER.codes_within(city) == {city, *parts} | set(commune_of(city).former_codes)
    assert all(commune_of(part).parent == city for part in parts)
    points = {GAZETTEER.centre(part) for part in parts}
    assert None not in points
    assert len(points) == len(parts)
    assert GAZETTEER.codes_within(parts[0]) == {parts[0]}


@pytest.mark.parametrize(
    ("code", "name", "lat", "lon"),
    [
        ("97411", "Saint-Denis", -20.88, 55.45),
        ("97302", "Cayenne", 4.94, -52.33),
        ("97611", "Mamoudzou", -12.78, 45.23),
        ("97209", "Fort-de-France", 14.61, -61.07),
        ("97701", "Saint-Barthélemy", 17.90, -62.85),
        ("97801", "Saint-Martin", 18.07, -63.08),
        ("97502", "Saint-Pierre", 46.78, -56.18),
        ("98818", "Nouméa", -22.27, 166.45),
        ("2A004", "Ajaccio", 41.92, 8.74),
        ("2B033", "Bastia", 42.70, 9.45),
    ],
)
def test_overseas_and_corsica_are_where_they_are(code: str, name: str, lat: float, lon: float) -> None:
    point = GAZETTEER.centre(code)
    assert commune_of(code).name == name
    assert point is not None
    assert distance_m(point, Point(lat, lon)) < 5_000


def test_the_code_of_a_merged_commune_is_found_and_belongs_to_its_successor() -> None:
    octeville = GAZETTEER.get("50383")
    assert octeville is not None
    assert octeville.name == "Cherbourg-en-Cotentin"
    assert {"50383", octeville.insee} <= GAZETTEER.codes_within(octeville.insee)
    assert octeville.insee in GAZETTEER.codes_within("50383")


def test_an_unknown_code_has_no_commune_no_centre_and_covers_only_itself() -> None:
    assert GAZETTEER.get("99999") is None
    assert GAZETTEER.centre("99999") is None
    assert GAZETTEER.codes_within("99999") == {"99999"}
