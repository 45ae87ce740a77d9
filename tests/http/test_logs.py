"""Logs: lines of JSON with the id of their request, and nobody in them."""

from __future__ import annotations

import io
import json
import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from engine.config import NodeConfig
from engine.gateway import Gateway
from orientation.monitoring.logs import JsonLines, TextLines
from tests.http.conftest import Client
from tests.http.running import fetch, running
from tests.waiting import until

NAME = "Dupontel Zyx"
WORD = "Dupontel"


@contextmanager
def logged(formatter: logging.Formatter | None = None) -> Iterator[io.StringIO]:
    """Take what is logged, down to debug, as a server writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter or JsonLines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_request_is_one_line_with_the_id_that_its_answer_has(client: Any) -> None:
    with logged() as stream:
        answer = client.get("/api/v1/orientations?activity=083", headers={"X-Request-Id": "from-samu-76"})
    assert answer.headers["X-Request-Id"] == "from-samu-76"
    (said,) = [each for each in lines(stream) if each["logger"] == "ror.request"]
    assert said.pop("ms") > 0
    assert said.pop("bytes") == len(answer.data)
    assert {"time", "process"} <= said.keys()
    del said["time"], said["process"]
    assert said == {
        "level": "info",
        "logger": "ror.request",
        "message": "GET /api/v1/orientations 200",
        "request_id": "from-samu-76",
        "method": "GET",
        "route": "/api/v1/orientations",
        "status": 200,
        "caller": "anonymous",
    }


def test_an_error_of_ours_says_where_and_of_what_kind_and_not_its_words(
    client_of: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of()

    def fail(*_: object, **__: object) -> None:
        raise KeyError(NAME)

    monkeypatch.setattr("orientation.search.build_request", fail)
    with logged() as stream:
        assert client.get(f"/api/v1/orientations?q={quote(NAME)}").status_code == 500
    (error,) = [each for each in lines(stream) if each["level"] == "error"]
    assert error["error"]["types"] == ["KeyError"]
    assert any("orientation/search.py" in frame for frame in error["error"]["at"])
    assert error["request_id"]
    assert WORD not in stream.getvalue()


def test_text_lines_hold_the_same_and_no_more() -> None:
    with logged(TextLines()) as stream:
        try:
            raise ValueError(NAME)
        except ValueError:
            logging.getLogger("orientation.test").exception("it failed", extra={"said": {"route": "/x"}})
    text = stream.getvalue()
    assert "it failed" in text and "route=/x" in text and "ValueError" in text
    assert WORD not in text


@pytest.mark.parametrize("level", ["debug", "critical"])
def test_an_engine_that_is_away_is_not_logged_at_every_try(level: str) -> None:
    script = (
        "import logging, sys\n"
        "from engine.errors import EngineError\nfrom engine.gateway import Gateway, GatewayConfig\n"
        "from orientation.monitoring.logs import configure\n"
        "configure(sys.argv[1], 'json')\n"
        "try:\n    Gateway(GatewayConfig('http://127.0.0.1:9')).search('units', {})\n"
        "except EngineError as error:\n    logging.getLogger('ror').error('away')\n"
    )
    done = subprocess.run([sys.executable, "-c", script, level], capture_output=True, text=True, check=True)
    said = [json.loads(line)["logger"] for line in done.stderr.splitlines()]
    assert said == ([] if level == "critical" else ["ror"])


def test_nobody_is_in_the_logs_of_a_server(own_engine: NodeConfig, loaded: Gateway, tmp_path: Path) -> None:
    with running(own_engine, tmp_path, ROR_LOG_LEVEL="debug") as server:
        base, log = server.base, server.log
        told = {"Referer": f"{base}/?q={WORD}", "User-Agent": WORD, "Cookie": f"a={WORD}"}
        for path in (f"/?q={WORD}", f"/api/v1/orientations?q={WORD}", f"/api/v1/units/{WORD}", f"/{WORD}"):
            fetch(base + path, **told)
        fetch(f"{base}/api/v1/me", Authorization=f"Bearer {WORD}")
        with socket.create_connection(("127.0.0.1", server.port)) as raw:
            raw.sendall(f"GET /{WORD} {WORD}\r\n{WORD}\r\n\r\n".encode())
            assert b"400" in raw.recv(100)
        until(lambda: "invalid request" in log.read_text())
    written = log.read_text()
    said = [json.loads(line) for line in written.splitlines()]
    routes = [each["route"] for each in said if "route" in each]
    assert {"/api/v1/orientations", "/api/v1/units/<path:unit_id>", "none"} <= set(routes)
    assert WORD.lower() not in written.lower()
    assert not [each for each in said if "127.0.0.1" in str(each) and "Listening" not in each["message"]
                ]  # fmt: skip
