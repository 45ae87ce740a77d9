"""Nothing acknowledged is lost, whatever is killed; the long version is ``benchmarks/beds_chaos.py``."""

from __future__ import annotations

import shutil

import pytest

from benchmarks.beds_chaos import Chaos, prepared
from engine import node
from tests.conftest import RunningEngine


@pytest.mark.xdist_group("chaos")
def test_no_acknowledged_count_is_lost_when_server_and_engine_are_killed_during_rebuilds(
    engine: RunningEngine,
) -> None:
    config, folder = prepared(engine.config.dist.parent)
    try:
        node.start(config, wait=180)
        figures = Chaos(config, folder, writers=2).run(8, engine_every=2)
        assert figures["examples"] == []
        assert figures["lost"] == 0
        assert figures["acknowledged"] > 50
        assert figures["server kills"] >= 1
        assert figures["engine kills"] >= 1
    finally:
        node.stop(config)
        shutil.rmtree(folder, ignore_errors=True)
