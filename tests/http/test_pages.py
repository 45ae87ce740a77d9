"""The pages as they are sent: what each profile sees, no inline script, errors in words, files that last."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from orientation.app import create_app
from orientation.pages import typed
from orientation.pages.french import ago, distance, plural
from orientation.pages.links import Links
from orientation.pages.phones import phones
from orientation.pages.room import policy
from orientation.settings import Settings
from tests.http.conftest import Client

PATHS = (
    "/",
    "/?place=Rouen&use_case=destination",
    "/?place=Sainte-Colombe",
    "/units/UNIT-1",
    "/units/SAE/760780239-MCO-MED",
    "/beds",
    "/beds/entry",
    "/beds/entry?unit=UNIT-1",
    "/quality",
    "/quality?department=76&rule=recency",
    "/exchanges",
    "/units/none",
)


@pytest.mark.parametrize("path", PATHS)
def test_no_script_and_no_style_is_inline(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    html = answer.get_data(as_text=True)
    assert "<h1" in html
    assert not re.findall(r"<script(?![^>]* src=)", html)
    assert not re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", html)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", PATHS)
def test_every_file_that_a_page_names_exists_and_lasts(client: FlaskClient, path: str) -> None:
    named = re.findall(r"(?:src|href|data-towns)=\"(/static/[^\"]+)\"", client.get(path).get_data(as_text=True))
    assert len(named) >= 4
    for url in named:
        answer = client.get(url)
        assert answer.status_code == 200, url
        assert "immutable" in answer.headers["Cache-Control"]


def test_a_file_of_another_version_is_served_but_not_kept(client: FlaskClient) -> None:
    answer = client.get("/static/0123456789ab/style.css")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
    assert client.get("/static/0123456789ab/none.css").status_code == 404


def test_a_page_is_never_kept(client: FlaskClient) -> None:
    assert client.get("/?place=Rouen").headers["Cache-Control"] == "no-store"


def test_names_are_shown_and_not_run(client: FlaskClient) -> None:
    html = client.get("/units/SAE/760780239-MCO-MED").get_data(as_text=True)
    assert "=HYPERLINK(&#34;x&#34;)" in html
    assert '=HYPERLINK("x")' not in html


def test_the_public_sees_no_count_and_no_unit_that_is_sensitive(public: FlaskClient, client: FlaskClient) -> None:
    assert "lits libres" in client.get("/?place=Rouen").get_data(as_text=True)
    html = public.get("/?place=Rouen").get_data(as_text=True)
    assert 'class="result"' in html
    assert "libres" not in html and 'name="beds_min"' not in html
    assert "Unité sensible" not in html
    assert public.get("/units/SECRET-1").status_code == 404
    assert public.get("/beds").status_code == 403
    assert public.get("/beds/entry?unit=UNIT-1").status_code == 403


def test_the_public_may_not_ask_for_beds_by_the_address(public: FlaskClient) -> None:
    answer = public.get("/?place=Rouen&beds_min=1")
    assert answer.status_code == 403
    assert "Votre profil ne permet pas" in answer.get_data(as_text=True)


def test_what_is_wrong_is_said_in_french_with_the_question_kept(client: FlaskClient) -> None:
    answer = client.get("/?place=Xyzzy&age=vieux")
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Écrire un âge" in html and 'value="Xyzzy"' in html


def test_a_place_taken_away_takes_its_radius_with_it(client: FlaskClient) -> None:
    answer = client.get("/?place=&radius=30km&sort=distance&field=01")
    assert answer.status_code == 200


def test_coordinates_are_a_place(client: FlaskClient) -> None:
    html = client.get("/?lat=49.44&lon=1.1").get_data(as_text=True)
    assert 'value="49.44,1.1"' in html


def test_points_are_those_of_the_answer(client: FlaskClient) -> None:
    asked = {"place": "Rouen", "radius": "200km"}
    found = client.get("/points.json", query_string=asked).get_json()["points"]
    listed = client.get("/api/v1/orientations", query_string={**asked, "size": "100"}).get_json()["results"]
    assert [each[0] for each in found] == [each["unit"]["id"] for each in listed if each["unit"]["place"]["lat"]]


def test_an_engine_away_is_a_page_that_says_so(settings: Settings) -> None:
    away = replace(settings, elasticsearch_url="http://127.0.0.1:9")
    answer = create_app(away).test_client().get("/?place=Rouen")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "Réessayer" in answer.get_data(as_text=True)


def test_a_form_without_a_key_writes_nothing(client: FlaskClient, client_of: Client) -> None:
    form = {"zone": "P1", "key": "01|02|01|||||01", "was": "", "seen": "", "count": "3"}
    assert client.post("/beds/entry?unit=UNIT-1", data=form).status_code == 403
    keyed = client_of(write_keys=(("ward", "a key of a ward, long"),))
    wrong = keyed.post("/beds/entry?unit=UNIT-1", data={**form, "write_key": "another key entirely"})
    assert wrong.status_code == 401
    assert "Cette clé n’est pas connue" in wrong.get_data(as_text=True)


def test_only_the_host_of_the_tiles_may_give_images() -> None:
    assert "img-src 'self' data:;" in policy(None)
    assert "img-src 'self' data: https://tiles.example;" in policy("https://tiles.example/{z}/{x}/{y}.png")
    assert "default-src 'self'" in policy("https://tiles.example/{z}/{x}/{y}.png")


@pytest.mark.parametrize(
    ("text", "read"),
    [("35", "35"), ("35 ans", "35"), ("18 mois", "18mo"), ("3 semaines", "3wk"), ("10 jours", "10d"), ("10j", "10d"),
     ("18mo", "18mo"), ("vieux", "vieux")],
)  # fmt: skip
def test_ages_are_read_as_people_write_them(text: str, read: str) -> None:
    assert typed.age(text) == read


def test_numbers_and_ages_are_written_in_french() -> None:
    assert [plural(n, "unité") for n in (0, 1, 2, 1234)] == ["0 unité", "1 unité", "2 unités", "1\u202f234 unités"]
    assert [distance(m) for m in (0, 759, 1234, 42_195)] == ["0\u202fm", "759\u202fm", "1,2\u202fkm", "42\u202fkm"]
    assert [ago(s) for s in (5, 540, 7199, 10_800, 86_400 * 3)] == [
        "à l’instant", "il y a 9 min", "il y a 119 min", "il y a 3 h", "il y a 3 jours",
    ]  # fmt: skip


def test_links_add_and_take_away_one_choice_and_start_again_at_the_top() -> None:
    links = Links("/", {"place": ["Rouen"], "field": ["01", "02"], "n": ["100"]})
    assert links.toggled("field", "02") == "/?place=Rouen&field=01"
    assert links.toggled("mode", "28") == "/?place=Rouen&field=01&field=02&mode=28"
    assert links.with_(place=None, n=None) == "/?field=01&field=02"


def test_the_doctor_is_called_before_the_switchboard_and_a_fax_never() -> None:
    def contact(nature: str, channel: str, value: str) -> dict[str, object]:
        said = {"code": nature, "label": nature}
        return {"nature": said, "telecoms": [{"channel": {"code": channel, "label": ""}, "value": value}]}

    every = [
        contact("06", "2", "01 99 00 00 01"),
        contact("04", "6", "01 99 00 00 02"),
        contact("04", "2", "01 99 00 00 03"),
    ]
    assert [each["number"] for each in phones(every)] == ["01 99 00 00 03", "01 99 00 00 01"]
    assert phones(every)[0]["href"] == "tel:0199000003"
