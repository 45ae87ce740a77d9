"""Three nodes under reads and writes: a load, one killed -9 after the other, then all restarted in turn.

``ror bench cluster --seconds 15``. Counts what was acknowledged and is lost, searches that failed, and how long one had
to be asked again until it was answered. Starts three engines and a server of its own, on loopback.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from beds.replay import Replay
from beds.service import BedService
from benchmarks.acknowledged import lost
from benchmarks.beds_chaos import Chaos
from engine import node
from engine.cluster import await_green, cluster_configs, start_cluster, stop_cluster, urls
from engine.config import NodeConfig
from engine.gateway import Gateway, GatewayConfig
from tests.ports import free_port

SEARCH = "/api/v1/orientations?place=Rouen&size=5"
PATIENCE_S = 5.0
"""How long a search may have to be asked again: the goal."""


@dataclass
class Reads:
    """What readers saw: seconds of answers at the first try, and of those that had to be asked again."""

    first: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)

    def figures(self) -> dict[str, Any]:
        """Return the figures."""
        cuts = statistics.quantiles(self.first, n=100) if len(self.first) > 1 else [0.0] * 99
        return {
            "searches": len(self.first) + len(self.again),
            "failed at first": len(self.again),
            "by status": self.statuses,
            "longest until answered s": round(max(self.again, default=0.0), 2),
            "p50 ms": round(cuts[49] * 1000, 1),
            "p99 ms": round(cuts[98] * 1000, 1),
        }


@dataclass
class Cluster(Chaos):
    """Readers and writers of a server on three nodes."""

    configs: tuple[NodeConfig, ...] = ()
    reads: Reads = field(default_factory=Reads)
    pause: float = 0.1
    """Seconds that a reader waits between searches: nodes that start need the cores of the machine, too."""

    @property
    def engine_url(self) -> str:
        """Addresses of the nodes."""
        return urls(self.configs)

    def read_on(self, number: int) -> None:
        """Search until told to stop; ask again what was not answered."""
        while not self.stop.is_set():
            time.sleep(self.pause)
            began = time.monotonic()
            status = self.search()
            if status == 200:
                self.reads.first.append(time.monotonic() - began)
                continue
            self.reads.statuses[str(status)] = self.reads.statuses.get(str(status), 0) + 1
            while self.search() != 200:
                time.sleep(0.1)
                if time.monotonic() - began > 60:
                    break
            self.reads.again.append(time.monotonic() - began)

    def search(self) -> int:
        """Return the status of a search, 0 without any."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", SEARCH)
            answer = connection.getresponse()
            body = json.loads(answer.read())
            return answer.status if answer.status != 200 or body["total"] == 80 else -1
        except (OSError, http.client.HTTPException, ValueError):
            return 0
        finally:
            connection.close()

    def under_load(self, disturb: Callable[[], None]) -> dict[str, Any]:
        """Read and write while something happens; return what the readers saw."""
        self.stop.clear()
        self.reads = Reads()
        before = len(self.acknowledged)
        threads = [threading.Thread(target=self.write_on, args=(n,)) for n in range(self.writers)]
        threads += [threading.Thread(target=self.read_on, args=(n,)) for n in range(2)]
        for thread in threads:
            thread.start()
        try:
            disturb()
        finally:
            self.stop.set()
            for thread in threads:
                thread.join()
        return self.reads.figures() | {"writes acknowledged": len(self.acknowledged) - before}

    def kill(self, config: NodeConfig, seconds: float) -> None:
        """Let load run, kill a node without warning, let load run on, and start it again."""
        time.sleep(seconds)
        pid = node.status(config).pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        time.sleep(seconds)
        while node.status(config).pid == pid:
            time.sleep(0.05)

    def restart_all(self) -> None:
        """Restart the nodes in turn, each when the copies are all there."""
        for config in self.configs:
            began = time.monotonic()
            node.stop(config)
            node.start(config, wait=180)
            await_green(self.configs, len(self.configs), wait=180)
            figures = self.reads.figures()
            print(
                f"{config.name} restarted in {time.monotonic() - began:.0f} s: {figures}", file=sys.stderr, flush=True
            )

    def master(self) -> NodeConfig:
        """Return the node that leads the cluster."""
        with Gateway(GatewayConfig(self.engine_url)) as gateway:
            state = gateway.read("GET", "/_cluster/state/master_node,nodes")
        name = state["nodes"][state["master_node"]]["name"]
        return next(config for config in self.configs if config.name == name)

    def holder(self, index: str = "units") -> NodeConfig:
        """Return the node that holds the primary of the index that serves."""
        with Gateway(GatewayConfig(self.engine_url)) as gateway:
            state = gateway.read("GET", f"/_cluster/state/routing_table,nodes/{index}")
        (table,) = state["routing_table"]["indices"].values()
        primary = next(each["node"] for each in table["shards"]["0"] if each["primary"])
        return next(config for config in self.configs if config.name == state["nodes"][primary]["name"])


def measured(
    folder: Path,
    seconds: float,
    *,
    distribution: Path | None = None,
    heap: str = "384m",
    writers: int = 2,
    kills: bool = True,
    rolling: bool = True,
) -> dict[str, Any]:
    """Do all of it and return the figures."""
    ports = [(free_port(), free_port()) for _ in range(3)]
    configs = cluster_configs(folder, ports, heap=heap, distribution=distribution)
    (folder / "data").mkdir(exist_ok=True)
    chaos = Cluster(config=configs[0], folder=folder, writers=writers, configs=configs)
    figures: dict[str, Any] = {"nodes": len(configs), "cores": os.cpu_count()}
    try:
        start_cluster(configs, wait=180)
        with Gateway(GatewayConfig(urls(configs))) as gateway:
            Replay(BedService(gateway))
        chaos.load()
        chaos.start_server()
        chaos.await_server()
        figures["calm"] = chaos.under_load(lambda: time.sleep(seconds))
        figures["beside a load"] = chaos.under_load(chaos.load)
        with Gateway(GatewayConfig(urls(configs))) as gateway:
            [index] = gateway.indices("units").values()
        figures["copied"] = index["mappings"]["_meta"].get("unchanged", 0)
        await_green(configs, len(configs), wait=180)
        choices = {"primary": chaos.holder, "master": chaos.master} if kills else {}
        for name, choose in choices.items():
            victim = choose()
            figures[f"{name} killed -9"] = chaos.under_load(partial(chaos.kill, victim, seconds))
            node.start(victim, wait=180)
            await_green(configs, len(configs), wait=180)
        if rolling:
            figures["rolling restart"] = chaos.under_load(chaos.restart_all)
        missing = lost(chaos.engine_url, chaos.acknowledged)
        figures |= {"acknowledged": len(chaos.acknowledged), "lost": len(missing), "examples": missing[:5]}
    finally:
        if chaos.server is not None:
            chaos.kill_server()
        stop_cluster(configs)
    figures["errors"] = chaos.errors[:5]
    return figures


def missed(figures: dict[str, Any]) -> list[str]:
    """Return the goals that were missed."""
    found = [f"{figures['lost']} acknowledged writes lost"] if figures["lost"] else []
    for name, seen in figures.items():
        if not isinstance(seen, dict):
            continue
        if seen["longest until answered s"] > PATIENCE_S:
            found.append(f"{name}: a search was answered after {seen['longest until answered s']} s")
        if name in {"rolling restart", "calm", "beside a load"} and seen["failed at first"]:
            found.append(f"{name}: {seen['failed at first']} searches failed")
    return found


def main() -> None:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15, help="of load before and after each kill")
    parser.add_argument("--writers", type=int, default=2)
    parser.add_argument("--part", choices=("kills", "rolling", "both"), default="both")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ror-cluster-"))
    folder.chmod(0o755)
    try:
        parts = {"kills": given.part != "rolling", "rolling": given.part != "kills"}
        figures = measured(folder, given.seconds, writers=given.writers, **parts)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(figures, indent=1))
    if given.out:
        given.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    for each in missed(figures):
        print(f"missed: {each}", file=sys.stderr)
    sys.exit(1 if missed(figures) else 0)


if __name__ == "__main__":
    main()
