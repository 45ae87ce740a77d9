"""The embedded engine as a whole: it starts, is reused, survives a kill, and stops."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from engine import node, process
from engine.config import NodeConfig, NodeStatus
from engine.errors import NodeBusy, NodeCrashed, NodeError
from engine.gateway import Gateway
from tests.conftest import RunningEngine
from tests.ports import free_port
from tests.waiting import until


def test_a_second_start_reuses_the_running_engine(engine: RunningEngine) -> None:
    before = node.status(engine.config)
    assert before.running and before.ready
    assert node.start(engine.config).pid == before.pid


def test_a_start_on_another_port_is_refused_while_it_runs(engine: RunningEngine) -> None:
    other = NodeConfig(home=engine.config.home, port=free_port(), transport_port=free_port())
    with pytest.raises(NodeError, match=f"runs already, on port {engine.config.port}"):
        node.start(other)
    assert node.status(other).url == engine.config.url


def test_it_does_not_run_as_root_and_listens_on_loopback_only(engine: RunningEngine) -> None:
    status = node.status(engine.config)
    running = psutil.Process(status.pid)
    assert running.uids().real != 0
    listening = {c.laddr for c in running.net_connections("tcp") if c.status == psutil.CONN_LISTEN}
    assert {address.port for address in listening} == {engine.config.port, engine.config.transport}
    assert {address.ip for address in listening} <= {"127.0.0.1", "::ffff:127.0.0.1", "::1"}


def test_its_files_stay_in_its_home(engine: RunningEngine) -> None:
    opened = psutil.Process(node.status(engine.config).pid).open_files()
    written = {Path(each.path) for each in opened if each.mode != "r"}
    assert engine.config.log_file in written
    assert [path for path in written if not path.is_relative_to(engine.config.home)] == []


def test_no_index_is_created_by_a_stray_write(gateway: Gateway) -> None:
    with pytest.raises(Exception, match="auto_create_index"):
        gateway.store("nobody-made-this", "1", {"a": 1})
    assert gateway.indices("nobody-made-this*") == {}


def test_too_short_a_wait_leaves_nothing_running(installed: Callable[..., NodeConfig]) -> None:
    config = installed()
    with pytest.raises(NodeCrashed, match="not ready after 1 s and was ended"):
        node.start(config, wait=1.0)
    until(lambda: process.find(config) is None)


def test_a_crash_shows_the_cause_and_the_log(installed: Callable[..., NodeConfig]) -> None:
    config = installed(heap="900000g")
    with pytest.raises(NodeCrashed, match="not enough memory for the heap asked for") as caught:
        node.start(config)
    message = str(caught.value)
    assert str(config.log) in message
    assert process.tail(config.log / process.LAUNCHER_LOG)[-1] in message


def test_two_starts_at_once_do_not_fight(make_config: Callable[..., NodeConfig]) -> None:
    config = make_config()
    config.home.mkdir()
    with node._exclusive(config, 1.0), pytest.raises(NodeBusy, match="by another"):
        node.start(config, wait=0.2)


def test_a_pid_that_now_belongs_to_another_program_is_left_alone(
    make_config: Callable[..., NodeConfig],
) -> None:
    config = make_config()
    config.pid_file.parent.mkdir(parents=True)
    config.pid_file.write_text(str(os.getpid()), encoding="ascii")
    assert not node.status(config).running
    assert node.stop(config) is False


def test_an_engine_whose_pid_file_is_lost_is_found(engine: RunningEngine) -> None:
    pid = node.status(engine.config).pid
    kept = engine.config.pid_file.rename(engine.config.pid_file.with_suffix(".kept"))
    try:
        assert node.status(engine.config).pid == pid
    finally:
        kept.rename(engine.config.pid_file)


def test_status_before_any_start_says_so_and_creates_nothing(make_config: Callable[..., NodeConfig]) -> None:
    config = make_config()
    status = node.status(config)
    assert (status.installed, status.running, status.pid, status.health) == (False, False, None, None)
    assert node.stop(config) is False
    assert not config.home.exists()


def test_status_is_described_for_a_terminal(engine: RunningEngine, make_config: Callable[..., NodeConfig]) -> None:
    status: NodeStatus = node.status(engine.config)
    text = node.describe_status(status)
    assert f"running, pid {status.pid}, health {status.health}" in text
    assert engine.config.url in text and str(engine.config.data) in text
    assert "not installed" in node.describe_status(node.status(make_config()))
