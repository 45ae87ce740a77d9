"""What the embedded engine is told, and what it tells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from engine.errors import NodeError

VERSION = "8.19.21"
"""The one version embedded; the pinned checksum in ``engine.install`` goes with it."""


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """Where the embedded engine lives and how big it may be.

    ``home`` holds all it writes. ``distribution`` (default ``home/dist``) and ``archive_cache`` (default:
    Maven's local repository) may be shared by several, and so may ``backups`` (default ``home/backups``). ``run_as``
    is used only when this process is root, whom the engine refuses. ``java_home`` wins over the ``JAVA_HOME`` and
    ``PATH`` of the environment. ``seeds`` (host:port of the transport of the others) and ``masters`` (names of the
    nodes that found the cluster) make it one node of several; without them it is alone.
    """

    home: Path
    port: int = 9209
    transport_port: int | None = None
    heap: str = "1g"
    cluster_name: str = "ror"
    run_as: str = "nobody"
    java_home: Path | None = None
    distribution: Path | None = None
    archive_cache: Path | None = None
    offline: bool = False
    backups: Path | None = None
    name: str = "embedded"
    seeds: tuple[str, ...] = ()
    masters: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the engine would only refuse after seconds."""
        object.__setattr__(self, "home", Path(self.home).expanduser().resolve())
        for name, port in (("port", self.port), ("transport port", self.transport)):
            if not 1 <= port <= 65535:
                raise NodeError(f"engine {name} {port} is not between 1 and 65535")
        if self.port == self.transport:
            raise NodeError(f"engine port and transport port are both {self.port}")
        if not re.fullmatch(r"[1-9]\d*[mMgG]", self.heap):
            raise NodeError(f"engine heap {self.heap!r} is not a size such as 512m or 1g")

    @property
    def transport(self) -> int:
        """Port between nodes: loopback too, but the engine cannot do without one."""
        return self.port + 100 if self.transport_port is None else self.transport_port

    @property
    def url(self) -> str:
        """Address of the HTTP interface."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def dist(self) -> Path:
        """Folder of the unpacked engine, one for each version."""
        return (self.distribution or self.home / "dist") / f"elasticsearch-{VERSION}"

    @property
    def data(self) -> Path:
        """Folder of the indices."""
        return self.home / "data"

    @property
    def backup_folder(self) -> Path:
        """Folder in which the engine may keep snapshots, and no other."""
        return self.backups or self.home / "backups"

    @property
    def log(self) -> Path:
        """Folder of the logs."""
        return self.home / "log"

    @property
    def log_file(self) -> Path:
        """The engine's own log, for people."""
        return self.log / f"{self.cluster_name}.log"

    @property
    def pid_file(self) -> Path:
        """Written by the engine itself."""
        return self.home / "run" / "elasticsearch.pid"

    @property
    def own_folders(self) -> tuple[Path, ...]:
        """All folders in which the engine writes."""
        return (self.data, self.log, *(self.home / name for name in ("config", "run", "tmp")), self.backup_folder)


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """The embedded engine at one moment; ``health`` is ``None`` while it does not answer."""

    installed: bool
    running: bool
    pid: int | None
    url: str
    version: str
    health: str | None
    home: Path
    data: Path
    log: Path
    started_at: float | None = None

    @property
    def ready(self) -> bool:
        """Whether it answers searches: a single node is yellow as soon as an index has replicas."""
        return self.health in {"green", "yellow"}


def describe_status(status: NodeStatus) -> str:
    """Write a status as lines for a terminal."""
    if status.running:
        health = f"health {status.health}" if status.health else "not answering yet"
        head = f"running, pid {status.pid}, {health}"
    else:
        head = "stopped" if status.installed else "not installed"
    rows = [
        ("engine", head),
        ("version", f"Elasticsearch {status.version}"),
        ("address", status.url),
        ("data", str(status.data)),
        ("log", str(status.log)),
    ]
    return "\n".join(f"{name:<8} {value}" for name, value in rows)
