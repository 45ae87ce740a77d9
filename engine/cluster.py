"""Several embedded nodes that are one cluster, on loopback: for tests and measurements of what a cluster promises."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from engine import node
from engine.config import NodeConfig
from engine.errors import EngineError, EngineTimeout, NodeError
from engine.gateway import Gateway, GatewayConfig


def cluster_configs(
    home: Path, ports: Sequence[tuple[int, int]], *, heap: str = "512m", distribution: Path | None = None
) -> tuple[NodeConfig, ...]:
    """Return the configurations of one cluster, a node for each pair of ports (HTTP, transport)."""
    if len(ports) < 3:
        raise NodeError("a cluster that may lose a node has three or more")
    names = tuple(f"node{number}" for number in range(1, len(ports) + 1))
    every = tuple(f"127.0.0.1:{transport}" for _, transport in ports)
    return tuple(
        NodeConfig(
            home=home / name,
            port=port,
            transport_port=transport,
            heap=heap,
            cluster_name="ror-cluster",
            distribution=distribution or home / "dist",
            backups=home / "backups",
            name=name,
            seeds=every,
            masters=names,
        )
        for name, (port, transport) in zip(names, ports, strict=True)
    )


def urls(configs: Sequence[NodeConfig]) -> str:
    """Return the addresses of the nodes as one setting."""
    return ",".join(config.url for config in configs)


def start_cluster(configs: Sequence[NodeConfig], *, wait: float = 120.0) -> None:
    """Start all nodes and return when they are one cluster with every copy in its place."""
    node.install(configs[0])
    with ThreadPoolExecutor(len(configs)) as pool:
        list(pool.map(lambda config: node.start(config, wait=wait), configs))
    await_green(configs, len(configs), wait=wait)


def await_green(configs: Sequence[NodeConfig], nodes: int, *, wait: float = 120.0) -> None:
    """Return when so many nodes are together and every shard has all its copies."""
    deadline = time.monotonic() + wait
    with Gateway(GatewayConfig(urls(configs), request_timeout=2.0)) as gateway:
        while True:
            try:
                health = gateway.health()
            except EngineError:
                health = {}
            if health.get("number_of_nodes") == nodes and health["status"] == "green":
                return
            if time.monotonic() > deadline:
                raise EngineTimeout(f"the cluster is not green with {nodes} nodes after {wait:.0f} s: {health}")
            time.sleep(0.1)


def stop_cluster(configs: Sequence[NodeConfig]) -> None:
    """Stop every node."""
    with ThreadPoolExecutor(len(configs)) as pool:
        list(pool.map(node.stop, configs))
