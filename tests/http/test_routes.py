"""The other routes: one unit, places, lists, schemas, documentation."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from mappings.schema.json_schema import unit_json_schema
from mappings.schema.unit import unit_to_dict
from orientation.api import examples
from orientation.question.schema import SCHEMA
from tests.factory import make_beds, make_place, make_unit
from tests.http.conftest import the_units
from tests.http.test_answers import NEAR_ROUEN, ask


def test_a_unit_whose_id_holds_slashes_is_shown_whole(client: FlaskClient) -> None:
    unit = client.get("/api/v1/units/SAE/760780239-MCO-MED?near=49.4944,0.1079").get_json()
    assert unit["id"] == "SAE/760780239-MCO-MED"
    assert unit["activities"][0] == {"code": "127", "label": unit["activities"][0]["label"]}
    assert unit["site"]["category"]["code"] == "101"
    [place] = unit["places"]
    assert place["commune"] == "Rouen"
    assert place["department"]["label"] == "Seine-Maritime"
    assert 71_000 < place["distance_m"] == unit["distance_m"] < 73_000
    assert place["beds"] is None


def test_a_unit_shows_its_counts_to_who_may_see_them(client: FlaskClient, public: FlaskClient) -> None:
    [place] = client.get("/api/v1/units/UNIT-1").get_json()["places"]
    assert place["beds"]["available"] == 2
    assert {count["status"]["code"] for count in place["capacities"]} == {"01", "02"}
    assert "who" not in place["capacities"][0]
    seen = public.get("/api/v1/units/UNIT-1").get_json()
    assert seen["places"][0]["beds"] is None
    [installed] = seen["places"][0]["capacities"]
    assert (installed["status"]["code"], installed["count"]) == ("01", 12)
    assert installed.keys() == {"kind", "status", "horizon", "assignment", "count", "observed_at"}
    assert [contact["name"] for contact in seen["contacts"]] == ["Contact 1"]
    assert "distance_m" not in seen


def test_a_sensitive_unit_does_not_exist_for_the_public(client: FlaskClient, public: FlaskClient) -> None:
    assert client.get("/api/v1/units/SECRET-1").status_code == 200
    assert public.get("/api/v1/units/SECRET-1").status_code == 404


def test_places_are_found_as_one_types(client: FlaskClient) -> None:
    found = client.get("/api/v1/places?q=roue&size=3").get_json()["places"]
    assert found[0]["name"] == "Rouen"
    assert (found[0]["lat"], found[0]["lon"]) == (49.4431, 1.0993)
    assert len(found) == 3
    assert {each["department"] for each in client.get("/api/v1/places?q=saint&department=76").get_json()["places"]} == {
        "76"
    }


def test_a_list_is_found_by_id_and_by_criterion(client: FlaskClient) -> None:
    whole = client.get("/api/v1/nomenclatures/R211").get_json()
    assert client.get("/api/v1/nomenclatures/activity").get_json() == whole
    active = client.get("/api/v1/nomenclatures/activity?active=true").get_json()["concepts"]
    retired = client.get("/api/v1/nomenclatures/activity?active=false").get_json()["concepts"]
    assert len(active) == whole["active"] < whole["codes"] == len(active) + len(retired)
    assert "002" in {concept["code"] for concept in retired}


def test_every_list_of_the_catalogue_is_there(client: FlaskClient) -> None:
    for head in client.get("/api/v1/nomenclatures").get_json()["nomenclatures"]:
        found = client.get(f"/api/v1/nomenclatures/{head['id']}").get_json()
        assert len(found["concepts"]) == head["codes"] > 0


@pytest.mark.parametrize("url", ["/api/v1/nomenclatures/R211", "/api/v1/nomenclatures", "/api/v1/schemas/unit.json"])
def test_what_does_not_change_is_not_sent_twice(client: FlaskClient, url: str) -> None:
    first = client.get(url)
    again = client.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert again.data == b""


def test_the_schema_takes_our_units_and_refuses_others(client: FlaskClient) -> None:
    schema = client.get("/api/v1/schemas/unit.json").get_json(force=True)
    assert schema == json.loads(json.dumps(unit_json_schema()))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    with_beds = make_unit(places=(make_place(capacities=make_beds()),))
    for unit in (with_beds, *the_units()):
        assert [error.message for error in validator.iter_errors(unit_to_dict(unit))] == []
    good = json.loads(json.dumps(unit_to_dict(with_beds)))
    for name, value in (
        ("field", "99"),
        ("activities", []),
        ("unknown", 1),
        ("age", {"min": "x"}),
        ("name", ""),
    ):
        assert list(validator.iter_errors({**good, name: value})), name


def test_openapi_is_valid_and_says_every_parameter(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    validate(document)
    operations = document["paths"]["/api/v1/orientations"]
    assert {each["name"] for each in operations["get"]["parameters"]} == set(SCHEMA.fields)
    body = operations["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(body["properties"]) == set(SCHEMA.fields)
    assert {"200", "403", "406", "422", "503"} <= set(operations["get"]["responses"])
    assert {"400", "413", "415"} <= set(operations["post"]["responses"])
    for path, item in document["paths"].items():
        for method in {"get", "post"} & item.keys():
            assert item[method]["summary"], path


def test_real_answers_are_as_documented(client: FlaskClient) -> None:
    for question in (
        NEAR_ROUEN,
        NEAR_ROUEN | {"use_case": "destination"},
        {"commune": "76217"},
        {"activity": "001"},
    ):
        answer = ask(client, **question)
        problems = [error.message for error in Draft202012Validator(closed(examples.ANSWER_SCHEMA)).iter_errors(answer)]
        assert problems == []
    Draft202012Validator(closed(examples.ANSWER_SCHEMA)).validate(examples.ANSWER)
    assert client.post("/api/v1/orientations", json=examples.QUESTION).status_code == 200


def closed(schema: Any) -> Any:
    """Return a schema whose objects hold every property and no other."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: closed(value) for name, value in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        found |= {"additionalProperties": False, "required": list(schema["properties"])}
    return found


class _Page(HTMLParser):
    """Collects what a page loads, and any script in it."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline = ""
        self._script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.loaded += [value for name in ("src", "href") if (value := given.get(name)) and tag in {"script", "link"}]
        self._script = tag == "script"
        assert not any(name.startswith("on") or name == "style" for name in given)

    def handle_data(self, data: str) -> None:
        if self._script:
            self.inline += data.strip()


def test_the_documentation_page_needs_nothing_from_elsewhere(client: FlaskClient) -> None:
    page = _Page()
    page.feed(client.get("/api/v1/docs").get_data(as_text=True))
    assert page.inline == ""
    assert len(page.loaded) == 5
    for address in page.loaded:
        assert ":" not in address
        response = client.get(f"/api/v1/{address}")
        assert response.status_code == 200, address
        assert response.data
