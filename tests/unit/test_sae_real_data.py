"""The real SAE 2023, when its folder lies beside the checkout: published counts are reproduced."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from indexer.locate import locate
from indexer.rejection import Notice, Rejection
from indexer.sources.sae import read_sae
from indexer.sources.sae_sites import SaeSite, read_sites
from mappings.geo import Point, distance_m
from mappings.schema.unit import unit_from_dict, unit_to_dict
from mappings.territory import department_of
from mappings.unit import Unit
from tests.gazetteer_kit import GAZETTEER

REGIONS = {
    "28": ("14", "27", "50", "61", "76"),
    "11": ("75", "77", "78", "91", "92", "93", "94", "95"),
    "93": ("04", "05", "06", "13", "83", "84"),
}


@pytest.fixture(scope="module")
def items(shared: Path) -> list[Unit | Rejection | Notice]:
    """All that the real survey gives."""
    data = shared / "data"
    return list(read_sae(data / "sae2023", data / "sites_sae2023_geo.csv.gz"))


@pytest.fixture(scope="module")
def units(items: list[Unit | Rejection | Notice]) -> list[Unit]:
    """Its units."""
    return [item for item in items if isinstance(item, Unit)]


@pytest.fixture(scope="module")
def sites(shared: Path) -> dict[str, SaeSite]:
    """Its sites."""
    return dict(read_sites(shared / "data" / "sae2023").by_finess)


def by_department(insees: Iterable[str], region: str) -> list[int]:
    """Count communes by department of a region, in the order of the published table."""
    counted = Counter(department_of(insee) for insee in insees)
    return [counted[department] for department in REGIONS[region]]


def with_unit(units: list[Unit], *tables: str) -> set[tuple[str, str]]:
    """Return (site, commune) of the sites that have a unit of one of the tables."""
    return {
        (str(unit.site.finess), unit.places[0].insee)
        for unit in units
        if any(unit.id.split("-", 1)[1].startswith(table) for table in tables)
    }


@pytest.mark.parametrize(
    ("tables", "region", "counts"),
    [
        (("URGENCES-",), "28", [8, 8, 6, 6, 12]),
        (("URGENCES-",), "11", [15, 11, 11, 11, 12, 12, 10, 9]),
        # 18 are authorised in Bouches-du-Rhône; one of them (130008253) for neither adults nor children: no unit.
        (("URGENCES-",), "93", [3, 3, 10, 17, 9, 8]),
        (("REA-REAADU",), "28", [4, 1, 3, 2, 4]),
        (("REA-REAADU",), "11", [15, 6, 8, 7, 12, 8, 8, 4]),
        (("REA-REAADU",), "93", [1, 1, 7, 17, 5, 1]),
    ],
)
def test_sites_by_department_are_those_published(
    units: list[Unit], tables: tuple[str, ...], region: str, counts: list[int]
) -> None:
    assert by_department((insee for _, insee in with_unit(units, *tables)), region) == counts


@pytest.mark.parametrize(
    ("region", "counts"),
    [("28", [4, 3, 3, 4, 9]), ("11", [15, 8, 9, 9, 10, 9, 8, 8]), ("93", [2, 2, 6, 13, 7, 6])],
)
def test_maternities_by_department_are_those_published(units: list[Unit], region: str, counts: list[int]) -> None:
    assert by_department((unit.places[0].insee for unit in units if unit.name == "Maternité"), region) == counts


@pytest.mark.parametrize(
    ("region", "counts"),
    [("28", [37, 29, 33, 28, 69]), ("11", [108, 49, 57, 50, 80, 59, 48, 41]), ("93", [18, 20, 76, 136, 67, 40])],
)
def test_reporting_sites_by_department_are_those_published(
    sites: dict[str, SaeSite], region: str, counts: list[int]
) -> None:
    assert by_department((site.insee for site in sites.values()), region) == counts


@pytest.mark.parametrize(
    ("region", "counts"),
    [("28", [15, 9, 13, 8, 25]), ("11", [55, 15, 22, 25, 34, 20, 25, 15]), ("93", [8, 5, 28, 44, 20, 19])],
)
def test_no_site_with_short_stay_beds_is_lost_between_table_and_site(
    shared: Path, sites: dict[str, SaeSite], region: str, counts: list[int]
) -> None:
    path = shared / "data" / "sae2023" / "MCO_2023r.csv.gz"
    with gzip.open(path, "rt", encoding="cp1252", newline="") as file:
        with_beds = {row["FI"] for row in csv.DictReader(file, delimiter=";") if int(row["LIT_MCO"] or 0) > 0}
    assert by_department((sites[finess].insee for finess in with_beds), region) == counts


def test_the_whole_survey_is_read_without_a_refusal(items: list[Unit | Rejection | Notice]) -> None:
    assert [item for item in items if isinstance(item, Rejection)] == []
    assert {item.field for item in items if isinstance(item, Notice)} == {"ID.CAT"}


def test_ids_are_unique_and_in_a_fixed_order(units: list[Unit]) -> None:
    assert len({unit.id for unit in units}) == len(units) == 16_189
    finess = [unit.id[4:13] for unit in units]
    assert finess == sorted(finess)


def test_every_unit_is_valid_by_the_exchange_schema(units: list[Unit]) -> None:
    for unit in units[::40]:
        assert unit_from_dict(unit_to_dict(unit)) == unit


def test_three_sites_have_no_point_and_stand_at_their_commune(units: list[Unit]) -> None:
    without = {unit.site.finess for unit in units if unit.places[0].point is None}
    assert without == {"970107587", "970111563", "970115002"}
    gazetteer = GAZETTEER
    for unit in units:
        if unit.site.finess in without:
            located, notices = locate(unit, gazetteer)
            assert located.places[0].point is not None
            assert located.places[0].geo_precision == "commune"
            assert len(notices) == 1


def test_a_hospital_of_saint_martin_is_not_left_in_guadeloupe(units: list[Unit]) -> None:
    unit = next(unit for unit in units if unit.site.finess == "970100400")
    assert unit.places[0].point is not None
    marigot = Point(18.07, -63.08)
    assert distance_m(unit.places[0].point, marigot) > 200_000
    located, (notice,) = locate(unit, GAZETTEER)
    assert located.places[0].point is not None
    assert distance_m(located.places[0].point, marigot) < 10_000
    assert "point rejected" in notice.reason


def test_penitentiary_units_are_sensitive(units: list[Unit]) -> None:
    sensitive = {unit.id.split("-", 1)[1] for unit in units if unit.sensitive}
    assert sensitive == {"PSY-PEN-CAP_HTP", "PSY-PEN-CAP_HDJ"}


def test_no_count_of_free_beds_is_invented(units: list[Unit]) -> None:
    statuses = {count.key.status for unit in units for place in unit.places for count in place.capacities}
    assert statuses == {"01"}
