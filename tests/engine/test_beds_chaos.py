"""Nothing acknowledged is lost, whatever is killed; the long version is ``benchmarks/beds_chaos.py``."""

from __future__ import annotations

from pathlib import Path

from benchmarks.beds_chaos import Chaos
from engine.config import NodeConfig


def test_no_acknowledged_count_is_lost_when_server_and_engine_are_killed_during_rebuilds(
    spare: NodeConfig, tmp_path: Path
) -> None:
    figures = Chaos(spare, tmp_path, writers=2).run(8, engine_every=2)
    assert figures["examples"] == []
    assert figures["lost"] == 0
    assert figures["acknowledged"] > 50
    assert figures["server kills"] >= 1
    assert figures["engine kills"] >= 1
