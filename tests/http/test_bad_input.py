"""Every parameter refuses what breaks its rule, and says which parameter and which rule."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from orientation.question import fields as f
from orientation.question.schema import SCHEMA

URL = "/api/v1/orientations"
VALID = {"lat": "49.4", "lon": "1.1", "equipment": "072"}
"""What the dependent parameters need beside them."""

BAD: dict[type[f.Parameter], tuple[str, ...]] = {
    f.Number: ("abc", "NaN", "inf", "-inf", "1e400", "1,5", "0x10", "1_0", "99999999", "-99999999"),
    f.Whole: ("abc", "0", "-1", "1.5", "1e3", "99999999999", "١"),
    f.Flag: ("yes", "1", "TRUE", "vrai"),
    f.Choice: ("none of them", "JSON", "null"),
    f.Code: ("9999999", "127 ", "x", "127,004", "null"),
    f.Department: ("00", "7", "Seine-Maritime", "76 "),
    f.Region: ("00", "7", "Normandie", "28 "),
    f.Insee: ("7654", "Rouen", "765400", "2C001", "99999"),
    f.Radius: ("30", "30 km", "30miles", "-1km", "1000.1km", "1000001m", "NaNkm", "1e3km", "infkm"),
    f.Duration: ("12", "12s", "0h", "-1h", "1.5h", "366d", "h"),
    f.PatientAge: ("-1", "151", "35x", "three", "1e2", "1.5"),
    f.Moment: ("today", "2026-11-24", "2026-13-01T00:00", "2026-11-24T25:00", "1726-11-24T20:30", "20:30"),
    f.Names: ("nothing", "activity,nothing", ",", "activity,,mode"),
    f.Words: ("\x00",),
    f.Peers: ("a b", "é", "x/y", "NOWHERE"),
    f.FreeText: (),
}
ANY = ("", " ", "x" * 10_000)


def cases() -> Iterator[tuple[str, str]]:
    """Yield every parameter with every value that it must refuse."""
    for name, field in SCHEMA.fields.items():
        for value in (*BAD[type(field)], *ANY):
            yield name, value


@pytest.mark.parametrize(("name", "value"), list(cases()), ids=lambda text: text[:20])
def test_a_bad_value_is_refused_by_name(client: FlaskClient, name: str, value: str) -> None:
    around = {other: given for other, given in VALID.items() if name != "place" or other == "equipment"}
    assert client.get(URL, query_string=around).status_code == 200
    response = client.get(URL, query_string=around | {name: value})
    body = response.get_json()
    assert response.status_code == 422, body
    assert response.mimetype == "application/problem+json"
    assert set(body["errors"]) == {name}
    assert body["errors"][name][0]["rule"]
    assert len(response.data) < 6000


@pytest.mark.parametrize("name", [name for name, field in SCHEMA.fields.items() if not field.repeatable])
def test_a_scalar_given_twice_is_refused(client: FlaskClient, name: str) -> None:
    response = client.get(f"{URL}?{name}=1&{name}=1")
    assert response.status_code == 422
    assert "given once" in response.get_json()["errors"][name][0]["rule"]


@pytest.mark.parametrize("name", [name for name, field in SCHEMA.fields.items() if field.repeatable])
def test_too_many_values_are_refused(client: FlaskClient, name: str) -> None:
    response = client.get(f"{URL}?{'&'.join([f'{name}=1'] * 201)}")
    assert response.status_code == 422
    assert "at most 200" in response.get_json()["errors"][name][0]["rule"]


def test_every_kind_of_parameter_has_bad_values() -> None:
    assert {type(field) for field in SCHEMA.fields.values()} <= BAD.keys()


def test_an_unknown_parameter_is_refused_with_the_nearest_one(client: FlaskClient) -> None:
    response = client.get(URL, query_string={"radios": "30km"})
    assert response.status_code == 422
    assert "did you mean radius?" in response.get_json()["errors"]["radios"][0]["rule"]


def test_all_errors_are_told_at_once(client: FlaskClient) -> None:
    response = client.get(URL, query_string={"lat": "x", "size": "0", "nope": "1"})
    assert set(response.get_json()["errors"]) == {"lat", "size", "nope"}


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ({"lat": "49.4"}, "lon"),
        ({"lon": "1.1"}, "lat"),
        ({"lat": "49.4", "lon": "1.1", "place": "Rouen"}, "place"),
        ({"radius": "30km"}, "radius"),
        ({"sort": "distance"}, "sort"),
        ({"equipment_weight_min": "200"}, "equipment_weight_min"),
        ({"commune": "76999"}, "commune"),
        ({"place": "91,0"}, "place"),
    ],
)
def test_parameters_that_do_not_go_together_are_refused(
    client: FlaskClient, question: dict[str, str], name: str
) -> None:
    response = client.get(URL, query_string=question)
    assert response.status_code == 422
    assert set(response.get_json()["errors"]) == {name}


def test_the_bounds_are_inclusive(client: FlaskClient) -> None:
    for question in (
        {"radius": "0km"},
        {"radius": "1000km"},
        {"radius": "1000000m"},
        {"size": "1"},
        {"size": "100"},
    ):
        assert client.get(URL, query_string={"place": "Rouen", **question}).status_code == 200, question
    for lat, lon in (("90", "180"), ("-90", "-180")):
        assert client.get(URL, query_string={"lat": lat, "lon": lon}).status_code == 200


def test_an_ambiguous_place_gives_its_candidates(client: FlaskClient) -> None:
    response = client.get(URL, query_string={"place": "Sainte-Colombe"})
    assert response.status_code == 422
    body = response.get_json()
    assert set(body["errors"]) == {"place"}
    candidates = body["candidates"]
    assert {"name", "insee", "department", "postcodes", "population", "place"} == set(candidates[0])
    assert {candidate["name"] for candidate in candidates} == {"Sainte-Colombe"}
    assert len(candidates) > 3
    chosen = client.get(URL, query_string={"place": candidates[0]["place"]}).get_json()
    assert chosen["query"]["origin"]["insee"] == candidates[0]["insee"]


def test_an_unknown_place_gives_suggestions(client: FlaskClient) -> None:
    response = client.get(URL, query_string={"place": "Rouenn"})
    assert response.status_code == 422
    assert "Rouen" in [each["name"] for each in response.get_json()["suggestions"]]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"", 400),
        (b"[]", 400),
        (b'"x"', 400),
        (b"\xff", 400),
        (b'{"lat": NaN}', 400),
        (b"[" * 60_000, 400),
        (b'{"lat": ' + b"9" * 5000 + b"}", 400),
        (b'{"activity": null}', 422),
        (b'{"activity": {"code": "127"}}', 422),
        (b'{"activity": [["127"]]}', 422),
        (b'{"activity": []}', 422),
        (b'{"activity": [127]}', 200),
        (b'{"place": "Rouen", "place": "Rouen"}', 422),
        (b'{"place": "\\ud800"}', 422),
        (b'{"\\ud800": "x"}', 422),
        (b'{"lat": 1e400, "lon": 1}', 422),
        (b'{"age": true}', 422),
        (b'{"place": "' + b"x" * 70_000 + b'"}', 413),
        (b'{"place": "Rouen"}', 200),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_body_is_refused_for_what_it_is(client: FlaskClient, body: bytes, status: int) -> None:
    response = client.post(URL, data=body, content_type="application/json")
    assert response.status_code == status, response.get_data(as_text=True)[:300]
    if status != 200:
        assert response.mimetype == "application/problem+json"
        assert json.loads(response.data)["status"] == status


def test_a_body_that_is_not_json_is_415(client: FlaskClient) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        response = client.post(URL, data=b"place=Rouen", content_type=content_type)
        assert response.status_code == 415


@pytest.mark.parametrize(
    "url",
    [
        "/api/v1/units/UNIT-1?far=1",
        "/api/v1/units/UNIT-1?near=91,0",
        "/api/v1/units/UNIT-1?near=NaN,0",
        "/api/v1/places",
        "/api/v1/places?q=",
        "/api/v1/places?q=rouen&size=0",
        "/api/v1/places?q=rouen&department=00",
        "/api/v1/nomenclatures?x=1",
        "/api/v1/nomenclatures/R211?active=yes",
    ],
)
def test_the_other_routes_refuse_bad_parameters_too(client: FlaskClient, url: str) -> None:
    response = client.get(url)
    assert response.status_code == 422
    assert response.get_json()["errors"]
