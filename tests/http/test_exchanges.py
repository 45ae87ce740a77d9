"""The exchanges with other directories, as programs and people are told of them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from mappings.document import unit_to_document
from orientation.access import Access
from orientation.answer import Result
from orientation.api.exchanges import SCHEMA_OF_INDICATORS
from orientation.criteria import Criteria
from orientation.exchanges.entry import IN, OUT, entry
from tests.factory import NOW, make_unit
from tests.http.conftest import Client, the_units

PATH = "/api/v1/exchanges/indicators"
DAY = timedelta(days=1)
KINDS = (
    *[("idf", OUT, "answered", 0, 120)] * 3,
    *[("idf", OUT, "answered", 4, 340)] * 5,
    *[("idf", OUT, "late", 0, 1450)] * 2,
    ("bretagne", OUT, "xml", 0, 80),
    *[("samu-76", IN, "answered", 2, 25)] * 4,
)
"""Peer, direction, outcome, units found, milliseconds."""


@pytest.fixture(scope="module")
def steering(client_of: Client) -> Iterator[FlaskClient]:
    """A client of a server that has exchanged: one exchange a day, today's first."""
    client = client_of()
    journal = client.application.extensions["ror"].journal
    journal.index = "http-exchanges"
    criteria = Criteria(as_of=NOW, access=Access(1), activities=("083",))
    for days, (peer, direction, outcome, found, took) in enumerate(KINDS):
        at = NOW - days * DAY
        units = [Result(rank=1, document=unit_to_document(make_unit(updated_at=NOW - 30 * DAY)), why=())] * min(
            found, 1
        )
        journal.note(entry(at, direction, peer, "11", criteria, outcome, took, found, units))
    journal.send()
    yield client
    journal.close()


def ask(client: FlaskClient, **arguments: str) -> Any:
    answer = client.get(PATH, query_string=arguments)
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def test_an_answer_is_what_the_documentation_says(steering: FlaskClient) -> None:
    told = ask(steering, group_by="outcome")
    Draft202012Validator(SCHEMA_OF_INDICATORS).validate(told)
    documented = SCHEMA_OF_INDICATORS["properties"]
    assert told.keys() == documented.keys()
    assert told["total"].keys() == documented["total"]["properties"].keys()
    assert told["total"]["exchanges"] == len(KINDS)
    assert {group["key"]: group["exchanges"] for group in told["groups"]} == {"answered": 12, "late": 2, "xml": 1}
    assert told["total"]["lag_s"] == 30 * 86_400


def test_units_that_no_answer_to_another_directory_held_are_counted(steering: FlaskClient) -> None:
    """Of the answers noted, those to the one who asks here hold UNIT-1; what we asked elsewhere counts for nothing."""
    told = ask(steering)["never_returned"]
    ids = {unit.id for unit in the_units()}
    assert told == {
        "units": len(ids) - 1,
        "known": len(ids),
        "share": round((len(ids) - 1) / len(ids), 4),
        "departments": [{"code": "76", "label": "Seine-Maritime", "units": len(ids) - 1}],
    }
    assert ask(steering, peer="idf")["never_returned"]["units"] == len(ids), "they answered us, and never asked"
    assert ask(steering, direction="out")["never_returned"] is None
    before = ask(steering, to=(NOW - 300 * DAY).isoformat())["never_returned"]
    assert before["units"] == before["known"] == len(ids)
    html = steering.get("/exchanges").get_data(as_text=True)
    assert f"{len(ids) - 1} sur {len(ids)} unités" in html
    assert "Jamais rendues" not in steering.get("/exchanges?direction=out").get_data(as_text=True)


def test_sensitive_units_are_not_among_them_for_who_may_not_know(client_of: Client, steering: FlaskClient) -> None:
    narrow = client_of(anonymous_profile=2, write_keys=(("steward", "a key of who steers, long"),))
    narrow.application.extensions["ror"].journal.index = "http-exchanges"
    told = narrow.get(PATH, headers={"X-Api-Key": "a key of who steers, long"}).get_json()["never_returned"]
    known = ask(steering)["never_returned"]
    assert (told["known"], told["units"]) == (known["known"] - 1, known["units"] - 1)


def test_only_one_peer_or_one_direction_is_counted_where_asked(steering: FlaskClient) -> None:
    assert ask(steering, direction="in")["total"]["exchanges"] == 4
    told = ask(steering, peer="idf", group_by="day")
    assert told["total"]["exchanges"] == len(told["groups"]) == 10
    assert told["total"]["share_without_result"] == round(3 / 8, 4)
    assert ask(steering, **{"from": NOW.isoformat(), "to": (NOW + DAY).isoformat()})["total"]["exchanges"] == 1


def test_the_table_says_the_same_as_the_json(steering: FlaskClient) -> None:
    told = ask(steering, group_by="peer")
    answer = steering.get(f"{PATH}?group_by=peer&format=csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [row["key"] for row in rows] == [*(group["key"] for group in told["groups"]), "total"]
    for row, group in zip(rows, [*told["groups"], told["total"]], strict=True):
        assert int(row["exchanges"]) == group["exchanges"]
        assert int(row["error_late"]) == group["errors"].get("late", 0)
        assert float(row["p95_ms"]) == group["duration_ms"]["p95"]


@pytest.mark.parametrize("query", ["group_by=patient", "direction=up", "format=xml", "from=yesterday", "unit=1"])
def test_a_wrong_parameter_is_named(steering: FlaskClient, query: str) -> None:
    answer = steering.get(f"{PATH}?{query}")
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [query.split("=", maxsplit=1)[0]]


def test_exchanges_are_for_those_who_steer(public: FlaskClient) -> None:
    assert public.get(PATH).status_code == 403
    assert public.get("/exchanges").status_code == 403
    assert 'href="/exchanges"' not in public.get("/").get_data(as_text=True)


def rows_of(html: str) -> dict[str, list[str]]:
    """Return the cells of each row of the page, tags taken away."""
    found = {}
    for row in re.findall(r"<tr>(.*?)</tr>", html.split('<h2 id="rows">')[1], re.DOTALL):
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        texts = [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in cells]
        found[texts[0]] = texts[1:]
    return found


def test_the_page_shows_the_same_numbers(steering: FlaskClient) -> None:
    html = steering.get("/exchanges").get_data(as_text=True)
    idf = next(each for each in ask(steering)["groups"] if each["key"] == "idf")
    exchanges, empty, *times, errors, stale, lag = rows_of(html)["idf"]
    assert (exchanges, empty) == (str(idf["exchanges"]), "37,5\u202f%".replace("\u202f", " "))
    assert times == [f"{round(idf['duration_ms'][name])} ms".replace("1450", "1 450") for name in ("p50", "p95", "p99")]
    assert (errors, stale, lag) == ("hors délai : 2", "–", "il y a 30 jours")
    assert 'href="/exchanges"' in steering.get("/").get_data(as_text=True)


def test_a_period_and_a_grouping_are_chosen(steering: FlaskClient) -> None:
    week = rows_of(steering.get("/exchanges?days=7&group_by=day").get_data(as_text=True))
    assert [name for name in week if "/" in name] == [f"{NOW - days * DAY:%d/%m/%Y}" for days in range(7)]
    one = f"{NOW - 2 * DAY:%Y-%m-%d}"
    html = steering.get(f"/exchanges?from={one}&to={one}").get_data(as_text=True)
    assert rows_of(html)["idf"][0] == "1"
    assert rows_of(steering.get("/exchanges?direction=in").get_data(as_text=True)).keys() >= {"samu-76"}
    backwards = steering.get(f"/exchanges?from={NOW:%Y-%m-%d}&to={one}").get_data(as_text=True)
    assert rows_of(backwards)["idf"][0] == "3"


def test_the_table_of_the_page_is_one_click_away(steering: FlaskClient) -> None:
    html = steering.get("/exchanges?days=7&group_by=direction").get_data(as_text=True)
    found = re.search(r'href="([^"]+format=csv)"', html)
    assert found is not None
    rows = steering.get(found[1].replace("&amp;", "&")).get_data(as_text=True).splitlines()
    assert rows[-1].split(",")[:2] == ["total", "7"]


@pytest.mark.parametrize("query", ["days=0", "from=tomorrow", "to=2026-13-01", "group_by=patient", "other=1"])
def test_a_wrong_address_is_a_page_that_says_so(steering: FlaskClient, query: str) -> None:
    assert steering.get(f"/exchanges?{query}").status_code == 422
