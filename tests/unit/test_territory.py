"""Departments, regions, time zones and the radii of a search that gives none."""

from __future__ import annotations

import csv
import gzip
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mappings.errors import InvalidInput
from mappings.nomenclature import nomenclature
from mappings.territory import (
    MAX_RADIUS_M,
    default_radius_m,
    department_of,
    departments,
    departments_of,
    radius_ladder_m,
    region_of,
    regions,
    time_zone,
)


@pytest.mark.parametrize(
    ("insee", "expected"),
    [
        ("76540", "76"),
        ("01001", "01"),
        ("2A004", "2A"),
        ("2b033", "2B"),
        ("97105", "971"),
        ("97611", "976"),
        ("97801", "978"),
        ("98818", "988"),
        ("99138", "99138"),
    ],
)
def test_a_commune_code_gives_its_department(insee: str, expected: str) -> None:
    assert department_of(insee) == expected


@pytest.mark.parametrize(
    "insee", ["", "76", "7654", "765400", "20004", "2C004", "96001", "9A101", "97901", "٧٦٥٤٠", "x" * 999]
)
def test_what_is_no_commune_code_is_refused_by_name(insee: str) -> None:
    with pytest.raises(InvalidInput, match="insee") as caught:
        department_of(insee)
    assert len(str(caught.value)) < 200


def test_every_department_of_the_national_list_has_a_row() -> None:
    national = {concept.code for concept in nomenclature()["J248"]}
    assert len(national) == 109
    assert set(departments()) == national | {"975"}


def test_region_codes_are_those_of_the_national_lists() -> None:
    ours = {entry.region for entry in departments().values()}
    assert {concept.code for concept in nomenclature()["J237"]} <= ours
    assert ours <= {concept.code for concept in nomenclature()["R30"].active()}
    assert tuple(regions()) == tuple(sorted(ours))


def test_regions_and_departments_answer_each_other() -> None:
    assert departments_of("28") == ("14", "27", "50", "61", "76")
    assert departments_of("94") == ("2A", "2B")
    assert departments_of("01") == ("971", "977", "978")
    assert all(code in departments_of(region_of(code)) for code in departments())


@pytest.mark.parametrize("ask", [region_of, time_zone, default_radius_m, radius_ladder_m])
def test_an_unknown_department_is_refused(ask: object) -> None:
    assert callable(ask)
    with pytest.raises(InvalidInput, match="department"):
        ask("20")


def test_an_unknown_region_is_refused() -> None:
    with pytest.raises(InvalidInput, match="region"):
        departments_of("22")


def test_every_time_zone_exists_and_overseas_differ_from_paris() -> None:
    noon = datetime(2026, 1, 15, 12)
    offsets = {code: noon.replace(tzinfo=time_zone(code)).utcoffset() for code in departments()}
    assert offsets["75"] == timedelta(hours=1)
    assert offsets["974"] == timedelta(hours=4)
    assert offsets["971"] == timedelta(hours=-4)
    assert offsets["988"] == timedelta(hours=11)
    assert offsets["989"] == timedelta(hours=-8)


def test_the_radius_of_a_department_widens_in_at_most_eight_steps_to_200_km() -> None:
    assert radius_ladder_m("75") == (5000, 8000, 15000, 30000, 60000, 100000, 150000, 200000)
    assert radius_ladder_m("48") == (50000, 75000, 100000, 150000, 200000)
    for code in departments():
        ladder = radius_ladder_m(code)
        assert ladder[0] == default_radius_m(code) > 0
        assert ladder[-1] == MAX_RADIUS_M
        assert list(ladder) == sorted(set(ladder))
        assert len(ladder) <= 8


def test_departments_are_in_the_region_of_the_official_communes(shared: Path) -> None:
    with gzip.open(shared / "data" / "communes_fr_2026.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        communes = [row for row in csv.DictReader(stream) if row["type"] in {"COM", "ARM"}]
    assert len(communes) > 34_000
    wrong = [row["code_insee"] for row in communes if department_of(row["code_insee"]) != row["departement"]]
    assert wrong == []
    official = {row["departement"]: row["region"] for row in communes}
    differing = {code for code, region in official.items() if region_of(code) != region}
    assert differing == {"977", "978"}


def test_radii_are_those_of_the_national_service_where_it_has_one(shared: Path) -> None:
    path = shared / "data" / "nomenclature" / "sas_rayons_recherche_2025.csv"
    corsica = {"20A": "2A", "20B": "2B"}
    with path.open(encoding="utf-8", newline="") as stream:
        rows = {corsica.get(row["departement"], row["departement"]): row for row in csv.DictReader(stream)}
    assert len(rows) == 101
    given = {code for code, row in rows.items() if int(row["city_default_radius_km"])}
    assert {code for code, entry in departments().items() if entry.radius_source == "sas"} == given
    for code in given:
        entry = departments()[code]
        expected = (int(rows[code]["city_default_radius_km"]), int(rows[code]["enlargement_km"]))
        assert (entry.radius_km, entry.enlargement_km) == expected, code
