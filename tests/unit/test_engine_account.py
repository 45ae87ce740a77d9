"""Handing folders to the engine's account while an engine at work changes them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from engine import account
from engine.errors import FolderUnreachable

OURS = account.Account("ours", os.geteuid(), os.getegid())


@pytest.mark.parametrize("vanishing", ["index", "index/segment"])
def test_what_a_running_engine_removes_meanwhile_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vanishing: str
) -> None:
    data = tmp_path / "home" / "data"
    (data / "index").mkdir(parents=True)
    (data / "index" / "segment").touch()
    (data / "kept").touch()
    seen: list[str] = []
    lstat = Path.lstat

    def removed_before_it_is_looked_at(path: Path) -> os.stat_result:
        seen.append(path.relative_to(data).as_posix())
        if seen[-1] == vanishing:
            path.rename(tmp_path / "removed")
        return lstat(path)

    monkeypatch.setattr(Path, "lstat", removed_before_it_is_looked_at)
    account.hand_over(tmp_path / "home", [data], OURS)
    assert vanishing in seen
    assert "kept" in seen


def test_a_folder_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    closed = data / "closed"
    closed.mkdir(parents=True)
    scandir = os.scandir

    def refused(path: Any) -> Any:
        if str(path) == str(closed):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(FolderUnreachable, match=r"cannot write in .*data \(Permission denied\)"):
        account.hand_over(tmp_path, [data], OURS)
