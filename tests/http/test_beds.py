"""Bed counts over HTTP: writing, the board, changes, history, tension; who may do what."""

from __future__ import annotations

import json
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from gunicorn.config import Config
from gunicorn.http import RequestParser
from werkzeug.serving import make_server
from werkzeug.test import TestResponse
from werkzeug.wsgi import LimitedStream

from beds.tension import Tensions
from engine.gateway import Gateway
from mappings.geo import Point
from orientation.api.body import lines_of
from orientation.app import create_app, tension_in_force
from orientation.search import SearchService
from orientation.settings import Settings
from tests.beds_kit import NOW, Ward, at, said
from tests.factory import make_place, make_site, make_unit
from tests.gazetteer_kit import GAZETTEER

KEY = "a key of sixteen characters"
WRITER = {"Authorization": f"Bearer {KEY}"}
NDJSON = {**WRITER, "Content-Type": "application/x-ndjson"}
API = "/api/v1"

Ask = Callable[..., FlaskClient]


def directory() -> list[Any]:
    """Return a shared zone, a burn unit far away, a sensitive unit, a medico-social one."""
    shared = make_place(id="P1", sync_id="1760780239/REA1")
    lyon = make_place(id="52/192675", insee="69383", point=Point(45.74, 4.88))
    return [
        make_unit(id="U1", places=(shared,)),
        make_unit(id="U2", activities=("124",), places=(shared,)),
        make_unit(id="B1", activities=("121",), places=(lyon,), site=make_site(name="Brûlés", finess="690000001")),
        make_unit(id="S1", sensitive=True, activities=("083",), places=(make_place(id="P-SECRET"),)),
        make_unit(id="M1", field="04", activities=("004",), places=(make_place(id="P-MS"),)),
        make_unit(id="T1", activities=("083",), places=(make_place(id="T1", sync_id="twice"),)),
        make_unit(id="T2", activities=("083",), places=(make_place(id="T2", sync_id="twice"),)),
    ]


@pytest.fixture(scope="module")
def standing(gateway: Gateway) -> Iterator[Ward]:
    """The directory in indices of its own."""
    ward = Ward(gateway, f"test-{uuid.uuid4().hex[:12]}")
    ward.load(directory())
    yield ward
    gateway.delete_index(*gateway.indices(f"{ward.prefix}-*"))


@pytest.fixture
def ward(standing: Ward) -> Ward:
    """The same without counts, at the tests' hour."""
    standing.now = NOW
    standing.empty()
    return standing


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a server with one writer."""
    return Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        secret="a secret of the tests, long enough to be taken",
        anonymous_profile=1,
        limit_address=None,
        limit_client=None,
        write_keys=(("samu76", KEY), ("chu", "another key of the tests")),
    )


@pytest.fixture
def ask(ward: Ward, server: Settings) -> Ask:
    """Make a client of a server whose settings a test changes."""

    def make(**changes: Any) -> FlaskClient:
        return app_of(ward, replace(server, **changes)).test_client()

    return make


def app_of(ward: Ward, settings: Settings) -> Flask:
    """Return the application on the indices of a ward."""
    app = create_app(settings, gateway=ward.gateway, gazetteer=GAZETTEER, clock=lambda: ward.now)
    tensions = Tensions(ward.gateway, ward.indices, lambda: ward.now)
    app.extensions["ror"] = replace(
        app.extensions["ror"],
        search=SearchService(ward.gateway, index=ward.indices.units),
        beds=ward.service,
        tensions=tensions,
        tension=lambda: tension_in_force(settings, tensions),
    )
    return app


def item(**changes: Any) -> dict[str, Any]:
    """Return an item of a patch, whose address names the zone."""
    return {name: value for name, value in said(**changes).items() if name != "place"}


def patch(client: FlaskClient, place: str, *items: Any, headers: Any = WRITER) -> TestResponse:
    """Write to one zone."""
    return client.patch(f"{API}/places/{place}/capacities", json=list(items), headers=headers)


def board(ward: Ward, client: FlaskClient, query: str = "") -> dict[str, Any]:
    """Ask the board, all writes visible."""
    ward.gateway.refresh(ward.indices.store)
    response = client.get(f"{API}/beds?{query}")
    assert response.status_code == 200, response.get_json()
    found: dict[str, Any] = response.get_json()
    return found


def test_a_zone_is_written_by_id_and_by_sync_id_and_the_writer_is_named(ward: Ward, ask: Ask) -> None:
    client = ask()
    assert patch(client, "52/192675", item(count=1)).get_json()["outcomes"][0]["result"] == "accepted"
    assert patch(client, "1760780239/REA1", item(count=2)).get_json()["outcomes"][0]["place"] == "P1"
    assert [record["who"] for record in ward.stored().values()] == ["samu76"]
    shown = client.get(f"{API}/units/U2").get_json()["places"][0]
    assert shown["beds"]["available"] == 2
    assert shown["beds"]["age_s"] == 540
    assert shown["beds"]["source"]["label"] == "Bed management"


@pytest.mark.parametrize(
    ("place", "items", "status", "kind"),
    [
        ("nowhere", [item()], 404, "not-found"),
        ("twice", [item()], 412, "ambiguous-zone"),
        ("P1", [item(op="replace")], 404, "not-found"),
        ("P1", [item(status="01", gender="01")], 422, "invalid-input"),
        ("P1", [item(count=-1), item(count=20_000)], 422, "invalid-input"),
    ],
)
def test_a_patch_refused_whole_is_a_problem_with_its_outcomes(
    ask: Ask, place: str, items: list[Any], status: int, kind: str
) -> None:
    response = patch(ask(), place, *items)
    assert response.status_code == status
    assert response.mimetype == "application/problem+json"
    body = response.get_json()
    assert body["type"].endswith(kind)
    assert len(body["outcomes"]) == len(items)


def test_a_late_patch_is_409_with_what_is_stored(ask: Ask) -> None:
    client = ask()
    patch(client, "P1", item(count=3, observed_at=at(-1)))
    response = patch(client, "P1", item(count=9, observed_at=at(-2)))
    assert response.status_code == 409
    assert response.get_json()["outcomes"][0]["stored"]["count"] == 3


def test_a_patch_refused_in_part_is_207_and_the_rest_stands(ward: Ward, ask: Ask) -> None:
    response = patch(ask(), "P1", item(count=3), item(status="01", count=1.5), 7)
    assert response.status_code == 207
    assert [outcome["status"] for outcome in response.get_json()["outcomes"]] == [200, 422, 422]
    assert len(ward.stored()) == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 403), ({"Authorization": "Bearer nobody's key at all"}, 401), ({"Authorization": f"Basic {KEY}"}, 401)],
)
def test_only_holders_of_a_key_write(ask: Ask, headers: dict[str, str], status: int) -> None:
    assert patch(ask(), "P1", item(), headers=headers).status_code == status


def test_whoever_gives_no_key_is_told_what_is_needed(ask: Ask) -> None:
    response = patch(ask(write_keys=()), "P1", item(), headers={})
    assert response.status_code == 403
    assert "beds:write" in response.get_json()["detail"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"[", "application/json", 400),
        (b"{}", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"[]", "text/plain", 415),
        (b"[" + b" " * 2**20 + b"]", "application/json", 413),
        (b"[" + b"1," * 1000 + b"1]", "application/json", 413),
    ],
)
def test_a_body_that_is_no_patch_is_refused(ask: Ask, body: bytes, kind: str, status: int) -> None:
    response = ask().patch(f"{API}/places/P1/capacities", data=body, headers={**WRITER, "Content-Type": kind})
    assert response.status_code == status


def lines(*items: Any) -> bytes:
    """Write items as lines."""
    return b"".join((each if isinstance(each, bytes) else json.dumps(each).encode()) + b"\n" for each in items)


def post(client: FlaskClient, body: bytes) -> list[dict[str, Any]]:
    """Write many and return the outcomes."""
    response = client.post(f"{API}/capacities", data=body, headers=NDJSON)
    assert response.status_code == 200
    return [json.loads(line) for line in response.data.splitlines()]


def test_each_line_has_its_outcome_and_bad_ones_stop_nobody(ward: Ward, ask: Ask) -> None:
    too_long = b'{"place": "' + b"x" * 100_000 + b'"}'
    outcomes = post(
        ask(),
        lines(said(count=1), b"{", b"", b"[]", b"\xff", too_long, said(place="nowhere"), said(place="P-MS", count=5)),
    )
    assert [(outcome["line"], outcome["status"]) for outcome in outcomes] == [
        (1, 200), (2, 422), (4, 422), (5, 422), (6, 422), (7, 404), (8, 200),
    ]  # fmt: skip
    assert ward.stored("P-MS")


def test_a_last_line_without_end_of_line_counts(ask: Ask) -> None:
    assert [outcome["status"] for outcome in post(ask(), lines(said())[:-1])] == [200]


def test_more_lines_than_a_chunk_keep_their_order(ward: Ward, ask: Ask) -> None:
    body = lines(*(said(count=n % 50, observed_at=at(-60 + n / 100)) for n in range(1200)))
    outcomes = post(ask(), body)
    assert [outcome["line"] for outcome in outcomes] == list(range(1, 1201))
    assert {outcome["status"] for outcome in outcomes} == {200}
    assert next(iter(ward.stored().values()))["count"] == 1199 % 50
    assert len(ward.told()) == 1200


def test_a_body_of_fifty_megabytes_is_read_line_by_line(ask: Ask) -> None:
    body = (b"x" * 65_000 + b"\n") * 810 + lines(said())
    assert len(body) > 50 * 2**20
    outcomes = post(ask(), body)
    assert len(outcomes) == 811
    assert [outcome["status"] for outcome in outcomes[-2:]] == [422, 200]


def test_the_2015_shape_is_mapped(ward: Ward, ask: Ask) -> None:
    old = {
        "unit": "B1", "nbLitsInstalles": 12, "nbLitsDisponibles": 3, "dateMajLits": at(-9), "nbLitsT0": 1,
        "nbLitsT60": 2, "nbPlacesInstallees": 4, "nbPlacesDisponibles": 1, "dateMajPlaces": at(-8),
    }  # fmt: skip
    wrong = {"place": "P1", "nbLitsInstalles": -1, "nbLitsDisponibles": 3, "dateMajLits": at(-9)}
    found, partly, strange = post(ask(), lines(old, wrong, {"place": "P1", "nbLitsLibres": 1, "nbLitsT0": 1}))
    assert found["status"] == 200
    assert {key: record["count"] for key, record in ward.stored("52/192675").items()} == {
        "01|01|01|||||01": 12, "01|02|01|||||01": 3, "01|06|01||||02|01": 1, "01|06|02||||02|01": 2,
        "02|01|01|||||01": 4, "02|02|01|||||01": 1,
    }  # fmt: skip
    assert (partly["status"], [each["status"] for each in partly["items"]]) == (422, [422, 200])
    assert strange["errors"][0]["field"] == "nbLitsLibres"


def test_the_board_counts_a_shared_zone_once(ward: Ward, ask: Ask) -> None:
    ward.take(said(count=3), said(status="01", count=12), said(place="52/192675", count=2, observed_at=at(-1500)))
    found = board(ward, ask(), "group_by=activity")
    rows = {row["code"]: row for row in found["rows"]}
    assert rows["127"]["available"] == rows["124"]["available"] == 3
    assert (found["total"]["available"], found["total"]["installed"]) == (5, 12)
    assert rows["121"]["installed"] is None
    assert (rows["121"]["stale"], rows["127"]["stale"]) == (1, 0)
    assert (found["total"]["zones"], found["total"]["silent"]) == (6, 4)
    assert rows["127"]["label"].startswith("Réanimation")
    assert datetime.fromisoformat(found["total"]["oldest"]) == NOW - timedelta(minutes=1500)


def test_the_board_filters_as_a_search_does(ward: Ward, ask: Ask) -> None:
    ward.take(said(count=3), said(place="52/192675", count=2))
    found = board(ward, ask(), "place=Rouen&radius=30km&group_by=department")
    assert [(row["code"], row["available"]) for row in found["rows"]] == [("76", 3)]
    assert board(ward, ask(), "activity=121")["total"]["available"] == 2
    assert [row["code"] for row in board(ward, ask(), "activity=124&group_by=activity")["rows"]] == ["124"]


def test_the_view_of_burns_is_national_and_by_site(ward: Ward, ask: Ask) -> None:
    ward.take(said(count=3), said(place="52/192675", count=2))
    found = board(ward, ask(), "view=burns")
    assert [(row["code"], row["label"], row["available"]) for row in found["rows"]] == [("690000001", "Brûlés", 2)]


@pytest.mark.parametrize(
    ("query", "field"),
    [("place=Rouen", "radius"), ("size=3", "size"), ("group_by=age", "group_by"), ("acivity=1", "acivity"),
     ("view=burns&activity=121", "activity"), ("sort=beds", "sort")],
)  # fmt: skip
def test_a_board_refuses_what_means_nothing_to_it(ask: Ask, query: str, field: str) -> None:
    response = ask().get(f"{API}/beds?{query}")
    assert response.status_code == 422
    assert field in response.get_json()["errors"]


@pytest.mark.parametrize("profile", [0, 5])
@pytest.mark.parametrize("path", ["beds", "beds/changes", "places/P1/capacities/history"])
def test_counts_are_not_public(ask: Ask, path: str, profile: int) -> None:
    assert ask(anonymous_profile=profile).get(f"{API}/{path}").status_code == 403


def test_a_profile_of_social_care_sees_the_zones_of_its_field_only(ward: Ward, ask: Ask) -> None:
    ward.take(said(count=3), said(place="P-MS", count=4), said(place="P-SECRET", count=9))
    assert board(ward, ask(anonymous_profile=3))["total"]["available"] == 4
    assert board(ward, ask(anonymous_profile=2))["total"]["available"] == 7
    assert board(ward, ask(anonymous_profile=1))["total"]["available"] == 16
    assert ask(anonymous_profile=3).get(f"{API}/places/P1/capacities/history").status_code == 403
    assert ask(anonymous_profile=2).get(f"{API}/places/P-SECRET/capacities/history").status_code == 404


def test_the_history_tells_who_said_what_and_when(ward: Ward, ask: Ask) -> None:
    client = ask()
    for n in range(10):
        patch(client, "P1", item(count=n, observed_at=at(-600 + 60 * n)))
    ward.gateway.refresh(ward.indices.every_history)
    found = client.get(f"{API}/places/P1/capacities/history").get_json()
    assert (found["total"], found["entries"][0]["count"], found["entries"][0]["who"]) == (10, 9, "samu76")
    part = client.get(f"{API}/places/P1/capacities/history?from=2026-11-24T07:00:00Z&to=now").get_json()
    assert [entry["count"] for entry in part["entries"]] == [9, 8]
    [series] = client.get(
        f"{API}/places/P1/capacities/history?from=2026-11-23T22:00:00Z&to=2026-11-24T09:00:00Z&points=3"
    ).get_json()["series"]
    assert len(series["points"]) <= 3
    assert [point["count"] for point in series["points"]][-1] == 9
    assert (series["points"][0]["min"], series["points"][-1]["max"]) == (0, 9)
    assert client.get(f"{API}/places/P1/capacities/history?status=01").get_json()["total"] == 0
    assert client.get(f"{API}/places/nowhere/capacities/history").status_code == 404
    backwards = client.get(f"{API}/places/P1/capacities/history?from=now&to=2026-11-24T07:00:00Z")
    assert (backwards.status_code, list(backwards.get_json()["errors"])) == (422, ["from"])


def events(client: FlaskClient, wanted: int, query: str = "", last: str | None = None) -> list[dict[str, Any]]:
    """Follow the stream until so many events came."""
    headers = {"Last-Event-ID": last} if last else {}
    response = client.get(f"{API}/beds/changes?{query}", headers=headers)
    assert response.status_code == 200
    found: list[dict[str, Any]] = []
    for block in response.iter_encoded():
        told = dict(line.split(": ", 1) for line in block.decode().splitlines() if ": " in line and line[0] != ":")
        if "data" in told:
            found.append({"id": told.get("id"), "event": told["event"], **json.loads(told["data"])})
        if len(found) >= wanted:
            break
    response.close()
    return found


def test_changes_are_told_in_order_and_resumed(ward: Ward, ask: Ask) -> None:
    client = ask()
    first = ward.told_until()
    for n in range(5):
        patch(client, "P1", item(count=n, observed_at=at(-10 + n)))
    patch(client, "52/192675", item(count=7))
    found = events(client, 6, last=first)
    assert [event["count"] for event in found] == [0, 1, 2, 3, 4, 7]
    assert found[0]["who"] == "samu76"
    assert [event["count"] for event in events(ask(), 3, last=found[2]["id"])] == [3, 4, 7]
    assert [event["count"] for event in events(ask(), 1, "activity=121", last=first)] == [7]
    assert [event["count"] for event in events(ask(), 1, "department=69", last=found[1]["id"])] == [7]


def test_a_stream_of_a_day_gone_says_that_something_was_lost(ask: Ask) -> None:
    assert events(ask(), 1, last="20200101-4")[0]["event"] == "lost"


def test_a_stream_refuses_an_id_that_is_none_of_its_own(ask: Ask) -> None:
    response = ask().get(f"{API}/beds/changes", headers={"Last-Event-ID": "x"})
    assert response.status_code == 422


def test_streams_are_bounded_so_that_they_do_not_hold_up_the_server(ask: Ask) -> None:
    client = ask(threads=2)
    held = client.get(f"{API}/beds/changes")
    refused = client.get(f"{API}/beds/changes")
    assert (held.status_code, refused.status_code) == (200, 503)
    assert refused.headers["Retry-After"]
    held.close()
    again = client.get(f"{API}/beds/changes")
    assert again.status_code == 200
    again.close()


def test_tension_makes_counts_stale_earlier_and_is_lifted(ward: Ward, ask: Ask) -> None:
    ward.take(said(count=3, observed_at=at(-60 * 13)))
    client = ask()
    assert board(ward, client)["total"]["stale"] == 0
    made = client.put(f"{API}/tension/department/76", json={"note": "Bronchiolite"}, headers=WRITER)
    assert made.get_json() == {
        "kind": "department", "code": "76", "label": "Seine-Maritime", "who": "samu76",
        "since": "2026-11-24T09:00:00.000Z", "note": "Bronchiolite",
    }  # fmt: skip
    assert board(ward, client)["total"]["stale"] == 1
    assert client.get(f"{API}/units/U1").get_json()["places"][0]["beds"]["stale"] is True
    assert [each["code"] for each in client.get(f"{API}/tension").get_json()["tensions"]] == ["76"]
    lifted = client.delete(f"{API}/tension/department/76", headers=WRITER)
    assert lifted.get_json()["lifted_by"] == "samu76"
    assert board(ward, client)["total"]["stale"] == 0
    assert client.delete(f"{API}/tension/department/76", headers=WRITER).status_code == 404


def test_tension_ends_by_itself_and_is_declared_by_writers_only(ward: Ward, ask: Ask) -> None:
    client = ask()
    url = f"{API}/tension/region/28"
    assert client.put(url).status_code == 403
    assert client.put(f"{API}/tension/region/99", headers=WRITER).status_code == 422
    assert client.put(f"{API}/tension/town/28", headers=WRITER).status_code == 422
    assert client.put(url, json={"until": at(-1)}, headers=WRITER).status_code == 422
    assert client.put(url, json={"untl": at(1)}, headers=WRITER).status_code == 422
    assert client.put(url, json={"until": at(30)}, headers=WRITER).status_code == 200
    assert len(client.get(f"{API}/tension").get_json()["tensions"]) == 1
    ward.now = NOW + timedelta(minutes=31)
    assert client.get(f"{API}/tension").get_json()["tensions"] == []


@pytest.fixture
def served(ward: Ward, server: Settings) -> Iterator[int]:
    """A real server in a thread; its port."""
    made = make_server("127.0.0.1", 0, app_of(ward, server), threaded=True)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made.server_port
    made.shutdown()
    thread.join()
    made.server_close()


def half_close(port: int, head: str, body: bytes) -> list[dict[str, Any]]:
    """Send a part of a body, end our side, and return the outcomes that still come."""
    request = f"POST {API}/capacities HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
    request += f"Content-Type: application/x-ndjson\r\nConnection: close\r\n{head}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request.encode() + body)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while block := connection.recv(65536):
            answer += block
    status, _, rest = answer.partition(b"\r\n")
    assert b" 200 " in status
    told = rest.partition(b"\r\n\r\n")[2]
    return [json.loads(line) for line in told.splitlines() if line.startswith(b"{")]


def test_a_stream_cut_in_a_line_refuses_that_line_and_keeps_the_others(ward: Ward, served: int) -> None:
    body = lines(said(count=4)) + lines(said(count=5, observed_at=at(-1)))[:60]
    outcomes = half_close(served, f"Content-Length: {len(body) + 1000}", body)
    assert [outcome["status"] for outcome in outcomes] == [200, 422]
    assert "cut" in outcomes[1]["detail"]
    assert next(iter(ward.stored().values()))["count"] == 4


@pytest.mark.parametrize("ending", [b"1000\r\nx", b"1000\r\n", b"", b"no size\r\n"])
def test_a_chunked_stream_cut_in_the_production_server_keeps_the_lines_before(ending: bytes) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = lines(said()) * 3 + b'{"place'
    sent = head + b"%x\r\n%s\r\n" % (len(body), body) + ending
    received = next(RequestParser(Config(), iter([sent]), None))
    stream = LimitedStream(received.body, 2**60, is_max=True)
    found = list(lines_of(stream))
    assert [number for number, _ in found] == [1, 2, 3, 4]
    assert [isinstance(line, bytes) for _, line in found] == [True, True, True, False]


def test_a_reader_that_does_not_read_does_not_hold_up_writers(ward: Ward, served: int, ask: Ask) -> None:
    with socket.create_connection(("127.0.0.1", served), timeout=30) as reader:
        reader.sendall(f"GET {API}/beds/changes HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert reader.recv(10)
        outcomes = post(ask(), lines(*(said(count=n % 9, observed_at=at(-60 + n / 100)) for n in range(600))))
        assert {outcome["status"] for outcome in outcomes} == {200}
