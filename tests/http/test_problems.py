"""Errors are problems that say what to do and nothing of the inside; every answer has its id and headers."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from engine import node
from engine.config import NodeConfig
from engine.errors import EngineNotFound, EngineRejected, EngineTimeout, EngineUnavailable
from engine.gateway import Gateway
from mappings.errors import Conflict
from mappings.gazetteer import Gazetteer
from orientation.app import create_app, gateway_config
from orientation.problems import KINDS, problem_of
from orientation.settings import Settings
from tests.conftest import start
from tests.http.conftest import Client
from tests.waiting import until

URL = "/api/v1/orientations"


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [
        ("GET", "/api/v1/nowhere", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/units/NONE", 404),
        ("GET", "/api/v1/nomenclatures/R999", 404),
        ("GET", "/api/v1/docs/../../settings.py", 404),
        ("GET", "/api/v1/problems/none", 404),
        ("DELETE", "/api/v1/orientations", 405),
        ("PUT", "/api/v1/units/UNIT-1", 405),
    ],
)
def test_an_error_is_a_problem(client: FlaskClient, method: str, url: str, status: int) -> None:
    response = client.open(url, method=method)
    body = response.get_json(force=True)
    assert response.status_code == body["status"] == status
    assert response.mimetype == "application/problem+json"
    assert {"type", "title", "status", "detail"} <= set(body)
    assert client.get(body["type"]).get_json()["status"] == status


def test_a_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    allowed = client.delete(URL).headers["Allow"]
    assert {"GET", "POST"} <= {method.strip() for method in allowed.split(",")}


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (EngineUnavailable("secret words"), 503, "engine-unavailable"),
        (EngineTimeout("secret words"), 503, "engine-unavailable"),
        (EngineNotFound(404, "secret words"), 503, "no-data"),
        (EngineRejected(400, "secret words"), 500, "internal"),
    ],
)
def test_the_engine_s_own_words_stay_inside(
    error: Exception, status: int, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        response = problem_of(error)
    assert response.status_code == status
    assert response.get_json()["type"].endswith(kind)
    assert "secret words" not in response.get_data(as_text=True)
    assert "secret words" in caplog.text
    assert ("Retry-After" in response.headers) == (status == 503)


def test_a_conflict_shows_what_is_stored() -> None:
    response = problem_of(Conflict("older than what is stored", {"count": 3}))
    assert response.status_code == 409
    assert response.get_json()["stored"] == {"count": 3}


def test_every_kind_of_problem_is_explained(client: FlaskClient) -> None:
    for name, kind in KINDS.items():
        explained = client.get(f"/api/v1/problems/{name}").get_json()
        assert (explained["status"], explained["title"]) == (kind.status, kind.title)


@pytest.mark.parametrize("url", ["/health/live", URL, "/api/v1/nowhere", "/api/v1/docs", f"{URL}?size=0"])
def test_every_answer_has_an_id_and_safe_headers(client: FlaskClient, url: str) -> None:
    response = client.get(url)
    assert response.headers["X-Request-Id"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] in {"no-store", "no-cache"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("abc-1.2_3", True),
        ("a" * 64, True),
        ("a" * 65, False),
        ("a b", False),
        ("<script>", False),
        ("é", False),
    ],
)
def test_a_request_id_is_kept_when_it_is_sane(client: FlaskClient, given: str, kept: bool) -> None:
    answered = client.get("/health/live", headers={"X-Request-Id": given}).headers["X-Request-Id"]
    assert (answered == given) == kept
    assert len(answered) <= 64


def test_a_key_that_nobody_knows_is_401_and_not_ignored(client: FlaskClient) -> None:
    assert client.get(URL).status_code == 200
    response = client.get(URL, headers={"Authorization": "Bearer nobody"})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_the_server_is_ready_and_alive(client: FlaskClient) -> None:
    assert client.get("/health/live").status_code == 200
    ready = client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.get_json()["checks"] == {"engine": "ok", "gazetteer": "ok"}


def test_an_engine_out_of_reach_is_503_at_once(settings: Settings, gazetteer: Gazetteer, client_of: Client) -> None:
    nowhere = replace(settings, elasticsearch_url="http://127.0.0.1:9")
    with Gateway(gateway_config(nowhere)) as gateway:
        client = create_app(nowhere, gateway=gateway, gazetteer=gazetteer).test_client()
        for url in (URL, "/api/v1/units/UNIT-1", "/health/ready"):
            started = time.monotonic()
            response = client.get(url)
            assert response.status_code == 503
            assert int(response.headers["Retry-After"]) > 0
            assert time.monotonic() - started < 3
            assert "127.0.0.1" not in response.get_data(as_text=True)
        assert client.get("/health/live").status_code == 200


def test_the_engine_stops_and_comes_back_and_so_do_answers(client: FlaskClient, own_engine: NodeConfig) -> None:
    assert client.get(URL).status_code == 200
    node.stop(own_engine)
    try:
        started = time.monotonic()
        response = client.get(URL)
        assert response.status_code == 503
        assert time.monotonic() - started < 3
        assert response.headers["Retry-After"]
        assert client.get("/health/ready").status_code == 503
    finally:
        start(own_engine)
    until(lambda: client.get("/health/ready").status_code == 200)
    assert client.get(URL).status_code == 200
