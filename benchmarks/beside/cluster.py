"""A PostgreSQL of the measurement's own: made in a folder, on loopback, run without privileges, ended with it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BIN = Path("/usr/lib/postgresql/15/bin")
"""Where Debian's postgresql-15 is; postgresql-15-postgis-3 adds PostGIS to it."""
RUN_AS = 65534
"""``nobody``: the server refuses root."""

TUNED = {
    "shared_buffers": "2GB",
    "effective_cache_size": "6GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "random_page_cost": "1.1",
    "effective_io_concurrency": "200",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "max_wal_size": "8GB",
    "synchronous_commit": "off",
    "listen_addresses": "127.0.0.1",
}
"""All data in memory, questions of milliseconds: no just-in-time compiler, no parallel workers, which cost more."""


def _as_nobody(*command: str | Path) -> None:
    as_root = {"user": RUN_AS, "group": RUN_AS, "extra_groups": []} if os.getuid() == 0 else {}
    done = subprocess.run(
        [str(part) for part in command], cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        check=False, timeout=120, **as_root,
    )  # type: ignore[call-overload]  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{command[0]}: {done.stderr}")


@contextmanager
def running(folder: Path, port: int, *, afresh: bool) -> Iterator[str]:
    """Run the server as long as the block lasts; yield its connection string. ``afresh`` empties it first."""
    data = folder / "data"
    if afresh:
        shutil.rmtree(folder, ignore_errors=True)
    if not data.exists():
        folder.mkdir(parents=True)
        if os.getuid() == 0:
            os.chown(folder, RUN_AS, RUN_AS)
        _as_nobody(BIN / "initdb", "-D", data, "--locale=C", "--encoding=UTF8", "-A", "trust", "-U", "ror")
    options = " ".join(f"-c {name}={value}" for name, value in TUNED.items())
    options += f" -c port={port} -c unix_socket_directories={folder}"
    _as_nobody(BIN / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
    try:
        yield f"host={folder} port={port} user=ror dbname=postgres"
    finally:
        _as_nobody(BIN / "pg_ctl", "-D", data, "-w", "-m", "fast", "stop")
