"""A real engine and a real server for the attack, and one connection for whoever asks."""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from beds.indices import BedIndices
from beds.service import BedService
from benchmarks.attacking.world import World
from engine import node
from engine.config import NodeConfig
from engine.gateway import Gateway, GatewayConfig
from indexer.ndjson import write_ndjson
from orientation.identity import Clients, Grant
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
SERVE = """
import os
from datetime import datetime
from orientation.app import create_app
from orientation.server import serve
from orientation.settings import settings_from_environment
settings = settings_from_environment()
now = datetime.fromisoformat(os.environ["ROR_TEST_NOW"]) if "ROR_TEST_NOW" in os.environ else None
serve(settings, lambda: create_app(settings, clock=lambda: now) if now else create_app(settings))
"""
"""The product's own server; its clock stands still where two answers are to be compared."""
KEPT = ("clients", "audit-")
"""Indices that stay when another world is loaded."""


@dataclass(slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Stand:
    """The engine, in a folder of its own, and how servers are started on it."""

    config: NodeConfig
    folder: Path
    gateway: Gateway
    as_of: datetime
    more: dict[str, str] = field(default_factory=dict)

    def environment(self, **changes: str) -> dict[str, str]:
        """Return the environment of a server or a command."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ROR_")}
        return kept | {
            "ROR_DATA_DIR": str(self.folder / "data"),
            "ROR_ELASTICSEARCH_URL": self.config.url,
            "ROR_SECRET": "a secret of the attack, the same for every server",
            "ROR_LOG_LEVEL": "warning",
            "ROR_WORKERS": "1",
            "ROR_SEARCH_TIMEOUT": "20",
            "ROR_LIMIT_ADDRESS": "none",
            "ROR_LIMIT_CLIENT": "none",
            **self.more,
            **changes,
        }

    def load(self, world: World) -> None:
        """Load a world, and nothing of another: by the command that operators use."""
        names = [name for name in self.gateway.indices("*") if not name.startswith(KEPT)]
        self.gateway.delete_index(*names)
        path = self.folder / "units.ndjson"
        with path.open("wb") as stream:
            write_ndjson(world.units, stream)
        command = [sys.executable, "-m", "orientation.cli", "index", "load", str(path)]
        subprocess.run(command, env=self.environment(), cwd=ROOT, check=True, capture_output=True)
        service = BedService(self.gateway, BedIndices(), clock=lambda: self.as_of)
        refused = [verdict for verdict in service.take(world.writes, "ward") if not verdict.done]
        assert not refused, refused[:2]
        self.gateway.refresh("capacities")
        self.gateway.refresh("units")
        for name in self.gateway.indices("capacity-history-*"):
            self.gateway.refresh(name)

    @contextmanager
    def serving(self, *, frozen: bool = True, log: Path | None = None, **changes: str) -> Iterator[int]:
        """Run the server until the block ends; give its port."""
        port = free_port()
        environ = self.environment(ROR_PORT=str(port), **changes)
        if frozen:
            environ["ROR_TEST_NOW"] = self.as_of.isoformat()
        with (log or Path(os.devnull)).open("ab") as stream:
            process = subprocess.Popen(
                [sys.executable, "-c", SERVE], env=environ, cwd=ROOT, stdout=stream, stderr=stream
            )
        try:
            _await(port, process)
            yield port
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def key_of(self, client: str, profile: int, scopes: tuple[str, ...], establishments: tuple[str, ...] = ()) -> str:
        """Give a client a key; its text."""
        grant = Grant(client=client, profile=profile, scopes=scopes, establishments=establishments)
        return Clients(self.gateway).add(grant, "attack", timedelta(days=1))[1]


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError("the server ended")
        with suppress(OSError, http.client.HTTPException), closing(Connection(port)) as connection:
            if connection.ask("GET", "/health/live").status == 200:
                return
        time.sleep(0.05)
    raise RuntimeError("the server did not come up")


@contextmanager
def stand(as_of: datetime, heap: str = "512m", distribution: Path | None = None) -> Iterator[Stand]:
    """Start an engine in a folder of its own; take it away at the end."""
    folder = Path(tempfile.mkdtemp(prefix="ror-attack-"))
    folder.chmod(0o755)  # the account that runs the engine must reach its own
    config = NodeConfig(
        home=folder / "home", port=free_port(), transport_port=free_port(), heap=heap, distribution=distribution
    )
    node.start(config, wait=180)
    try:
        with Gateway(GatewayConfig(config.url)) as gateway:
            yield Stand(config, folder, gateway, as_of)
    finally:
        node.stop(config)
        shutil.rmtree(folder, ignore_errors=True)


class Connection:
    """One connection to the server, opened again when the server closed it."""

    def __init__(self, port: int, source: str | None = None) -> None:
        """Name the server, and the address of loopback to come from."""
        self._port, self._source = port, source
        self._open: http.client.HTTPConnection | None = None

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send a request; return the whole answer."""
        for attempt in (1, 2):
            try:
                return self._ask(method, path, headers or {}, body)
            except (http.client.HTTPException, ConnectionError):
                self.close()
                if attempt == 2:
                    raise
        raise AssertionError

    def _ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        if self._open is None:
            source = (self._source, 0) if self._source else None
            self._open = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60, source_address=source)
        self._open.request(method, path, body, dict(headers))
        response = self._open.getresponse()
        answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        if response.will_close:
            self.close()
        return answer

    def stream(self, path: str, headers: Mapping[str, str], idle_s: float = 1.5) -> Answer:
        """Read a stream until nothing came for a while."""
        opened = http.client.HTTPConnection("127.0.0.1", self._port, timeout=idle_s)
        opened.request("GET", path, headers=dict(headers))
        response = opened.getresponse()
        parts = []
        with suppress(TimeoutError):
            while part := response.read1(65536):
                parts.append(part)
        opened.close()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, b"".join(parts))

    def close(self) -> None:
        """Close it."""
        if self._open is not None:
            self._open.close()
            self._open = None
