"""Writers at full speed while the API, then the engine, are killed -9, and rebuilds and rollbacks run.

At the end every acknowledged count is looked for in the store, in the summary of each unit and in the history.
Run it with ``python -m benchmarks.beds_chaos --seconds 300``.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from beds.replay import Replay
from beds.service import BedService
from benchmarks.acknowledged import Acknowledged, lost
from engine import node
from engine.config import NodeConfig
from engine.gateway import Gateway, GatewayConfig
from mappings.beds import instant
from tests.factory import make_place, make_unit
from tests.indexing import write_ndjson
from tests.ports import free_port

KEY = "a key for chaos of some length"
ROOT = Path(__file__).resolve().parents[1]
PLACES = 40


@dataclass
class Chaos:
    """The engine, the server, the writers, the killers, and what was seen."""

    config: NodeConfig
    folder: Path
    writers: int = 3
    seed: int = 1
    acknowledged: list[Acknowledged] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    stop: threading.Event = field(default_factory=threading.Event)
    calm: threading.Event = field(default_factory=threading.Event)
    server: subprocess.Popen[bytes] | None = None
    port: int = field(default_factory=free_port)
    errors: list[str] = field(default_factory=list)
    _numbers: Any = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def engine_url(self) -> str:
        """Address of the engine, or of the nodes of a cluster."""
        return self.config.url

    def environment(self) -> dict[str, str]:
        """Return the environment of the server and of the commands."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ROR_")}
        return kept | {
            "ROR_DATA_DIR": str(self.folder / "data"),
            "ROR_ELASTICSEARCH_URL": self.engine_url,
            "ROR_WRITE_KEYS": f"chaos:{KEY}",
            "ROR_ANONYMOUS_PROFILE": "1",
            "ROR_LIMIT_ADDRESS": "none",
            "ROR_LIMIT_CLIENT": "none",
            "ROR_WORKERS": "1",
            "ROR_LOG_LEVEL": "error",
            "ROR_PORT": str(self.port),
        }

    def start_server(self) -> None:
        """Start the API in a session of its own, so that all its processes can be killed at once."""
        log = (self.folder / "server.log").open("ab")
        with log:
            self.server = subprocess.Popen(
                [sys.executable, "-m", "orientation.cli", "serve"],
                cwd=ROOT,
                env=self.environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill_server(self) -> None:
        """Kill it without warning."""
        assert self.server is not None
        os.killpg(self.server.pid, signal.SIGKILL)
        self.server.wait()
        self.seen["server kills"] += 1

    def kill_engine(self) -> None:
        """Kill the engine without warning, and start it again."""
        pid = node.status(self.config).pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        while node.status(self.config).pid == pid:
            time.sleep(0.05)
        self.seen["engine kills"] += 1
        node.start(self.config, wait=180)

    def command(self, *arguments: str) -> int:
        """Run a command of the product; return its exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "orientation.cli", *arguments],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            timeout=300,
            check=False,
        )
        if done.returncode:
            self.errors.append(f"{' '.join(arguments[:2])}: {done.returncode} {done.stderr.decode()[-300:]}")
        return done.returncode

    def load(self) -> None:
        """Load the directory: units that share places by two, one of which is not as it was."""
        names = {0: f"Service {self.seen['rebuilds']}"}
        units = [
            make_unit(
                id=f"U{n}", name=names.get(n, "Service"), places=(make_place(id=f"P{n // 2}"), make_place(id=f"Q{n}"))
            )
            for n in range(2 * PLACES)
        ]
        source = write_ndjson(self.folder / "units.ndjson", units)
        code = self.command("index", "load", str(source))
        self.seen["rebuilds" if code == 0 else "rebuilds cut"] += 1

    def rollback(self) -> None:
        """Go back to the previous index."""
        code = self.command("index", "rollback")
        self.seen["rollbacks" if code == 0 else "rollbacks cut"] += 1

    def write_on(self, number: int) -> None:
        """Write until told to stop; send again what was not answered, as a sender does, or give it up."""
        random = Random(self.seed * 100 + number)
        start = datetime.now(UTC) - timedelta(hours=12)
        pending: list[dict[str, Any]] | None = None
        while not self.stop.is_set():
            if pending is None:
                pending = [self._item(random, start) for _ in range(random.choice((1, 1, 5, 50)))]
            status, outcomes = self._post(pending)
            if status != 200:
                self.seen["unanswered"] += 1
                if random.random() < 0.2:
                    pending = None
                time.sleep(0.05)
                continue
            again = []
            for item, outcome in zip(pending, outcomes, strict=False):
                if outcome["status"] == 200:
                    told = Acknowledged(item["place"], item["observed_at"], item["count"])
                    with self._lock:
                        self.acknowledged.append(told)
                elif outcome["status"] == 503:
                    again.append(item)
                    self.seen["answered 503"] += 1
                else:
                    self.seen[f"answered {outcome['status']}"] += 1
            if again:
                time.sleep(0.05)
            pending = again or None

    def _item(self, random: Random, start: datetime) -> dict[str, Any]:
        with self._lock:
            number = next(self._numbers)
        return {
            "place": f"P{random.randrange(PLACES)}",
            "op": "add",
            "kind": "01",
            "status": "02",
            "count": random.randrange(40),
            "observed_at": instant(start + timedelta(milliseconds=number)),
            "source": "02",
        }

    def _post(self, items: list[dict[str, Any]]) -> tuple[int, list[dict[str, Any]]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        body = b"".join(json.dumps(item).encode() + b"\n" for item in items)
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/x-ndjson"}
        try:
            connection.request("POST", "/api/v1/capacities", body, headers)
            answer = connection.getresponse()
            data = answer.read()
            if answer.status != 200:
                return answer.status, []
            return 200, [json.loads(line) for line in data.splitlines()]
        except (OSError, http.client.HTTPException, ValueError):
            return 0, []
        finally:
            connection.close()

    def await_server(self) -> None:
        """Wait until the API answers."""
        for _ in range(600):
            status, _outcomes = self._post([])
            if status == 200:
                return
            time.sleep(0.1)
        raise RuntimeError(f"the server does not answer: {(self.folder / 'server.log').read_text()[-1000:]}")

    def disturb(self, seconds: float, engine_every: int) -> None:
        """Kill and rebuild for so long: the server each round, the engine every few rounds, at random moments."""
        random = Random(self.seed)
        ends = time.monotonic() + seconds
        rounds = 0
        while time.monotonic() < ends or rounds <= engine_every:
            rounds += 1
            job = threading.Thread(target=self.rollback if rounds % 4 in {0, 3} else self.load)
            job.start()
            time.sleep(random.uniform(0.3, 2.5))
            if rounds % engine_every == 0:
                self.kill_engine()
            else:
                self.kill_server()
                self.start_server()
            job.join()
            self.await_server()

    def run(self, seconds: float, engine_every: int = 3) -> dict[str, Any]:
        """Do all of it and return the figures; ``lost`` names what an acknowledgement did not hold."""
        self.folder.joinpath("data").mkdir(exist_ok=True)
        self.load()
        self.start_server()
        try:
            self.await_server()
            threads = [threading.Thread(target=self.write_on, args=(n,)) for n in range(self.writers)]
            for thread in threads:
                thread.start()
            started = time.monotonic()
            try:
                self.disturb(seconds, engine_every)
            finally:
                self.stop.set()
                for thread in threads:
                    thread.join()
            took = time.monotonic() - started
            missing = lost(self.engine_url, self.acknowledged)
        finally:
            self.kill_server()
        self.seen["server kills"] -= 1  # the last one ends the run
        return {
            "seconds": round(took, 1),
            "acknowledged": len(self.acknowledged),
            "zones": PLACES,
            **dict(sorted(self.seen.items())),
            "lost": len(missing),
            "examples": missing[:5],
        }


def prepared(distribution: Path | None = None) -> tuple[NodeConfig, Path]:
    """Return the configuration of an engine in a new folder, and that folder."""
    folder = Path(tempfile.mkdtemp(prefix="ror-chaos-"))
    folder.chmod(0o755)
    config = NodeConfig(
        home=folder / "engine",
        port=free_port(),
        transport_port=free_port(),
        heap="384m",
        distribution=distribution,
    )
    return config, folder


def main() -> None:
    """Run the long version and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    config, folder = prepared()
    try:
        node.start(config, wait=180)
        with Gateway(GatewayConfig(config.url)) as gateway:
            Replay(BedService(gateway))
        chaos = Chaos(config, folder, writers=given.writers, seed=given.seed)
        figures = chaos.run(given.seconds)
        print(json.dumps(figures, indent=1))
        for error in chaos.errors[:10]:
            print(error, file=sys.stderr)
        sys.exit(1 if figures["lost"] else 0)
    finally:
        node.stop(config)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
