"""Free text beside the other parameters of a search."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

PATH = "/api/v1/orientations"


def ask(client: FlaskClient, **parameters: Any) -> dict[str, Any]:
    response = client.get(PATH, query_string={"facets": "none", **parameters})
    assert response.status_code == 200, response.get_json()
    found: dict[str, Any] = response.get_json()
    return found


def ids(found: dict[str, Any]) -> list[str]:
    return [result["unit"]["id"] for result in found["results"]]


def codes(found: dict[str, Any], name: str) -> list[str]:
    return [each["code"] for each in found["query"]["criteria"].get(name, ())]


def test_text_is_read_into_criteria_and_says_how(client: FlaskClient) -> None:
    text = "réa adulte Rouen 45 ans"
    found = ask(client, q=text)
    assert codes(found, "activity") == ["122", "126", "127"]
    assert found["query"]["origin"]["insee"] == "76540"
    assert found["query"]["criteria"]["age"] == "45 ans"
    parts = found["query"]["understood"]
    assert [part["parameter"] for part in parts] == ["activity", "place", "age"]
    assert all(text[slice(*part["span"])] == part["text"] for part in parts)
    assert all(0 < part["confidence"] <= 1 and part["label"] for part in parts)


def test_without_text_nothing_is_understood(client: FlaskClient) -> None:
    assert ask(client, activity="127")["query"]["understood"] == []


def test_a_body_asks_the_same(client: FlaskClient) -> None:
    by_body = client.post(PATH, json={"q": "réa Rouen", "facets": "none"}).get_json()
    assert by_body["query"] == ask(client, q="réa Rouen")["query"]


def test_an_explicit_parameter_wins_and_it_is_told(client: FlaskClient) -> None:
    found = ask(client, q="réa Rouen 45 ans", age="60", activity="354", place="Le Havre")
    assert codes(found, "activity") == ["354"]
    assert "near_activity" not in found["query"]["criteria"]
    assert found["query"]["criteria"]["age"] == "60 ans"
    assert found["query"]["origin"]["insee"] == "76351"
    assert sum("est donné par ailleurs" in warning for warning in found["warnings"]) == 3
    assert {part["parameter"] for part in found["query"]["understood"]} == {None}


def test_coordinates_win_over_a_place_in_the_text(client: FlaskClient) -> None:
    found = ask(client, q="réa Rouen", lat="49.49", lon="0.11")
    assert found["query"]["origin"]["precision"] == "point"


def test_words_left_are_searched_in_names(client: FlaskClient) -> None:
    everything = ask(client)["total"]
    found = ask(client, q="GH du Havre")
    assert 0 < found["total"] < everything
    assert {result["unit"]["site"]["name"] for result in found["results"]} == {"GH du Havre"}


def test_words_that_no_name_holds_are_told_and_ignored(client: FlaskClient) -> None:
    found = ask(client, q="réa zzqxw")
    assert any("zzqxw" in warning for warning in found["warnings"])
    assert codes(found, "activity") == ["122", "126", "127"]
    assert "text" not in found["query"]["criteria"]


def test_words_of_no_name_alone_answer_nothing(client: FlaskClient) -> None:
    assert ask(client, q="zzqxw")["total"] == 0


def test_the_name_of_a_sensitive_unit_is_known_only_to_who_may_see_it(client: FlaskClient, public: FlaskClient) -> None:
    assert ids(ask(client, q="sensible")) == ["SECRET-1"]
    assert ask(public, q="sensible")["total"] == 0
    assert any("sensible" in warning for warning in ask(public, q="réa sensible")["warnings"])


def test_a_distance_without_a_place_is_told_to_be_ignored(client: FlaskClient) -> None:
    found = ask(client, q="réa 30 km")
    assert any("lieu de départ" in warning for warning in found["warnings"])


def test_beds_asked_in_words_are_dropped_for_who_sees_no_counts(client: FlaskClient, public: FlaskClient) -> None:
    assert ask(client, q="2 lits médecine")["query"]["criteria"]["beds_min"] == 2
    found = ask(public, q="2 lits médecine")
    assert "beds_min" not in found["query"]["criteria"]
    assert any("lits" in warning for warning in found["warnings"])


def test_activities_near_the_asked_ones_come_after(client: FlaskClient) -> None:
    first = ask(client, activity="083")
    assert "NO-POINT" in ids(first)
    found = ask(client, activity="083", near_activity="004")
    assert found["total"] > first["total"]
    reasons = [{each["reason"] for each in result["why"]} for result in found["results"]]
    ranks = ["activity_exact" in each for each in reasons]
    assert ranks == sorted(ranks, reverse=True) and True in ranks and False in ranks


def test_near_activities_need_asked_ones(client: FlaskClient) -> None:
    response = client.get(PATH, query_string={"near_activity": "004"})
    assert response.status_code == 422 and "near_activity" in response.get_json()["errors"]


def test_pages_of_a_text_neither_repeat_nor_skip(client: FlaskClient) -> None:
    whole = ids(ask(client, q="Rouen"))
    seen: list[str] = []
    page = ask(client, q="Rouen", size=1)
    while True:
        seen += ids(page)
        if page["next"] is None:
            break
        page = ask(client, q="Rouen", size=1, cursor=page["next"])
    assert seen == whole and len(seen) > 1


@pytest.mark.parametrize("name", ["csv", "geojson"])
def test_other_formats_answer_a_text_too(client: FlaskClient, name: str) -> None:
    response = client.get(PATH, query_string={"q": "réa Rouen", "format": name})
    assert response.status_code == 200
    assert response.headers["X-Total-Count"] == str(ask(client, q="réa Rouen")["total"])


@pytest.mark.parametrize(
    "text",
    ["le la", "🚑", "a" * 2000, "مستشفى", "\x00", '(.*)+ AND "x~2', "réa " * 500, "{}", "/", "\\", "<script>", "null"],
)
def test_odd_text_is_answered(client: FlaskClient, text: str) -> None:
    found = ask(client, q=text)
    assert isinstance(found["query"]["understood"], list)


@pytest.mark.parametrize("text", ["", "   ", "a" * 2001])
def test_no_text_and_too_much_are_refused_by_name(client: FlaskClient, text: str) -> None:
    response = client.get(PATH, query_string={"q": text})
    assert response.status_code == 422 and "q" in response.get_json()["errors"]


def test_a_name_of_a_patient_is_warned_of_and_not_repeated(client: FlaskClient) -> None:
    found = ask(client, q="Mme Durand née le 12/03/1956 réa Rouen")
    assert any("aucune donnée de patient" in warning for warning in found["warnings"])
    assert "durand" not in str(found).lower() and "1956" not in str(found["query"])
