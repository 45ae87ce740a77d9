"""The embedded engine after the worst: killed, or with its home deleted under it."""

from __future__ import annotations

import os
import shutil
import signal

import psutil

from engine import node, process
from engine.config import NodeConfig
from engine.gateway import Gateway, GatewayConfig
from tests.conftest import START_S, start
from tests.waiting import until


def test_an_engine_whose_home_was_deleted_is_replaced(spare: NodeConfig) -> None:
    first = node.status(spare)
    while spare.home.exists():  # the engine writes meanwhile
        shutil.rmtree(spare.home, ignore_errors=True)
    second = node.start(spare, wait=START_S)
    assert second.pid != first.pid
    with Gateway(GatewayConfig(spare.url)) as gateway:
        gateway.create_index("anew", {})


def test_killed_it_starts_again_with_its_data_and_stops_cleanly(spare: NodeConfig) -> None:
    first = node.status(spare)
    assert first.pid is not None
    with Gateway(GatewayConfig(spare.url)) as gateway:
        gateway.create_index("kept", {"settings": {"number_of_replicas": 0}})
        gateway.store("kept", "1", {"a": 1})
        os.kill(first.pid, signal.SIGKILL)
        until(lambda: not node.status(spare).running)

        start(spare)
        second = node.status(spare)
        assert second.pid != first.pid
        document = gateway.get("kept", "1")
    assert document is not None and document["_source"] == {"a": 1}

    assert node.stop(spare) is True
    assert not psutil.pid_exists(second.pid or 0) or not process.alive(psutil.Process(second.pid))
    assert process._bind_error(spare.port) is None, "the port is free as soon as stop returns"
    assert "closed" in process.tail(spare.log_file)[-1], "it wrote what it held before it ended"
    assert node.stop(spare) is False
