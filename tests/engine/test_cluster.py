"""Three nodes are one cluster, and lose one without losing anything. Long: run with ``-m cluster``."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.cluster import measured, missed
from tests.conftest import RunningEngine


@pytest.fixture
def folder() -> Iterator[Path]:
    found = Path(tempfile.mkdtemp(prefix="ror-cluster-"))
    found.chmod(0o755)
    yield found
    shutil.rmtree(found)


@pytest.mark.cluster
def test_a_node_of_three_is_killed_under_load_and_no_acknowledged_write_is_lost(
    engine: RunningEngine, folder: Path
) -> None:
    figures = measured(folder, 5, distribution=engine.config.dist.parent, heap="256m", rolling=False)
    assert figures["acknowledged"] > 100
    assert figures["primary killed -9"]["searches"] > 20 and figures["master killed -9"]["searches"] > 20
    assert figures["copied"] == 79, "all but the one that changed"
    assert missed(figures) == []
