"""Room on the disk, asked before and told when it runs out."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import DiskFull

MEBIBYTE = 1024 * 1024


def check_room(folder: Path, needed: int, purpose: str) -> None:
    """Refuse to begin with fewer than ``needed`` bytes free where ``folder`` is or will be."""
    here = next(step for step in (folder, *folder.parents) if step.exists())
    free = shutil.disk_usage(here).free
    if free < needed:
        raise _full(folder, f"{purpose} needs {needed // MEBIBYTE} MiB, {free // MEBIBYTE} are free")


@contextmanager
def told_when_full(folder: Path, purpose: str) -> Iterator[None]:
    """Turn the system's "no space left" into ``DiskFull``; other errors pass."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise _full(folder, f"no room left for {purpose}") from error
        raise


def _full(folder: Path, what: str) -> DiskFull:
    """Name the folder and the way out."""
    return DiskFull(f"disk full at {folder}: {what}. Make room, or choose another engine home")
