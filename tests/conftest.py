"""What every test may ask for."""

from __future__ import annotations

import fcntl
import json
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest

from engine import node
from engine.config import NodeConfig
from engine.gateway import Gateway, GatewayConfig
from tests.groups import (  # noqa: F401
    pytest_collection_modifyitems,
    pytest_runtest_logreport,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_xdist_make_scheduler,
)
from tests.ports import free_port

# By the clock an example that had to wait for the processor would fail; where time matters a test counts its own.
hypothesis.settings.register_profile("busy machine", deadline=None)
hypothesis.settings.load_profile("busy machine")

START_S = 300
"""How long a start may take: it ends as soon as the engine answers, and a busy machine is no failure."""


@dataclass(frozen=True, slots=True)
class RunningEngine:
    """A real engine, and the way to it."""

    config: NodeConfig
    gateway: Gateway


@contextmanager
def _shared(folder: Path) -> Iterator[dict[str, int]]:
    """Hold a small state that the workers of one run share: ports, and how many use the engine."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)  # pytest's own folders are closed to the account that runs the engine
    with (folder / "state.json").open("a+") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        stream.seek(0)
        state = json.loads(stream.read() or "{}")
        yield state
        stream.seek(0)
        stream.truncate()
        stream.write(json.dumps(state))
        stream.flush()


def start(config: NodeConfig) -> None:
    """Start an engine whose code is compiled once and lightly: it lives for minutes, and starts at half the cost."""
    options = config.home / "config" / "jvm.options.d" / "tests.options"
    options.parent.mkdir(parents=True, exist_ok=True)
    config.home.chmod(0o755)
    options.write_text("-XX:TieredStopAtLevel=1\n", encoding="ascii")
    node.start(config, wait=START_S)


@pytest.fixture(scope="session")
def engine(testrun_uid: str) -> Iterator[RunningEngine]:
    """One real engine for the whole run, whatever the number of workers; the last one out stops it."""
    folder = Path(tempfile.gettempdir()) / f"ror-engine-{testrun_uid}"
    with _shared(folder) as state:
        config = NodeConfig(
            home=folder / "home",
            port=state.setdefault("port", free_port()),
            transport_port=state.setdefault("transport_port", free_port()),
            heap="512m",
        )
        start(config)
        state["users"] = state.get("users", 0) + 1
    try:
        with Gateway(GatewayConfig(config.url)) as gateway:
            yield RunningEngine(config, gateway)
    finally:
        with _shared(folder) as state:
            state["users"] -= 1
            if last := state["users"] == 0:
                node.stop(config)
                # Its folder stays locked by us, so that a worker that comes late begins anew.
                shutil.rmtree(config.home)
        if last:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def engine_of_their_own(engine: RunningEngine, name: str, heap: str) -> Iterator[NodeConfig]:
    """Run an engine that some tests may stop, with the alias ``units`` to themselves; unpacked by the run's own."""
    folder = Path(tempfile.mkdtemp(prefix=f"ror-{name}-"))
    folder.chmod(0o755)
    config = NodeConfig(
        home=folder / "home",
        port=free_port(),
        transport_port=free_port(),
        heap=heap,
        distribution=engine.config.dist.parent,
    )
    start(config)
    try:
        yield config
    finally:
        node.stop(config)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def spare_engine(engine: RunningEngine) -> Iterator[NodeConfig]:
    """An engine for tests that need all of one, one after the other; use ``spare``."""
    with engine_of_their_own(engine, "spare", heap="384m") as config:
        yield config


@pytest.fixture
def spare(spare_engine: NodeConfig) -> NodeConfig:
    """An engine that runs and is empty, to kill, lose, fill or stop."""
    start(spare_engine)
    with Gateway(GatewayConfig(spare_engine.url)) as gateway:
        gateway.delete_index(*gateway.indices("*"))
    return spare_engine


@pytest.fixture(scope="session")
def gateway(engine: RunningEngine) -> Gateway:
    """Give the gateway to the run's engine."""
    return engine.gateway


@pytest.fixture
def new_name(gateway: Gateway) -> Iterator[Callable[[], str]]:
    """Give names of indices that no other test has, and delete those indices after the test."""
    prefix = f"test-{uuid.uuid4().hex[:12]}"
    count = 0

    def name() -> str:
        nonlocal count
        count += 1
        return f"{prefix}-{count}"

    yield name
    gateway.delete_index(*gateway.indices(f"{prefix}-*"))


SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference material beside the checkout: real data and code lists, which users do not have."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared, the reference material beside the checkout")
    return SHARED
