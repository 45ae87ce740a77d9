"""What is suggested as one types."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from mappings.nomenclature import nomenclature
from orientation.words.suggesting import Suggester, site_entries
from tests.words_kit import communes


def suggest(client: FlaskClient, q: str, **more: Any) -> list[dict[str, Any]]:
    response = client.get("/api/v1/suggest", query_string={"q": q, **more})
    assert response.status_code == 200, response.get_json()
    found: list[dict[str, Any]] = response.get_json()["suggestions"]
    return found


def labels(client: FlaskClient, q: str) -> list[str]:
    return [each["label"] for each in suggest(client, q)]


def test_codes_broad_words_communes_and_sites_come_in_one_list(client: FlaskClient) -> None:
    assert "réa" in labels(client, "ré")
    assert "Rouen (76)" in labels(client, "rou")
    assert "Soins intensifs spécialisés cardiologie (USIC)" in labels(client, "usic")
    assert "CHU de Rouen" in labels(client, "chu de r")


@pytest.mark.parametrize(("typed", "label"), [("ROU", "Rouen (76)"), ("évr", "Évreux (27)"), ("evr", "Évreux (27)")])
def test_case_and_accents_do_not_matter(client: FlaskClient, typed: str, label: str) -> None:
    assert label in labels(client, typed)


def test_a_word_inside_a_name_is_found_after_names_that_begin_so(client: FlaskClient) -> None:
    found = suggest(client, "cardi", limit=50)
    fits = [each["fit"] for each in found]
    assert "start" in fits and "word" in fits
    assert fits.index("word") > fits.index("start")
    assert "Le Kremlin-Bicêtre (94)" in labels(client, "bicet")


def test_a_slip_is_forgiven_from_four_letters(client: FlaskClient) -> None:
    assert suggest(client, "urgnce")[0]["fit"] == "similar"
    assert "Rouen (76)" in labels(client, "roeun")
    assert suggest(client, "zqj") == []


def test_the_end_of_a_question_is_completed_in_place(client: FlaskClient) -> None:
    first = suggest(client, "dialyse roue")[0]
    assert first["label"] == "Rouen (76)"
    assert "dialyse roue"[slice(*first["span"])] == "roue"
    assert (first["parameter"], first["values"]) == ("place", ["insee:76540"])


def test_what_is_suggested_can_be_asked(client: FlaskClient) -> None:
    for typed in ("réa", "roue", "irm", "chu de r", "chu"):
        for each in suggest(client, typed):
            response = client.get("/api/v1/orientations", query_string={each["parameter"]: each["values"], "size": 1})
            assert response.status_code == 200, (each, response.get_json())


def test_only_active_codes_are_suggested(client: FlaskClient) -> None:
    found = [each for each in suggest(client, "urgences", limit=50) if each["kind"] == "activity"]
    assert found
    assert all(nomenclature()["R211"].concepts[each["code"]].active for each in found)


def test_sites_of_sensitive_units_alone_are_not_suggested(client: FlaskClient) -> None:
    assert not any("sensible" in label.lower() for label in labels(client, "unité sens"))


def test_the_limit_is_kept_and_bounded(client: FlaskClient) -> None:
    assert len(suggest(client, "a", limit=3)) == 3
    assert client.get("/api/v1/suggest?q=a&limit=51").status_code == 422
    assert client.get("/api/v1/suggest?q=a&limit=0").status_code == 422
    assert client.get("/api/v1/suggest").status_code == 422


@pytest.mark.parametrize("q", ["🚑", "()", "\x00", "-", "'", "مست", "a" * 200])
def test_odd_text_is_answered(client: FlaskClient, q: str) -> None:
    assert isinstance(suggest(client, q), list)


def test_a_hundred_thousand_sites_are_searched() -> None:
    sites = [
        (f"{n:09d}", f"Clinique {n % 977} Saint {chr(97 + n % 26)}nge de Ville {n}", n % 30) for n in range(100_000)
    ]
    suggester = Suggester(communes(), {}, site_entries(sites))
    for typed in ("clinique", "saint a", "ville 4", "clniique"):
        assert len(suggester.suggest(typed, 10)) == 10, typed
    assert suggester.suggest("xyzt", 10) == []
