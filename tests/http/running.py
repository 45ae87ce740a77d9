"""The real server in processes of its own, and how to ask it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from engine.config import NodeConfig
from tests.ports import free_port
from tests.waiting import until

SERVE = """
from orientation.app import create_app
from orientation.server import serve
from orientation.settings import settings_from_environment
settings = settings_from_environment()
serve(settings, lambda: create_app(settings))
"""


@dataclass(frozen=True, slots=True)
class Running:
    """A server: its first process, its port, and the file of what it logs."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def base(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


def server_environment(config: NodeConfig, folder: Path, port: int, **changes: str) -> dict[str, str]:
    """Return the environment of a server on an engine; ``changes`` are variables of it."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("ROR_")}
    own = {
        "ROR_ELASTICSEARCH_URL": config.url,
        "ROR_DATA_DIR": str(folder / "data"),
        "ROR_PORT": str(port),
        "ROR_WORKERS": "1",
        "ROR_LOG_LEVEL": "warning",
    }
    return kept | own | changes


@contextmanager
def running(config: NodeConfig, folder: Path, *, awaited: bool = True, **changes: str) -> Iterator[Running]:
    """Run the server until the block ends, from when it answers (without ``awaited``, from its start)."""
    port = free_port()
    log = folder / "log"
    environ = server_environment(config, folder, port, **changes)
    with log.open("wb") as stream:
        process = subprocess.Popen([sys.executable, "-c", SERVE], env=environ, stdout=stream, stderr=stream)
    found = Running(process, port, log)
    try:
        if awaited:
            await_server(found)
        yield found
    finally:
        process.terminate()
        process.wait(60)


def fetch(url: str, **headers: str) -> tuple[int, bytes]:
    """Return the status and body of an answer."""
    try:
        with urlopen(Request(url, headers=headers), timeout=60) as response:
            return response.status, response.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


def await_server(found: Running) -> None:
    """Poll until the server answers."""

    def answers() -> bool:
        assert found.process.poll() is None, found.log.read_text()
        try:
            return fetch(f"{found.base}/health/ready")[0] == 200
        except (URLError, ConnectionError):
            return False

    until(answers)
