"""docker-compose.yml says what the product understands, and its cluster is the one that tests and measurements run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.cluster import cluster_configs
from engine.config import VERSION
from engine.gateway import GatewayConfig
from engine.node import discovery
from orientation.app import gateway_config
from orientation.settings import Settings

FILE = Path(__file__).resolve().parents[2] / "docker-compose.yml"
NODES = ("node1", "node2", "node3")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    text = FILE.read_text(encoding="utf-8").replace("${ROR_SECRET:?", "${ROR_SECRET:-")
    filled = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", text)
    found: dict[str, Any] = yaml.safe_load(filled)["services"]
    return found


def in_cluster(services: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in services.items() if "cluster" in each.get("profiles", ())}


def test_every_setting_of_the_services_is_one_and_is_taken(services: dict[str, Any]) -> None:
    ours = {name: each for name, each in services.items() if each.get("image", "").startswith("ror-")}
    assert len(ours) >= 4
    for each in ours.values():
        given = {name: str(value) for name, value in each["environment"].items() if name.startswith("ROR_")}
        assert Settings.from_env(given | {"ROR_SECRET": "s" * 32}).backups == Path(
            services["elasticsearch"]["environment"]["path.repo"]
        )


def test_each_server_of_the_cluster_knows_every_node(services: dict[str, Any]) -> None:
    servers = [each for name, each in in_cluster(services).items() if name.startswith("api")]
    assert len(servers) == 2
    for each in servers:
        chosen = Settings.from_env({"ROR_ELASTICSEARCH_URL": each["environment"]["ROR_ELASTICSEARCH_URL"]})
        assert gateway_config(chosen).addresses == tuple(f"http://{name}:9200" for name in NODES)


def test_the_nodes_of_the_cluster_find_each_other_as_those_of_the_tests_do(services: dict[str, Any]) -> None:
    tested = discovery(cluster_configs(Path("/nowhere"), [(9201, 9301), (9202, 9302), (9203, 9303)])[0])
    nodes = {name: each for name, each in in_cluster(services).items() if name.startswith("node")}
    assert set(nodes) == set(NODES)
    for name, each in nodes.items():
        environment = each["environment"]
        assert environment["node.name"] == name
        assert environment["discovery.seed_hosts"].split(",") == list(NODES)
        assert environment["cluster.initial_master_nodes"].split(",") == tested["cluster.initial_master_nodes"]
        assert {key for key in environment if key.startswith(("discovery.", "cluster.initial"))} == set(tested)
        assert each["image"] == f"elasticsearch:{VERSION}"
        assert f"{name}:/usr/share/elasticsearch/data" in each["volumes"]
        assert f"backups:{environment['path.repo']}" in each["volumes"], "one folder for all: the snapshots are shared"


def test_addresses_by_comma_are_several_nodes() -> None:
    assert GatewayConfig("http://a:1, https://b").addresses == ("http://a:1", "https://b:443")
