"""The gazetteer: what a text means as an origin."""

from __future__ import annotations

import csv
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mappings.gazetteer import BUILT_IN, Ambiguous, Commune, Found, Unknown
from mappings.geo import Point, distance_m
from tests.gazetteer_kit import (
    GAZETTEER,
    codes,
    commune_of,
    origin,
    unknown,
)


@pytest.mark.parametrize("name", ["Paris", "Lyon", "Marseille", "Nice", "Rouen", "Toulouse", "Lille", "Tours"])
def test_a_famous_town_resolves_by_its_name_alone(name: str) -> None:
    assert origin(name).label.startswith(f"{name} (")


def test_an_origin_by_name_is_the_wholecommune() -> None:
    paris = origin("Paris")
    assert (paris.precision, paris.insee, paris.note) == ("commune", "75056", None)
    assert {"75056", "75101", "75120"} <= paris.communes


@pytest.mark.parametrize(
    ("text", "insee"),
    [
        ("SAINT ETIENNE", "42218"),
        ("St-Étienne", "42218"),
        ("st. etienne", "42218"),
        ("L'Haÿ-les-Roses", "94038"),
        ("l hay les roses", "94038"),
        ("Villeneuve d’Ascq", "59009"),
        ("havre", "76351"),
        ("  Rouen  ", "76540"),
        ("Rouen (76)", "76540"),
        ("Rouen 76", "76540"),
        ("Rouen, 76", "76540"),
        ("76000 Rouen", "76540"),
        ("76031 ROUEN CEDEX 1", "76540"),
        ("Rouen 76000", "76540"),
        ("76540 Valmont", "76719"),
        ("insee:76540", "76540"),
        ("INSEE 2a004", "2A004"),
        ("2A004", "2A004"),
        ("75056", "75056"),
        ("Ajaccio (20)", "2A004"),
        ("Saint-Denis (974)", "97411"),
        ("Saint-Denis 93", "93066"),
        ("75015 Paris", "75115"),
        ("Paris 15e", "75115"),
        ("Paris 15", "75115"),
        ("Lyon 3ème", "69383"),
        ("Marseille 1er", "13201"),
        ("Marseille (13)", "13055"),
        ("Paris 75", "75056"),
    ],
)
def test_a_commune_is_found_however_it_is_written(text: str, insee: str) -> None:
    assert origin(text).insee == insee


def test_homonyms_are_answered_with_all_of_them_most_populous_first() -> None:
    found = codes("Sainte-Colombe")
    assert len(found) == 12
    assert found[0] == "69189"
    populations = [commune_of(code).weight for code in found]
    assert populations == sorted(populations, reverse=True)
    assert origin("Sainte-Colombe (76)").insee == "76569"
    assert origin("ste colombe 76").insee == "76569"


def test_a_large_town_does_not_hide_its_small_homonym() -> None:
    assert codes("La Rochelle") == ["17300", "70450"]
    assert {"97411", "93066"} <= set(codes("Saint-Denis"))


def test_every_exact_homonym_is_ambiguous_and_settled_by_its_department() -> None:
    by_name: dict[str, list[Commune]] = {}
    with BUILT_IN.open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if not row["parent"]:
                by_name.setdefault(row["name"], []).append(commune_of(row["insee"]))
    shared = {name: same for name, same in by_name.items() if len(same) > 1}
    assert len(shared) > 1_300
    for name, same in shared.items():
        assert set(codes(name)) >= {commune.insee for commune in same}
        alone = [c for c in same if sum(other.department == c.department for other in same) == 1]
        for commune in alone[:2]:
            assert origin(commune.label).insee == commune.insee


def test_a_number_that_is_both_an_arrondissement_and_a_department_is_ambiguous() -> None:
    assert codes("Marseille 13") == ["13055", "13213"]


def test_a_department_without_that_commune_suggests_where_it_is() -> None:
    answer = unknown("Rouen (14)")
    assert [commune.insee for commune in answer.suggestions] == ["76540"]
    assert "14" in answer.reason


def test_a_postcode_that_contradicts_the_name_is_not_guessed() -> None:
    assert "76351" in [commune.insee for commune in unknown("76000 Le Havre").suggestions]


def test_a_postcode_of_one_commune_is_thatcommune() -> None:
    rouen = origin("76000")
    assert (rouen.label, rouen.precision, rouen.insee) == ("76000 (Rouen)", "commune", "76540")


def test_a_postcode_of_an_arrondissement_is_the_arrondissement() -> None:
    assert origin("75001").insee == "75101"
    assert origin("75116").insee == origin("75016").insee == "75116"


def test_a_shared_postcode_is_the_middle_of_its_inhabitants() -> None:
    shared = origin("27400")
    members = [commune_of(code) for code in shared.communes if commune_of(code).insee == code]
    assert shared.precision == "postcode"
    assert shared.insee is None
    assert len(members) > 10
    assert shared.label.startswith("27400 (Louviers et ")
    louviers = GAZETTEER.centre("27375")
    assert louviers is not None
    assert distance_m(shared.point, louviers) < 5_000


def test_five_digits_are_a_postcode_first_and_the_answer_says_so() -> None:
    valmont = origin("76540")
    assert "76719" in valmont.communes
    assert "76540" not in valmont.communes
    assert valmont.note is not None
    assert "insee:76540" in valmont.note
    assert "Rouen (76)" in valmont.note


def test_an_approximate_point_is_said_to_be_so() -> None:
    approximate = origin("Sainte-Colombe (76)")
    assert commune_of("76569").point_source == "postcode"
    assert approximate.note is not None
    assert "approchée" in approximate.note
    assert origin("Rouen").note is None


@pytest.mark.parametrize("text", ["49.44,1.1", "49.44, 1.1", " +49.44 ,1.10 "])
def test_coordinates_are_a_point_and_nocommune(text: str) -> None:
    there = origin(text)
    assert (there.point, there.precision, there.insee) == (Point(49.44, 1.1), "point", None)
    assert there.communes == frozenset()


@pytest.mark.parametrize("text", ["91,0", "0,181", "49,44,1,1", "nan,nan", "٤٩.٤٤,١.١", "1e5,2"])
def test_coordinates_off_the_globe_or_ill_written_are_unknown(text: str) -> None:
    unknown(text)


def test_a_commune_without_a_point_is_unknown_with_the_reason() -> None:
    assert "coordonnées" in unknown("98411").reason


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Rouenn", "76540"), ("Marseile", "13055"), ("Strabsourg", "67482"), ("Nantez", "44109")],
)
def test_a_misspelt_name_suggests_the_town(typed: str, meant: str) -> None:
    assert meant in [commune.insee for commune in unknown(typed).suggestions]


@pytest.mark.parametrize("text", ["", "   ", "()", "(76)", "76", ",", "d'", "🙂", "\x00", "00000"])
def test_what_is_no_place_is_unknown(text: str) -> None:
    unknown(text)


@settings(max_examples=300)
@given(st.one_of(st.text(), st.from_regex(r"[A-Za-zÀ-ÿ' -]{0,60}[ (]*[0-9AB]{0,5}\)?", fullmatch=True)))
@example("a" * 10_000)
@example("(" * 199)
@example("saint " * 33)
@example("1 " * 100)
@example("\u0301" * 200)
@example("76000 " + "x" * 190)
def test_resolve_answers_any_text_without_raising(text: str) -> None:
    began = time.thread_time()
    assert isinstance(GAZETTEER.resolve(text), Found | Ambiguous | Unknown)
    assert time.thread_time() - began < 2, "seconds of the processor"


def test_ten_kilobytes_are_refused_without_suggestions() -> None:
    assert unknown("Rouen " * 1_700).suggestions == ()
