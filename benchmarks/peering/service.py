"""One service under indices of its own, in a process of its own: ``python -m benchmarks.peering.service NAME``.

Several stand on one engine: what ``tests.csd.own`` loads under a name is what the service of that name serves.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import urllib3
from flask import Flask

from beds.indices import BedIndices
from beds.service import BedService
from orientation.app import create_app, utc_now
from orientation.peers.register import Register
from orientation.search import SearchService
from orientation.server import serve
from orientation.settings import Settings, settings_from_environment
from tests.ports import free_port


def made(name: str, settings: Settings) -> Flask:
    """Return the application of a directory."""
    app = create_app(replace(settings, csd_directory=name))
    known = app.extensions["ror"]
    known.federation.register = Register(known.gateway, index=f"{name}-peers")
    known.journal.index = f"{name}-exchanges"
    app.extensions["ror"] = replace(
        known,
        search=SearchService(known.gateway, index=f"{name}-units"),
        beds=BedService(known.gateway, BedIndices(store=f"{name}-beds"), utc_now),
    )
    return app


@dataclass(frozen=True, slots=True)
class Running:
    """A service: its name, its address, the folder where its exchanges wait."""

    name: str
    address: str
    waiting: Path


@contextmanager
def running(name: str, engine: str, folder: Path, **more: str) -> Iterator[Running]:
    """Run the service of a name until the block ends, from when it answers."""
    port, data = free_port(), folder / name
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ROR_")}
    own = {
        "ROR_ELASTICSEARCH_URL": engine, "ROR_DATA_DIR": str(data), "ROR_PORT": str(port), "ROR_WORKERS": "1",
        "ROR_ANONYMOUS_PROFILE": "1", "ROR_LIMIT_ADDRESS": "none", "ROR_LOG_LEVEL": "critical",
    }  # fmt: skip
    command = [sys.executable, "-m", "benchmarks.peering.service", name]
    # Away from its engine a service logs every attempt.
    process = subprocess.Popen(command, env=kept | own | more, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _await(process, f"{address}/health/live")
        yield Running(name, address, data / "exchanges")
    finally:
        process.terminate()
        process.wait(40)


def _await(process: subprocess.Popen[bytes], url: str) -> None:
    http = urllib3.PoolManager(retries=False)
    deadline = time.monotonic() + 90
    while True:
        with suppress(urllib3.exceptions.HTTPError):
            if http.request("GET", url).status == 200:
                return
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"{url} does not answer")
        time.sleep(0.1)


if __name__ == "__main__":
    chosen = settings_from_environment()
    serve(chosen, lambda: made(sys.argv[1], chosen))
