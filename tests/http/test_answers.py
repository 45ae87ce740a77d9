"""What a search answers, in each format, to each profile."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.http.conftest import Client

URL = "/api/v1/orientations"
NEAR_ROUEN = {"place": "Rouen", "activity": "127", "radius": "30km"}


def ask(client: FlaskClient, **question: Any) -> Any:
    """Return the JSON of an answer that must be good."""
    response = client.get(URL, query_string=question)
    assert response.status_code == 200, response.get_data(as_text=True)
    return response.get_json()


def ids(answer: Any) -> list[str]:
    """Return the ids of the results, in their order."""
    return [result["unit"]["id"] for result in answer["results"]]


def by_id(answer: Any, unit_id: str) -> Any:
    """Return one result."""
    return next(result for result in answer["results"] if result["unit"]["id"] == unit_id)


def test_an_answer_has_what_the_contract_shows(client: FlaskClient) -> None:
    answer = ask(client, **NEAR_ROUEN, age="35", use_case="destination")
    assert set(answer) == {"query", "total", "results", "facets", "next", "warnings", "took_ms"}
    assert answer["query"]["origin"]["label"] == "Rouen (76)"
    assert answer["query"]["origin"]["precision"] == "commune"
    assert answer["query"]["radius_m"] == 30_000
    assert answer["query"]["criteria"]["activity"][0]["code"] == "127"
    assert answer["total"] == len(answer["results"]) == 3
    first = answer["results"][0]
    assert first["rank"] == 1
    assert first["distance_m"] == 0
    assert [why["reason"] for why in first["why"]] == ["activity_exact", "patient_closest", "beds_fresh"]
    unit = first["unit"]
    assert unit["id"] == "UNIT-1"
    assert unit["activities"][0]["label"].startswith("Réanimation")
    assert unit["age"]["label"] == "À partir de 16 ans"
    assert unit["site"]["finess"] == "760780239"
    assert unit["site"]["legal_entity"]["name"] == "CHU Rouen"
    assert unit["place"] == {
        "id": "P1",
        "name": None,
        "lat": 49.4431,
        "lon": 1.0993,
        "precision": "housenumber",
        "address": "1 rue de Germont, 76000 Rouen",
        "commune": "Rouen",
        "insee": "76540",
        "department": {"code": "76", "label": "Seine-Maritime"},
    }


def test_beds_carry_their_age_and_source(client: FlaskClient) -> None:
    beds = by_id(ask(client, **NEAR_ROUEN), "UNIT-1")["beds"]
    assert (beds["available"], beds["installed"], beds["closed"]) == (2, 12, None)
    assert beds["age_s"] == 540
    assert beds["stale"] is False
    assert beds["source"]["label"] == "Saisie manuelle"


def test_beds_are_null_where_nothing_is_known(client: FlaskClient) -> None:
    assert by_id(ask(client, **NEAR_ROUEN), "SAE/760780239-MCO-MED")["beds"] is None


def test_the_public_sees_no_count_no_sensitive_unit_and_open_contacts_only(public: FlaskClient) -> None:
    answer = ask(public, **NEAR_ROUEN)
    assert "UNIT-1" in ids(answer)
    assert "SECRET-1" not in ids(answer)
    assert {result["beds"] is None for result in answer["results"]} == {True}
    contacts = by_id(answer, "UNIT-1")["unit"]["contacts"]
    assert [contact["name"] for contact in contacts] == ["Contact 1"]
    assert "0235000002" not in json.dumps(answer)


def test_a_restricted_telecom_of_an_open_contact_stays_hidden(client_of: Client) -> None:
    names = {
        profile: [
            c["name"]
            for c in by_id(ask(client_of(anonymous_profile=profile), **NEAR_ROUEN), "UNIT-1")["unit"]["contacts"]
        ]
        for profile in (0, 1, 2)
    }
    assert names == {
        0: ["Contact 1"],
        1: ["Contact 1", "Contact 2", "Contact 3"],
        2: ["Contact 1", "Contact 2"],
    }


@pytest.mark.parametrize("question", [{"beds_min": "1"}, {"beds_gender": "f"}, {"sort": "beds"}])
def test_the_public_may_not_ask_for_beds(public: FlaskClient, client: FlaskClient, question: dict[str, str]) -> None:
    assert client.get(URL, query_string=NEAR_ROUEN | question).status_code == 200
    response = public.get(URL, query_string=NEAR_ROUEN | question)
    assert response.status_code == 403
    assert "right to see bed counts" in response.get_json()["detail"]
    assert next(iter(question)) in response.get_json()["detail"]


def test_a_post_answers_what_a_get_answers(client: FlaskClient) -> None:
    asked = {"place": "Rouen", "activity": ["127"], "age": 35, "beds_min": 1, "related": True}
    by_get = ask(client, place="Rouen", activity="127", age="35", beds_min="1", related="true")
    by_post = client.post(URL, json=asked).get_json()
    assert ids(by_post) == ids(by_get) == ["UNIT-1"]
    assert by_post["query"] == by_get["query"]
    assert ids(client.post(URL, json={**asked, "activity": "127"}).get_json()) == ["UNIT-1"]


def test_codes_of_one_parameter_are_alternatives(client: FlaskClient) -> None:
    both = ask(client, activity=["127", "004"])
    assert set(ids(both)) >= {"UNIT-1", "SOCIAL-1"}
    assert ids(ask(client, activity=["127", "004"], field="04")) == ["SOCIAL-1"]


def test_a_retired_code_is_accepted_with_a_warning(client: FlaskClient) -> None:
    answer = ask(client, activity=["002", "127"])
    assert any("002" in warning and "2019-07-05" in warning for warning in answer["warnings"])
    assert "UNIT-1" in ids(answer)


def test_a_time_without_zone_is_understood_in_paris_and_says_so(client: FlaskClient) -> None:
    answer = ask(client, open_at="2026-11-24T20:30")
    assert any("Paris" in warning for warning in answer["warnings"])
    assert answer["query"]["criteria"]["open_at"] == "2026-11-24T20:30:00+01:00"


def test_a_plus_sign_that_was_not_escaped_is_read_as_one(client: FlaskClient) -> None:
    answer = client.get(f"{URL}?open_at=2026-11-24T20:30:00+01:00").get_json()
    assert answer["query"]["criteria"]["open_at"] == "2026-11-24T20:30:00+01:00"


def test_facets_may_be_left_out(client: FlaskClient) -> None:
    assert set(ask(client, facets="none")["facets"]) == set()
    answer = ask(client, facets="activity,commune", activity="127")
    assert set(answer["facets"]) == {"activity", "commune"}
    assert {"code": "76540", "label": "Rouen", "count": 3, "selected": False} in answer["facets"]["commune"]
    asked = next(value for value in answer["facets"]["activity"] if value["code"] == "127")
    assert asked["selected"] is True


def test_geojson_puts_longitude_first(client: FlaskClient) -> None:
    response = client.get(URL, query_string=NEAR_ROUEN | {"format": "geojson", "use_case": "destination"})
    assert response.mimetype == "application/geo+json"
    collection = json.loads(response.data)
    assert collection["type"] == "FeatureCollection"
    first = collection["features"][0]
    assert first["type"] == "Feature"
    assert first["id"] == "UNIT-1"
    assert first["geometry"] == {"type": "Point", "coordinates": [1.0993, 49.4431]}
    assert first["properties"]["rank"] == 1


def test_a_unit_without_a_point_has_no_geometry(client: FlaskClient) -> None:
    response = client.get(URL, query_string={"commune": "76217", "format": "geojson"})
    [feature] = json.loads(response.data)["features"]
    assert feature["geometry"] is None


def test_csv_is_read_back_and_holds_no_formula(client: FlaskClient) -> None:
    response = client.get(URL, query_string=NEAR_ROUEN | {"format": "csv"})
    assert response.mimetype == "text/csv"
    text = response.data.decode("utf-8-sig")
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}
    assert rows["UNIT-1"]["beds_available"] == "2"
    assert rows["UNIT-1"]["lon"] == "1.0993"
    assert rows["SAE/760780239-MCO-MED"]["name"] == '\'=HYPERLINK("x")'
    assert rows["SAE/760780239-MCO-MED"]["beds_available"] == ""
    assert response.headers["X-Total-Count"] == "3"


def test_csv_tells_its_warnings_in_a_header(client: FlaskClient) -> None:
    response = client.get(URL, query_string={"activity": ["002", "127"], "format": "csv"})
    [warning] = json.loads(response.headers["X-Warnings"])
    assert "retiré" in warning


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        ("application/json", "application/json"),
        ("text/csv", "text/csv"),
        ("application/geo+json;q=0.9, text/csv;q=0.1", "application/geo+json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
    ],
)
def test_accept_chooses_the_format(client: FlaskClient, accept: str, mimetype: str) -> None:
    assert client.get(URL, query_string=NEAR_ROUEN, headers={"Accept": accept}).mimetype == mimetype


def test_format_wins_over_accept(client: FlaskClient) -> None:
    asked = NEAR_ROUEN | {"format": "csv"}
    assert client.get(URL, query_string=asked, headers={"Accept": "application/json"}).mimetype == "text/csv"


def test_a_format_that_is_not_offered_is_406(client: FlaskClient) -> None:
    response = client.get(URL, query_string=NEAR_ROUEN, headers={"Accept": "application/xml"})
    assert response.status_code == 406
    assert "text/csv" in response.get_json()["detail"]


def test_paris_means_its_arrondissements_too(client: FlaskClient) -> None:
    answer = ask(client, commune="75056")
    assert {"code": "75115", "label": "Paris 15e Arrondissement"} in answer["query"]["criteria"]["commune"]


def test_an_origin_knows_its_department_and_so_its_radius(client: FlaskClient) -> None:
    by_name = ask(client, place="Rouen")["query"]
    by_point = ask(client, lat="49.4431", lon="1.0993")["query"]
    assert by_point["radius_m"] == by_name["radius_m"]
    assert by_point["origin"]["precision"] == "point"
