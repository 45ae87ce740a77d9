"""Who runs the engine: it refuses root, so root starts it as someone with no privilege."""

from __future__ import annotations

import contextlib
import os
import pwd
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import FolderUnreachable, NodeError


@dataclass(frozen=True, slots=True)
class Account:
    """A system account other than root."""

    name: str
    uid: int
    gid: int

    @property
    def popen(self) -> Mapping[str, Any]:
        """Arguments of ``subprocess`` that drop every privilege of root."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def unprivileged(name: str) -> Account | None:
    """Return the account to run under; ``None`` when this process is not root and needs no other."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise NodeError(
            f"the engine does not run as root, and there is no account {name!r} to run it: name another"
        ) from None
    if entry.pw_uid == 0:
        raise NodeError(f"the engine does not run as root, and the account {name!r} is root")
    return Account(name, entry.pw_uid, entry.pw_gid)


def hand_over(home: Path, folders: Iterable[Path], account: Account | None) -> None:
    """Create ``folders`` in ``home``; make them and their content the account's; ``home`` stays ours."""
    for folder in folders:
        try:
            if not home.exists():
                home.mkdir(parents=True)
                home.chmod(0o755)  # whatever the umask: the account must pass through
            folder.mkdir(parents=True, exist_ok=True)
            if account is not None:
                _give(folder, account)
            elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
                raise PermissionError(f"owned by uid {folder.stat().st_uid}")
        except (PermissionError, FileExistsError, NotADirectoryError) as error:
            raise FolderUnreachable(
                f"the engine cannot write in {folder} ({error.strerror or error}): "
                "give it to this account, or choose another engine home"
            ) from error


def _give(folder: Path, account: Account) -> None:
    """Make ``folder`` and all in it the account's; an engine that runs may remove files under the walk."""
    for within, folders, files in os.walk(folder, onerror=_unless_gone):
        for path in (Path(within, name) for name in ("", *folders, *files)):
            with contextlib.suppress(FileNotFoundError):
                if path.lstat().st_uid != account.uid:
                    os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def check_reachable(folder: Path, account: Account | None) -> None:
    """Refuse a folder that the account cannot get to, naming the folder on the way that stops it."""
    if account is None:
        return
    real = folder.resolve()
    for step in (*reversed(real.parents), real):
        info = step.stat()
        if info.st_uid == account.uid:
            needed = stat.S_IXUSR
        else:
            needed = stat.S_IXGRP if info.st_gid == account.gid else stat.S_IXOTH
        if not info.st_mode & needed:
            raise FolderUnreachable(
                f"the engine runs as {account.name!r}, who cannot enter {step} "
                f"(mode {info.st_mode & 0o777:03o}), "
                f"on the way to {folder}: choose a place outside of it, or run chmod o+x {step}"
            )
