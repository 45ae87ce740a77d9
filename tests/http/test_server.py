"""The real server: gunicorn, its processes, its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from engine.config import NodeConfig
from engine.gateway import Gateway
from orientation.settings import Settings
from tests.conftest import free_port
from tests.http.test_answers import NEAR_ROUEN

SERVE = """
from orientation.app import create_app
from orientation.server import serve
from orientation.settings import settings_from_environment
settings = settings_from_environment()
serve(settings, lambda: create_app(settings))
"""


@contextmanager
def served(settings: Settings, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run the server in a process of its own until the block ends."""
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ROR_")},
        "ROR_ELASTICSEARCH_URL": settings.engine_url,
        "ROR_DATA_DIR": str(settings.data_dir / "server"),
        "ROR_PORT": str(port),
        "ROR_WORKERS": "2",
        "ROR_LOG_LEVEL": "warning",
    }
    process = subprocess.Popen([sys.executable, "-c", SERVE], env=environ)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def fetch(url: str, **headers: str) -> tuple[int, bytes]:
    """Return the status and body of an answer."""
    try:
        with urlopen(Request(url, headers=headers), timeout=20) as response:
            return response.status, response.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


def await_server(base: str, process: subprocess.Popen[bytes]) -> None:
    """Poll until the server answers."""
    deadline = time.monotonic() + 60
    while True:
        assert process.poll() is None, "the server ended"
        assert time.monotonic() < deadline, "no answer after 60 s"
        try:
            if fetch(f"{base}/health/ready")[0] == 200:
                return
        except (URLError, ConnectionError):
            continue


def test_the_server_answers_in_several_processes_and_ends_when_told(
    settings: Settings, own_engine: NodeConfig, loaded: Gateway
) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with served(settings, port) as process:
        await_server(base, process)
        url = f"{base}/api/v1/orientations?place=Rouen&activity={NEAR_ROUEN['activity']}&size=1"
        status, body = fetch(url)
        first = json.loads(body)
        assert (status, first["results"][0]["rank"]) == (200, 1)
        with ThreadPoolExecutor(8) as pool:
            pages = list(pool.map(lambda _: fetch(f"{url}&cursor={first['next']}"), range(40)))
        assert {status for status, _ in pages} == {200}, "every process takes the cursors of the others"
        assert fetch(f"{base}/api/v1/nowhere")[0] == 404
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
