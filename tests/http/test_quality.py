"""The quality of the directory as programs and people are told of it."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from mappings.quality import RULES, judged
from orientation.api.quality import SCHEMA_OF_QUALITY
from tests.http.conftest import the_units

PATH = "/api/v1/quality"


@pytest.mark.parametrize("query", ["", "?group_by=site", "?group_by=department&rule=address", "?rule=recency&size=1"])
def test_an_answer_is_what_the_documentation_says(client: FlaskClient, query: str) -> None:
    told = client.get(PATH + query).get_json()
    Draft202012Validator(SCHEMA_OF_QUALITY).validate(told)
    assert {rule["code"] for rule in told["rules"]} == {*RULES, "recency"}
    assert told["total"]["units"] == len(the_units())
    assert sum(row["units"] for row in told["rows"]) == len(the_units())


def test_a_theme_is_worth_the_share_of_its_checks_that_hold(client: FlaskClient) -> None:
    told = client.get(PATH).get_json()["total"]
    rules = [rule.id for rule in RULES.values() if rule.theme == "01"]
    broken = sum(rule in judged(unit).get("broken", ()) for unit in the_units() for rule in rules)
    kept = sum(rule in judged(unit)["kept"] for unit in the_units() for rule in rules)
    assert broken
    assert told["completeness"] == {
        "rate": round(kept / (kept + broken), 4),
        "checked": kept + broken,
        "broken": broken,
    }


def test_who_breaks_a_rule_is_named(client: FlaskClient) -> None:
    told = client.get(f"{PATH}?rule=address").get_json()["units"]
    assert told["total"] == 1
    [unit] = told["shown"]
    assert (unit["id"], unit["department"]["code"]) == ("NO-POINT", "76")
    assert "address" in unit["broken"]


def test_a_territory_and_a_site_narrow_it(client: FlaskClient) -> None:
    assert client.get(f"{PATH}?region=11").get_json()["total"]["units"] == 0
    assert client.get(f"{PATH}?department=76&field=04").get_json()["total"]["units"] == 1
    site = client.get(f"{PATH}?finess=760780239&group_by=site").get_json()
    assert [row["code"] for row in site["rows"]] == ["760780239"]
    assert site["rows"][0]["label"] in {unit.site.name for unit in the_units()}


@pytest.mark.parametrize("query", ["group_by=place", "region=99", "finess=76", "rule=none", "size=0", "q=lits"])
def test_a_wrong_parameter_is_named(client: FlaskClient, query: str) -> None:
    answer = client.get(f"{PATH}?{query}")
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [query.split("=", maxsplit=1)[0]]


def test_quality_is_for_those_who_steer(public: FlaskClient) -> None:
    assert public.get(PATH).status_code == 403
    page = public.get("/quality")
    assert page.status_code == 403
    assert 'href="/quality"' not in public.get("/").get_data(as_text=True)


def test_the_page_shows_the_same_numbers_and_leads_to_the_units(client: FlaskClient) -> None:
    told = client.get(f"{PATH}?rule=address").get_json()
    html = client.get("/quality?rule=address").get_data(as_text=True)
    assert f"{told['units']['total']} unité : adresse incomplète" in html
    assert 'href="/units/NO-POINT"' in html
    assert 'href="/quality"' in client.get("/").get_data(as_text=True)
    widths = [float(width) for width in re.findall(r'class="fill" width="([\d.]+)"', html)]
    assert len(widths) > 10 and all(0 <= width <= 100 for width in widths)


def test_what_was_chosen_shows_what_is_inside(client: FlaskClient) -> None:
    def shown_by(path: str) -> str:
        found = re.search(r'<h2 id="rows">([^<]+)<', client.get(path).get_data(as_text=True))
        assert found is not None
        return found[1]

    assert shown_by("/quality") == "Par région"
    assert shown_by("/quality?region=28") == "Par département"
    assert shown_by("/quality?department=76") == "Par établissement"
    assert shown_by("/quality?department=76&group_by=region") == "Par région"
