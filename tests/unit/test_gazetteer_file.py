"""The gazetteer: an operator's own file."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from mappings.errors import InvalidInput
from mappings.gazetteer import BUILT_IN, Found, Gazetteer, Unknown
from mappings.geo import distance_m
from tests.gazetteer_kit import (
    GAZETTEER,
    HEADER,
    ROUEN,
    official_file,
    refusal,
    write,
)


def test_an_operators_file_replaces_the_built_in_one(tmp_path: Path) -> None:
    own = Gazetteer.load(write(tmp_path, HEADER, ROUEN))
    assert len(own) == 1
    assert isinstance(own.resolve("Rouen"), Found)
    assert isinstance(own.resolve("Paris"), Unknown)


def test_the_fewest_columns_are_enough_in_any_order_and_with_semicolons(tmp_path: Path) -> None:
    own = Gazetteer.load(write(tmp_path, "\ufefflat;lon;nom;code_insee;extra", "41.92;8.74;Ajaccio;2A004;x"))
    ajaccio = own.get("2A004")
    assert ajaccio is not None
    assert (ajaccio.department, ajaccio.postcodes, ajaccio.population) == ("2A", (), None)


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        ("7654,Rouen,76000,1,76,,49,1", "insee", "7654"),
        ("76540,,76000,1,76,,49,1", "name", ""),
        ("76540,Rouen,7600,1,76,,49,1", "postcodes", "7600"),
        ("76540,Rouen,76000,-1,76,,49,1", "population", "-1"),
        ("76540,Rouen,76000,1,76,Seine,49,1", "parent", "Seine"),
        ("76540,Rouen,76000,1,76,,95,1", "lat", "95"),
        ("76540,Rouen,76000,1,76,,49,1°", "lon", "1°"),
        ("76540,Rouen,76000,1,76,,49,", "lon", ""),
        ("76540,Rouen,76000,1,76,,nan,1", "lat", "nan"),
        ("76540,Rouen,76000,1,76", "lat", None),
        (ROUEN, "insee", "76540"),
    ],
)
def test_a_bad_cell_is_named_by_line_column_and_value(tmp_path: Path, row: str, column: str, value: str | None) -> None:
    path = write(tmp_path, HEADER, ROUEN, row)
    if value is None:  # a short line: no coordinates, and a second commune of this code
        column, value = "insee", "76540"
    assert f"communes.csv line 3, column {column}: " in refusal(path)
    assert f"(got {value!r})" in refusal(path)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    assert "columns missing: lat, lon" in refusal(write(tmp_path, "insee,name", "76540,Rouen"))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert "columns missing" in refusal(write(tmp_path, ""))
    assert "holds no commune" in refusal(write(tmp_path, HEADER))


def test_a_file_that_is_not_utf8_or_a_broken_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "communes.csv.gz"
    path.write_bytes(f"{HEADER}\n76540,Évreux,,,,,49,1\n".encode("cp1252"))
    assert "UTF-8" in refusal(path)
    path.write_bytes(gzip.compress(b"x" * 1_000)[:-5])
    assert "gzip" in refusal(path)


def test_a_part_of_a_commune_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "parent of 75101" in refusal(
        write(tmp_path, HEADER, "75101,Paris 1er Arrondissement,75001,1,75,75056,48.8,2.3")
    )


def test_many_bad_lines_are_reported_together_but_not_all(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        Gazetteer.load(write(tmp_path, HEADER, *["x,y,,,,,49,1"] * 1_000))
    assert len(refused.value.errors) == 20


def test_a_present_commune_beats_a_former_one_of_its_code_in_either_order(tmp_path: Path) -> None:
    present, former = "01015,Arboys en Bugey,01300,600,01,,45.7,5.6", "01015,Arbignieu,,,01,01015,45.8,5.7"
    for rows in ((present, former), (former, present)):
        found = Gazetteer.load(write(tmp_path, HEADER, *rows)).get("01015")
        assert found is not None
        assert found.name == "Arboys en Bugey"


def test_the_official_file_loads_and_knows_former_communes() -> None:
    official = Gazetteer.load(official_file())
    assert len(official) > 37_000
    assert official.centre("75056") is not None
    assert {"75101", "75056"} <= official.codes_within("75056")
    former = official.get("50173")
    assert former is not None
    assert former.parent == "50129"  # Cherbourg-en-Cotentin, in 2016
    assert "50173" in official.codes_within("50129")
    answer = official.resolve("Sainte-Colombe (76)")
    assert isinstance(answer, Found)
    assert answer.origin.note is None


def test_the_built_in_points_are_as_near_the_official_ones_as_source_md_says() -> None:
    official = Gazetteer.load(official_file())
    errors: dict[str, list[float]] = {}
    with BUILT_IN.open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            ours, theirs = GAZETTEER.centre(row["insee"]), official.centre(row["insee"])
            if ours is not None and theirs is not None:
                errors.setdefault(row["point_source"], []).append(distance_m(ours, theirs))
    median = {source: sorted(values)[len(values) // 2] for source, values in errors.items()}
    p95 = {source: sorted(values)[int(len(values) * 0.95)] for source, values in errors.items()}
    assert len(errors["geonames"]) > 14_500
    assert median["geonames"] < 250
    assert p95["geonames"] < 1_500
    assert median["postcode"] < 6_500
    assert median["epci"] < 16_000
    assert sum(error > 10_000 for error in errors["geonames"]) <= 20
