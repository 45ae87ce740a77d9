"""Homes for engines that are meant to fail."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.config import NodeConfig
from tests.conftest import RunningEngine
from tests.ports import free_port


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a folder that any account can enter, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="ror-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def make_config(open_folder: Path) -> Callable[..., NodeConfig]:
    """Make the configuration of a new home, on free ports; a test states what matters to it."""

    def make(**changes: Any) -> NodeConfig:
        given = {
            "home": open_folder / "home",
            "port": free_port(),
            "transport_port": free_port(),
            "heap": "256m",
        }
        return NodeConfig(**{**given, **changes})

    return make


@pytest.fixture
def installed(make_config: Callable[..., NodeConfig], engine: RunningEngine) -> Callable[..., NodeConfig]:
    """Make the same with the engine already unpacked: that of the run's own."""

    def make(**changes: Any) -> NodeConfig:
        return make_config(distribution=engine.config.dist.parent, **changes)

    return make
