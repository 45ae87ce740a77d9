"""The SAE: made-up tables for each trap, one at a time."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from indexer.rejection import Item, Notice, Rejection, SourceError
from indexer.sources.sae import read_sae
from indexer.sources.sae_rules import ADULTS, CHILDREN, RULES
from indexer.sources.sae_sites import insee_code
from mappings.errors import InvalidInput
from mappings.geo import Point
from mappings.nomenclature import nomenclature
from mappings.schema.unit import unit_from_dict, unit_to_dict
from mappings.unit import Unit

SITE = "760780239"
ID = (
    "bor;an;fi;rs;rscom;fi_ej;stj;cat;espic;sir;COMINSEE;NOMCOM;ARMT;NUMVOI;TYPVOI;NOMVOI;BP;CPO;LIBCOM;COMPD\n"
    f"ID;2023;{SITE};CHU DE ROUEN;;760780239;13;101;1;26760111000017;76540;ROUEN;;1;R;DE GERMONT;;76000;ROUEN;\n"
)
MCO = f"BOR;AN;FI;LIT_MED;PLA_MED;LIT_OBS;LIT_CHI\nMCO;2023;{SITE};12;3;0;90\n"
POINTS = f"finess_et,lat,lon,geo_source,eurostat_geo_qual\n{SITE},49.44,1.1,eurostat,1\n"

Read = Callable[..., list[Item]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write tables given by name and read them; ``ID`` and ``points`` are there unless given."""

    def run(points: str | None = POINTS, region: str | None = None, **tables: str | bytes) -> list[Item]:
        for name, text in ({"ID": ID} | tables).items():
            content = text if isinstance(text, bytes) else text.encode("cp1252")
            (tmp_path / f"{name}_2023r.csv").write_bytes(content)
        sites = None
        if points is not None:
            sites = tmp_path / "sites.csv"
            sites.write_text(points, encoding="utf-8")
        return list(read_sae(tmp_path, sites, region=region))

    return run


def units(items: list[Item]) -> dict[str, Unit]:
    """Return the units by the end of their id."""
    return {item.id.split("-", 1)[1]: item for item in items if isinstance(item, Unit)}


def rejections(items: list[Item]) -> list[Rejection]:
    """Return the rejections."""
    return [item for item in items if isinstance(item, Rejection)]


def test_beds_and_places_make_a_unit_each_and_zero_or_surgery_makes_none(read: Read) -> None:
    found = units(read(MCO=MCO))
    assert set(found) == {"MCO-LIT_MED", "MCO-PLA_MED"}
    medicine = found["MCO-LIT_MED"]
    assert medicine.id == f"SAE/{SITE}-MCO-LIT_MED"
    assert (medicine.field, medicine.activities, medicine.care_mode) == ("01", ("083",), "28")
    assert medicine.age == ADULTS
    assert found["MCO-PLA_MED"].care_mode == "29"


def test_a_count_is_installed_on_the_last_day_of_the_year_and_nothing_is_said_to_be_free(read: Read) -> None:
    (place,) = units(read(MCO=MCO))["MCO-LIT_MED"].places
    (count,) = place.capacities
    assert (count.key.kind, count.key.status, count.count, count.source) == ("01", "01", 12, None)
    assert count.observed_at == datetime.fromisoformat("2023-12-31T00:00:00+01:00")
    assert count.comment == "SAE 2023 : 12 lits installés au 31 décembre"
    assert place.id == f"SAE/{SITE}-MCO-LIT_MED/L"


def test_the_site_comes_from_table_id(read: Read) -> None:
    site = units(read(MCO=MCO))["MCO-LIT_MED"].site
    assert (site.name, site.finess, site.category, site.insee) == ("CHU de Rouen", SITE, "101", "76540")
    assert (site.siret, site.public_service) == ("26760111000017", "1")
    assert site.address is not None
    assert (site.address.lines, site.address.postcode) == (("1 Rue de Germont",), "76000")
    assert site.legal_entity is not None
    assert (site.legal_entity.finess, site.legal_entity.siren) == ("760780239", "267601110")


def test_the_comment_says_that_ages_are_a_reading(read: Read) -> None:
    comment = units(read(MCO=MCO))["MCO-LIT_MED"].comment
    assert comment is not None
    assert "La tranche d’âge est notre lecture" in comment


def test_totals_beside_their_parts_make_nothing(read: Read) -> None:
    found = units(read(
        REA=f"AN;FI;UNI;LIT\n2023;{SITE};REAADU;8\n2023;{SITE};SITOT;6\n",
        PSY=f"AN;FI;DIS;CAP_HTP;CAP_HDJ\n2023;{SITE};GEN;30;\n2023;{SITE};TOT;30;9\n",
        SSR=f"AN;FI;GDE;LIT;PLA\n2023;{SITE};SSR_A;20;\n2023;{SITE};SSR_A50;5;\n2023;{SITE};SSR_TOT;20;9\n",
        IMAGES=f"AN;FI;EQUIPIMA;NB\n2023;{SITE};IRM;2\n2023;{SITE};dtIRM1;1\n",
    ))  # fmt: skip
    assert set(found) == {"REA-REAADU", "PSY-GEN-CAP_HTP", "SSR-SSR_A-LIT", "IMAGES-IRM"}


def test_penitentiary_psychiatry_is_sensitive_and_no_other_is(read: Read) -> None:
    psy = f"AN;FI;DIS;CAP_HTP;CAP_HDJ\n2023;{SITE};GEN;9;1\n2023;{SITE};INF;9;1\n2023;{SITE};PEN;9;1\n"
    found = units(read(PSY=psy))
    assert {key for key, unit in found.items() if unit.sensitive} == {"PSY-PEN-CAP_HTP", "PSY-PEN-CAP_HDJ"}
    assert found["PSY-INF-CAP_HTP"].age == CHILDREN
    assert found["PSY-GEN-CAP_HTP"].places[0].function == "002"


@pytest.mark.parametrize(
    ("said", "intensive", "level"),
    [("TYPE1", "", ("01",)), ("TYPE2", "0", ("02",)), ("TYPE2", "4", ("03",)), ("TYPE3", "9", ("04",)),
     ("CPPR", "", ()), ("", "", ())],
)  # fmt: skip
def test_the_level_of_a_maternity(read: Read, said: str, intensive: str, level: tuple[str, ...]) -> None:
    found = units(read(
        MCO=f"AN;FI;LIT_MED;PLA_MED;LIT_OBS\n2023;{SITE};;;20\n",
        PERINAT=f"AN;FI;AUTOR;LIT_NEO_HSI;LIT_SIN;LIT_REA\n2023;{SITE};{said};;{intensive};\n",
    ))  # fmt: skip
    assert found["MCO-LIT_OBS"].expertise == level
    assert (found["MCO-LIT_OBS"].name == "Maternité") == bool(level)


def test_dialysis_posts_are_those_of_people_who_come(read: Read) -> None:
    dialysis = "AN;FI;DIALY;CAPA\n" + "".join(
        f"2023;{SITE};{kind};{count}\n"
        for kind, count in (("112BA", 10), ("1130X", 4), ("1150A", 7), ("121CX", 2), ("VACAN", 1), ("TOT", 24))
    )
    (count,) = units(read(DIALYSE=dialysis))["DIALYSE-CAPA"].places[0].capacities
    assert (count.key.kind, count.count) == ("02", 14)


def test_devices_in_service_are_told_and_are_no_beds(read: Read) -> None:
    scanner = units(read(IMAGES=f"AN;FI;EQUIPIMA;NB\n2023;{SITE};SCAN;2\n"))["IMAGES-SCAN"]
    assert scanner.places[0].capacities == ()
    assert scanner.comment is not None
    assert scanner.comment.endswith("2 appareils en service.")


def test_a_site_absent_from_id_is_refused_by_name(read: Read) -> None:
    (item,) = rejections(read(MCO=MCO + "MCO;2023;010000024;5;;;\n"))
    assert (item.id, item.line, item.value) == ("SAE/010000024-MCO-LIT_MED", 3, "010000024")
    assert "absent from table ID" in item.reason


@pytest.mark.parametrize("bad", ["-1", "3.5", "many", "99999", "٣"])
def test_a_figure_that_is_none_is_refused_with_its_line_and_the_rest_goes_on(read: Read, bad: str) -> None:
    items = read(MCO=f"AN;FI;LIT_MED;PLA_MED;LIT_OBS\n2023;{SITE};{bad};3;\n".encode())
    (item,) = rejections(items)
    assert (item.line, item.field, item.value) == (2, "MCO.LIT_MED", bad)
    assert set(units(items)) == {"MCO-PLA_MED"}


def test_a_row_given_twice_counts_once_and_is_reported(read: Read) -> None:
    items = read(USLD=f"AN;FI;LIT\n2023;{SITE};10\n2023;{SITE};20\n")
    assert units(items)["USLD-LIT"].places[0].capacities[0].count == 10
    assert "twice" in rejections(items)[0].reason


def test_a_site_named_twice_keeps_its_first_row(read: Read) -> None:
    again = ID + ID.splitlines()[1].replace("CHU DE ROUEN", "AUTRE") + "\n"
    items = read(ID=again, MCO=MCO)
    assert units(items)["MCO-LIT_MED"].site.name == "CHU de Rouen"
    assert rejections(items)[0].field == "ID.FI"


def test_a_column_that_this_year_lacks_is_named(read: Read) -> None:
    items = read(MCO=f"AN;FI;LIT_MED;LIT_OBS\n2023;{SITE};12;3\n")
    assert set(units(items)) == {"MCO-LIT_MED", "MCO-LIT_OBS"}
    assert rejections(items)[0].field == "MCO.PLA_MED"


def test_missing_tables_are_noticed_and_a_folder_without_any_is_an_error(read: Read, tmp_path: Path) -> None:
    missing = {item.field for item in read(MCO=MCO) if isinstance(item, Notice)}
    assert {"REA", "PSY", "URGENCES"} <= missing
    (tmp_path / "MCO_2023r.csv").unlink()
    with pytest.raises(SourceError, match="no table of the SAE"):
        list(read_sae(tmp_path, None))
    (tmp_path / "ID_2023r.csv").unlink()
    with pytest.raises(SourceError, match="table ID is missing"):
        list(read_sae(tmp_path, None))
    with pytest.raises(SourceError, match="is no folder"):
        list(read_sae(tmp_path / "nowhere", None))


def test_two_years_in_one_folder_are_refused(read: Read, tmp_path: Path) -> None:
    (tmp_path / "MCO_2022r.csv").write_text(MCO, encoding="cp1252")
    with pytest.raises(SourceError, match="several files of table MCO"):
        read(MCO=MCO)


def test_gzip_and_plain_tables_give_the_same_units(read: Read, tmp_path: Path) -> None:
    plain = units(read(MCO=MCO))
    (tmp_path / "MCO_2023r.csv").unlink()
    (tmp_path / "MCO_2023r.csv.gz").write_bytes(gzip.compress(MCO.encode()))
    assert units(list(read_sae(tmp_path, tmp_path / "sites.csv"))) == plain


def test_a_cut_table_keeps_its_first_rows_and_ends_the_source(read: Read, tmp_path: Path) -> None:
    rows = "".join(f"MCO;2023;0100{number:05d};5;;;\n" for number in range(5000))
    whole = gzip.compress((MCO + rows).encode())
    items = read(MCO=whole[: len(whole) // 2])
    assert "MCO-LIT_MED" in units(items)
    assert any(item.ends_source and "cut short" in item.reason for item in rejections(items))


def test_lines_of_both_encodings_in_one_file_are_read(read: Read) -> None:
    lines = ID.splitlines()
    second = lines[1].replace(SITE + ";CHU DE ROUEN", "760000001;CH DU HÂVRE")
    mixed = "\n".join(lines[:1]).encode() + b"\n" + lines[1].replace("CHU DE ROUEN", "CLINIQUE DES ÉRABLES").encode()
    mixed += b"\n" + second.encode("cp1252") + b"\n"
    found = read(ID=mixed, USLD=f"AN;FI;LIT\n2023;{SITE};1\n2023;760000001;1\n")
    names = {item.site.name for item in found if isinstance(item, Unit)}
    assert names == {"Clinique des Érables", "CH du Hâvre"}


@pytest.mark.parametrize(
    ("source", "quality", "precision", "reliable"),
    [("eurostat", "1", "address", True), ("eurostat", "2", "street", True), ("mairie", "", "commune", False),
     ("centroide", "", "commune", False), ("rejet_eurostat_mairie", "1", "commune", False)],
)  # fmt: skip
def test_a_point_is_as_good_as_its_source(
    read: Read, source: str, quality: str, precision: str, reliable: bool
) -> None:
    points = f"finess_et,lat,lon,geo_source,eurostat_geo_qual\n{SITE},49.44,1.1,{source},{quality}\n"
    place = units(read(points, MCO=MCO))["MCO-LIT_MED"].places[0]
    assert (place.point, place.geo_precision, place.geo_reliable) == (Point(49.44, 1.1), precision, reliable)


def test_a_bad_point_is_left_out_and_said(read: Read) -> None:
    items = read(f"finess_et,lat,lon,geo_source\n{SITE},95,1.1,eurostat\n", MCO=MCO)
    assert units(items)["MCO-LIT_MED"].places[0].point is None
    (notice,) = [item for item in items if isinstance(item, Notice) and item.id == SITE]
    assert "lat: 95" in notice.reason


def test_a_file_of_points_that_is_none_is_an_error_and_none_at_all_a_notice(read: Read) -> None:
    with pytest.raises(SourceError, match="no column geo_source, lat, lon"):
        read("finess_et;x\n760780239;1\n".replace(";", ","), MCO=MCO)
    items = read(None, MCO=MCO)
    assert any(isinstance(item, Notice) and "no file of site points" in item.reason for item in items)


def test_a_category_without_label_is_left_out_and_said(read: Read) -> None:
    items = read(ID=ID.replace(";101;", ";999;"), MCO=MCO)
    assert units(items)["MCO-LIT_MED"].site.category is None
    assert any(isinstance(item, Notice) and item.field == "ID.CAT" for item in items)


def test_a_region_keeps_its_own_sites(read: Read) -> None:
    assert units(read(MCO=MCO, region="28"))
    assert not units(read(MCO=MCO, region="11"))
    with pytest.raises(InvalidInput, match="no region code"):
        read(MCO=MCO, region="00")


@pytest.mark.parametrize(
    ("written", "insee"),
    [("9A101", "97101"), ("9B209", "97209"), ("9C302", "97302"), ("9D411", "97411"), ("9F608", "97608"),
     ("9A127", "97801"), ("9A123", "97701"), ("76540", "76540"), ("2A004", "2A004"), ("75116", "75116")],
)  # fmt: skip
def test_communes_overseas_have_their_insee_code(written: str, insee: str) -> None:
    assert insee_code(written) == insee


def test_an_arrondissement_is_the_commune_of_a_site(read: Read) -> None:
    paris = ID.replace(";76540;ROUEN;;", ";75056;PARIS 13E ARRONDISSEMENT;75113;")
    assert units(read(ID=paris, MCO=MCO))["MCO-LIT_MED"].places[0].insee == "75113"


def test_every_rule_names_active_codes_and_no_two_make_the_same_id() -> None:
    lists = nomenclature()
    for rule in RULES:
        for name, code in (("R211", rule.activity), ("R213", rule.mode)):
            concept = lists[name].get(code)
            assert concept is not None and concept.active, rule
        assert rule.field in lists["R227"]
        assert rule.function is None or rule.function in lists["R343"]
    assert len({(rule.table, rule.key) for rule in RULES}) == len(RULES)


def test_a_unit_of_the_survey_is_valid_by_the_exchange_schema(read: Read) -> None:
    for unit in units(read(MCO=MCO)).values():
        assert unit_from_dict(unit_to_dict(unit)) == unit
