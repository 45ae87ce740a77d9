"""Pages follow each other, and a cursor is of no use for anything else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from engine.gateway import Gateway
from mappings.gazetteer import Gazetteer
from orientation.app import create_app
from orientation.question.build import Tension
from orientation.settings import Settings
from tests.factory import NOW
from tests.http.conftest import Client
from tests.http.test_answers import URL, ask, ids

QUESTION = {"place": "Rouen", "activity": "127"}


def test_pages_of_one_hold_all_results_once_in_order(client: FlaskClient) -> None:
    for question in (
        QUESTION,
        {**QUESTION, "sort": "distance"},
        {"activity": "127"},
        {**QUESTION, "sort": "beds"},
    ):
        whole = ask(client, **question)
        seen, cursor, ranks = [], {}, []
        while True:
            page = ask(client, **question, size="1", **cursor)
            seen += ids(page)
            ranks += [result["rank"] for result in page["results"]]
            assert page["query"]["radius_m"] == whole["query"]["radius_m"]
            assert page["query"]["widened"] == whole["query"]["widened"]
            assert page["total"] == whole["total"]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        assert seen == ids(whole)
        assert len(seen) == whole["total"] == 4
        assert ranks == [1, 2, 3, 4]


def test_the_next_page_is_linked(client: FlaskClient) -> None:
    response = client.get(URL, query_string={**QUESTION, "size": "1"})
    link = response.headers["Link"]
    assert link.endswith('; rel="next"')
    following = client.get(link[1 : link.index(">")]).get_json()
    assert following["results"][0]["rank"] == 2


def test_later_pages_are_of_the_moment_and_tension_of_the_first(
    settings: Settings, loaded: Gateway, gazetteer: Gazetteer
) -> None:
    moment, tense = [NOW], [Tension()]
    app = create_app(settings, gateway=loaded, gazetteer=gazetteer, clock=lambda: moment[0], tension=lambda: tense[0])
    client = app.test_client()
    first = ask(client, **QUESTION, size="1")
    moment[0], tense[0] = NOW + timedelta(hours=5), Tension(departments=("76",))
    assert ask(client, **QUESTION)["query"]["as_of"] != first["query"]["as_of"]
    second = ask(client, **QUESTION, size="1", cursor=first["next"])
    assert second["query"]["as_of"] == first["query"]["as_of"]
    assert second["results"][0]["rank"] == 2


def test_size_facets_and_format_may_change_between_pages(client: FlaskClient) -> None:
    cursor = ask(client, **QUESTION, size="1")["next"]
    answer = ask(client, **QUESTION, size="3", facets="none", cursor=cursor)
    assert [result["rank"] for result in answer["results"]] == [2, 3, 4]


@pytest.mark.parametrize(
    "other",
    [
        {"place": "Rouen", "activity": "004"},
        {"place": "Rouen"},
        {"place": "Le Havre", "activity": "127"},
        {**QUESTION, "radius": "30km"},
        {**QUESTION, "sort": "distance"},
        {**QUESTION, "age": "35"},
        {**QUESTION, "use_case": "destination"},
    ],
)
def test_a_cursor_of_another_question_is_refused(client: FlaskClient, other: dict[str, str]) -> None:
    cursor = ask(client, **QUESTION, size="1")["next"]
    response = client.get(URL, query_string={**other, "cursor": cursor})
    assert response.status_code == 422
    assert "another question" in response.get_json()["errors"]["cursor"][0]["rule"]


def test_a_cursor_of_another_profile_is_refused(client: FlaskClient, public: FlaskClient) -> None:
    cursor = ask(client, **QUESTION, size="1")["next"]
    response = public.get(URL, query_string={**QUESTION, "cursor": cursor})
    assert set(response.get_json()["errors"]) == {"cursor"}


def test_a_cursor_of_another_server_is_refused(client: FlaskClient, client_of: Client) -> None:
    cursor = ask(client_of(secret="another secret, of another server than ours"), **QUESTION, size="1")["next"]
    response = client.get(URL, query_string={**QUESTION, "cursor": cursor})
    assert "not a cursor of this server" in response.get_json()["errors"]["cursor"][0]["rule"]


def test_a_cursor_changed_anywhere_is_refused(client: FlaskClient) -> None:
    cursor = ask(client, **QUESTION, size="1")["next"]
    assert client.get(URL, query_string={**QUESTION, "cursor": cursor}).status_code == 200
    for place in range(0, len(cursor) - 1, 7):
        changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        response = client.get(URL, query_string={**QUESTION, "cursor": changed})
        assert response.status_code == 422, place
        assert set(response.get_json()["errors"]) == {"cursor"}
    assert client.get(URL, query_string={**QUESTION, "cursor": cursor[:-5]}).status_code == 422
