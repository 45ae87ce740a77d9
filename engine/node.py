"""The embedded engine: install, start, stop, status."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from engine import process
from engine.account import Account, check_reachable, hand_over, unprivileged
from engine.config import VERSION, NodeConfig, NodeStatus, describe_status
from engine.disk import MEBIBYTE, check_room, told_when_full
from engine.errors import FolderUnreachable, NodeBusy, NodeError
from engine.install import Progress, install
from engine.java import Java, find_java

__all__ = ["NodeConfig", "NodeStatus", "describe_status", "install", "start", "status", "stop"]

_FLOOD = 100 * MEBIBYTE
"""Under this much free disk the engine stops taking writes; to start then would only mislead."""
_STOP_SECONDS = 30.0


def start(config: NodeConfig, *, wait: float = 180.0, progress: Progress | None = None) -> NodeStatus:
    """Start the engine and return when its health says that it answers; one that runs is left as it is.

    ``wait`` is in seconds, after any download. Raises the ``NodeError`` that names what prevents it.
    """
    with told_when_full(config.home, "starting the engine"):
        account = unprivileged(config.run_as)
        hand_over(config.home, config.own_folders, account)
        with _exclusive(config, wait):
            deadline = time.monotonic() + wait
            running = process.find(config)
            if running is not None and not (config.data / "node.lock").exists():
                process.terminate(running, _STOP_SECONDS)  # its home was deleted under it: it serves ghosts
                running = None
            if running is None:
                deadline = _launch(config, account, wait, progress)
            elif (port := _port(config)) != config.port:
                raise NodeError(f"this engine runs already, on port {port}: stop it first")
            return _await_health(config, deadline)


def stop(config: NodeConfig) -> bool:
    """End the engine, letting it write what it holds; return whether it ran.

    Raises ``NodeError`` when it had to be killed, or belongs to another account.
    """
    if not config.home.is_dir():
        return False
    with _exclusive(config, _STOP_SECONDS):
        running = process.find(config)
        if running is None:
            return False
        if not process.terminate(running, _STOP_SECONDS):
            raise NodeError(f"the engine did not end in {_STOP_SECONDS:.0f} s and was killed; see {config.log}")
        config.pid_file.unlink(missing_ok=True)
        return True


def status(config: NodeConfig) -> NodeStatus:
    """Tell how the engine is, now; takes at most two seconds."""
    installed = (config.dist / "bin" / "elasticsearch").is_file()
    running = process.find(config)
    port = _port(config) if running else config.port
    return NodeStatus(
        installed=installed,
        running=running is not None,
        pid=running.pid if running else None,
        url=f"http://127.0.0.1:{port}",
        version=VERSION,
        health=_health(port, 2.0) if running else None,
        home=config.home,
        data=config.data,
        log=config.log,
        started_at=_started_at(running),
    )


def _launch(config: NodeConfig, account: Account | None, wait: float, progress: Progress | None) -> float:
    """Check all that can be checked, then launch; return the deadline of readiness."""
    check_room(config.data, _FLOOD, "the engine")
    for port in (config.port, config.transport):
        process.check_port_free(port)
    install(config, progress)
    for folder in (config.home, config.dist):
        check_reachable(folder, account)
    java = find_java(
        os.environ,
        given=config.java_home,
        account=account,
        cache=None if config.offline else config.home / "java",
    )
    _configure(config, java)
    hand_over(config.home, config.own_folders, account)
    config.pid_file.unlink(missing_ok=True)
    deadline = time.monotonic() + wait
    process.launch(config, java, account, wait)
    return deadline


def _configure(config: NodeConfig, java: Java) -> None:
    """Write the engine's settings anew, so that what is asked for is what runs.

    Only settings that the minimal archive knows: it refuses to start on any other (no geoip, no ILM there).
    """
    settings: dict[str, Any] = {
        "cluster.name": config.cluster_name,
        "node.name": config.name,
        **discovery(config),
        "network.host": "127.0.0.1",
        "http.port": config.port,
        "transport.port": config.transport,
        "path.data": str(config.data),
        "path.logs": str(config.log),
        "path.repo": [str(config.backup_folder)],
        "action.auto_create_index": False,
        # Set even though false is wanted: left out, the launcher makes certificates and turns it on.
        "xpack.security.enabled": False,
        "xpack.ml.enabled": False,
        "xpack.watcher.enabled": False,
        # Else the engine tries for each count of codes whether one filter a code would do, and finds, after a
        # twentieth of the question's time, that beside a query it would not.
        "search.aggs.rewrite_to_filter_by_filter": False,
        # Absolute: the default percentages stop a half-empty laptop disk of 1 TB at 50 GB free.
        "cluster.routing.allocation.disk.watermark.low": "400mb",
        "cluster.routing.allocation.disk.watermark.high": "250mb",
        "cluster.routing.allocation.disk.watermark.flood_stage": f"{_FLOOD // MEBIBYTE}mb",
    }
    options = [
        f"-Xms{config.heap}",
        f"-Xmx{config.heap}",
        "-XX:+UseG1GC",
        "-XX:-AlwaysPreTouch",  # memory is taken as it is needed: this is a laptop's engine
        f"-Djava.io.tmpdir={config.home / 'tmp'}",
        "-XX:+ExitOnOutOfMemoryError",
        f"-XX:ErrorFile={config.log / 'java_error_%p.log'}",
        process.mark(config),
    ]
    if java.version >= 20:
        options.append("--add-modules=jdk.incubator.vector")
    folder = config.home / "config"
    # JSON is YAML.
    (folder / "elasticsearch.yml").write_text(json.dumps(settings, indent=1), encoding="utf-8")
    (folder / "jvm.options").write_text("\n".join(options) + "\n", encoding="utf-8")
    shutil.copyfile(config.dist / "config" / "log4j2.properties", folder / "log4j2.properties")


def discovery(config: NodeConfig) -> dict[str, Any]:
    """Return how the node finds the others, or that it is alone."""
    if not config.seeds:
        return {"discovery.type": "single-node"}
    settings: dict[str, Any] = {"discovery.seed_hosts": list(config.seeds)}
    if not (config.data / "_state").is_dir():  # a node that has been in the cluster must not found another one
        settings["cluster.initial_master_nodes"] = list(config.masters)
    return settings


def _port(config: NodeConfig) -> int:
    """Return the HTTP port that the running engine was started with."""
    try:
        return int(json.loads((config.home / "config" / "elasticsearch.yml").read_bytes())["http.port"])
    except (OSError, ValueError, KeyError):
        return config.port


def _await_health(config: NodeConfig, deadline: float) -> NodeStatus:
    """Poll until the engine is ready; raise ``NodeCrashed`` if it dies or stays red."""
    while True:
        now = status(config)
        if now.ready:
            return now
        if not now.running:
            raise process.explain_death(config, "the engine ended just after starting")
        if time.monotonic() > deadline:
            state = f"its health is {now.health}" if now.health else "it does not answer"
            raise process.explain_death(config, f"the engine runs (pid {now.pid}) but {state}")
        time.sleep(0.1)


def _health(port: int, timeout: float) -> str | None:
    """Ask the cluster's health on loopback; ``None`` when nothing answers as an engine does."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", "/_cluster/health")
        answer = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    health = answer.get("status") if isinstance(answer, dict) else None
    return health if isinstance(health, str) else None


def _started_at(running: psutil.Process | None) -> float | None:
    """Return when a process started, in seconds since 1970."""
    try:
        return running.create_time() if running else None
    except psutil.NoSuchProcess:
        return None


@contextmanager
def _exclusive(config: NodeConfig, wait: float) -> Iterator[None]:
    """Hold the lock of this home: two starts at once would fight over one data folder."""
    try:
        lock = (config.home / "engine.lock").open("a")
    except PermissionError as error:
        raise FolderUnreachable(
            f"{config.home / 'engine.lock'} belongs to another account: do it as that account, or as root"
        ) from error
    with lock:
        deadline = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise NodeBusy(f"the engine in {config.home} is being started or stopped by another") from None
                time.sleep(0.1)
        yield
