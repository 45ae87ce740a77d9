"""What people type is read into the parameters of a search, part by part."""

from __future__ import annotations

from itertools import pairwise

import pytest

from benchmarks.judged import precision_recall, read_questions, score
from tests.words_kit import asked, understood

ROUEN, BERNAY, LYON = "insee:76540", "insee:27056", "insee:69123"


# the examples of the issue


def test_a_burnt_child_is_sent_to_the_reanimation_of_the_burnt_and_paediatric_reanimation_comes_after() -> None:
    reading = understood("réa péd brûlés rouen")
    assert reading.parameters["activity"] == ("121",)
    assert "130" in reading.parameters["near_activity"]
    assert reading.parameters["place"] == (ROUEN,)
    assert reading.parameters["age"] == ("8y",)
    assert any("précisez" in warning for warning in reading.warnings)


def test_an_abbreviation_and_a_place_that_a_word_announces() -> None:
    assert asked("USINV près de Bernay") == {"activity": {"356"}, "place": {BERNAY}}


def test_a_weight_turns_the_word_before_it_into_equipment_that_bears_it() -> None:
    assert asked("irm") == {"activity": {"068"}}
    assert asked("irm 150 kg") == {"equipment": {"052", "054", "087"}, "equipment_weight_min": {"150"}}


def test_words_that_share_nothing_are_alternatives() -> None:
    found = asked("sage femme addicto 16 ans")
    assert {"530", "404"} <= found["activity"] and found["age"] == {"16y"}


def test_the_first_word_of_the_name_of_a_site_asks_for_no_category() -> None:
    assert asked("CHU dialyse")["site_category"] == {"101"}
    assert asked("Hôpital Bicêtre dialyse") == {"activity": {"059"}, "text": {"bicetre"}}
    assert asked("clinique Mathilde maternité") == {"activity": {"100"}, "text": {"mathilde"}}


# spelling


@pytest.mark.parametrize(
    "text",
    ["réa péd Lyon", "REA PED LYON", "Réa, pédiatrique / LYON!", "lyon rea pediatrique", "re\u0301a pe\u0301d Lyon",
     "réanimation pédiatrique à Lyon", "reanimations  pédiatriques\tlyon", "r\u00adéa péd l\u200byon"],
)  # fmt: skip
def test_case_accents_order_hyphens_and_invisible_characters_change_nothing(text: str) -> None:
    assert asked(text) == {"activity": {"130"}, "place": {LYON}}


@pytest.mark.parametrize(
    ("text", "code"),
    [("réanimaton", "127"), ("dyalise", "059"), ("matternité", "100"), ("neurochirurgi", "096"),
     ("psychatrie", "229"), ("urgance", "157")],
)  # fmt: skip
def test_a_slip_of_the_keyboard_is_forgiven_and_told(text: str, code: str) -> None:
    reading = understood(text)
    assert code in reading.parameters["activity"]
    (part,) = reading.parts
    assert part.confidence < 1.0 or part.note is None


def test_short_words_are_not_corrected_into_each_other() -> None:
    assert asked("USC")["activity"] != asked("USI")["activity"]
    assert "activity" not in asked("UXC")


def test_a_corrected_word_is_told() -> None:
    assert understood("réanimaton").warnings == ("« réanimaton » lu comme « réa ».",)


def test_elided_words_are_no_words() -> None:
    assert asked("l'IRM d'Évreux") == {"activity": {"068"}, "place": {"insee:27229"}}


# broad words and their combinations


def test_a_broad_word_asks_for_its_activities_and_lets_others_answer_after() -> None:
    reading = understood("cardio")
    assert set(reading.parameters["activity"]) >= {"013"}
    assert "354" in reading.parameters["near_activity"]
    assert not set(reading.parameters["activity"]) & set(reading.parameters["near_activity"])


def test_a_broad_word_narrows_another() -> None:
    assert asked("réa brûlés") == {"activity": {"121"}}
    assert asked("chirurgie péd") == {"activity": {"604", "605"}}
    assert asked("urgance pediatrique") == {"activity": {"249"}}


def test_a_child_makes_the_childrens_activities_answer_too() -> None:
    assert "130" not in understood("réa").parameters["near_activity"]
    assert "130" in understood("réa 5 ans").parameters["near_activity"]
    assert "130" not in understood("réa 45 ans").parameters["near_activity"]


def test_a_word_of_two_kinds_keeps_the_other_as_an_alternative() -> None:
    (part,) = understood("PMA").parts
    assert (part.kind, part.code) == ("activity", "080")
    assert ("equipment", ("141",)) in [(other.kind, other.codes) for other in part.alternatives]


def test_the_longest_phrase_wins() -> None:
    assert asked("IRM cardiaque") == {"act": {"0711"}}
    assert asked("soins intensifs cardio") == {"activity": {"354"}}


def test_words_often_said_for_nothing_change_nothing_unless_they_make_a_phrase() -> None:
    assert asked("une place en unité de réa svp") == asked("réa")
    assert asked("lits porte") == {"mode": {"13"}}


def test_the_level_of_a_maternity_is_read_after_its_name() -> None:
    assert asked("maternité type 3") == {"activity": {"100"}, "expertise": {"04"}}
    assert asked("maternité 2B") == {"activity": {"100"}, "expertise": {"03"}}


# ages, numbers, use cases


@pytest.mark.parametrize(
    ("text", "age"),
    [("16 ans", "16y"), ("16ans", "16y"), ("3 mois", "3mo"), ("18mo", "18mo"), ("10 jours", "10d"),
     ("6 semaines", "6wk"),
     ("nourrisson", "6mo"), ("enfant", "8y"), ("personne âgée", "80y"), ("adulte", "40y")],
)  # fmt: skip
def test_ages_are_read(text: str, age: str) -> None:
    assert asked(f"scanner {text}") == {"activity": {"070"}, "age": {age}}


def test_an_age_that_nobody_has_is_no_age() -> None:
    assert "age" not in asked("réa 500 ans")


def test_an_example_of_age_is_told_and_an_age_said_wins() -> None:
    assert any("exemple" in warning for warning in understood("nourrisson").warnings)
    assert asked("nourrisson 3 mois") == {"age": {"3mo"}}
    assert not understood("nourrisson 3 mois").warnings


def test_a_weight_without_equipment_is_told_to_be_ignored() -> None:
    reading = understood("150 kg")
    assert not reading.parameters and "ignoré" in reading.warnings[0]


def test_free_beds_an_opinion_and_means_are_use_cases() -> None:
    assert asked("lit réa dispo")["use_case"] == {"destination"}
    assert asked("avis neuro")["use_case"] == {"opinion"}
    assert asked("moyens opérationnels")["use_case"] == {"means"}
    assert asked("3 lits réa")["beds_min"] == {"3"}


def test_a_distance_is_the_radius() -> None:
    assert asked("réa à 30 km de Rouen") == asked("réa Rouen") | {"radius": {"30km"}}


# places


@pytest.mark.parametrize(
    ("text", "parameter", "value"),
    [("76", "department", "76"), ("dans le 27", "department", "27"), ("76000", "place", "76000"),
     ("seine maritime", "department", "76"), ("Normandie", "region", "28"), ("IDF", "region", "11"),
     ("2A", "department", "2A"), ("Le Havre", "place", "insee:76351"), ("Paris 15e", "place", "insee:75115"),
     ("st lô", "place", "insee:50502"), ("Cherbourg", "place", "insee:50129"), ("Rouenn", "place", "insee:76540"),
     ("Mantes la jolie", "place", "insee:78361")],
)  # fmt: skip
def test_places_are_read(text: str, parameter: str, value: str) -> None:
    assert asked(f"scanner {text}") == {"activity": {"070"}, parameter: {value}}


def test_a_name_of_several_communes_takes_the_largest_and_says_so() -> None:
    reading = understood("urgences à Sainte-Colombe")
    (part,) = [part for part in reading.parts if part.kind == "place"]
    assert part.alternatives and part.confidence < 0.9
    assert any("il y a aussi" in warning for warning in reading.warnings)


def test_a_department_after_a_name_tells_which() -> None:
    assert asked("urgences Sainte-Colombe 76")["place"] == {"insee:76569"}


def test_a_second_place_is_told_to_be_ignored() -> None:
    reading = understood("réa Rouen Caen")
    assert reading.parameters["place"] == (ROUEN,)
    assert any("un seul lieu" in warning for warning in reading.warnings)


# names, and what is understood


def test_a_word_of_no_name_is_set_apart_and_told() -> None:
    names = ["Hôpital Bicêtre"]
    reading = understood("dialyse bicetre zzqx", names)
    assert reading.text == "bicetre"
    assert any("zzqx" in warning for warning in reading.warnings)


def test_a_misspelt_word_of_a_name_is_corrected() -> None:
    assert asked("dialyse bicêttre", ["Hôpital Bicêtre"])["text"] == {"bicetre"}


def test_words_of_no_name_alone_are_searched_all_the_same() -> None:
    assert asked("zzqx", ["Hôpital Bicêtre"]) == {"text": {"zzqx"}}


def test_every_part_says_where_it_stands_in_the_text_as_typed() -> None:
    text = "Réa péd, brûlés — ROUEN 16 ans"
    parts = understood(text).parts
    assert [text[part.start : part.end] for part in parts] == [part.text for part in parts]
    assert all(one.end <= other.start for one, other in pairwise(parts))


def test_a_part_taken_away_leaves_the_others() -> None:
    text = "USINV Rouen 70 ans"
    (age,) = [part for part in understood(text).parts if part.kind == "age"]
    assert "age" in asked(text)
    without = text[: age.start] + text[age.end :]
    assert asked(without) == {name: value for name, value in asked(text).items() if name != "age"}


# judged questions


@pytest.mark.parametrize(
    ("name", "precision", "recall"), [("tuned", 0.98, 0.98), ("seen", 0.93, 0.96), ("kept", 0.93, 0.96)]
)
def test_judged_questions_are_read_as_expected(name: str, precision: float, recall: float) -> None:
    questions = [each for each in read_questions() if each.set == name]
    assert len(questions) >= 50
    found = precision_recall(score(each, understood(each.question)) for each in questions)
    assert found >= (precision, recall) and found[1] >= recall


def test_there_are_judged_questions_of_every_use_case() -> None:
    questions = read_questions()
    assert len(questions) >= 150
    assert {each.use_case for each in questions} == {"opinion", "act", "destination", "means"}
    assert {each.set for each in questions} == {"tuned", "seen", "kept"}
