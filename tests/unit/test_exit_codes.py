"""Exit codes are part of the contract: 0 done, 1 some data refused, 2 usage, 3 engine or network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def ror(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ROR_")}
    return subprocess.run(
        [sys.executable, "-m", "orientation.cli", *arguments],
        cwd=ROOT, env=kept | environ, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_what_is_done_is_0(tmp_path: Path) -> None:
    assert ror("schema", "unit", ROR_DATA_DIR=str(tmp_path)).returncode == 0


def test_failed_tests_are_not_0(tmp_path: Path) -> None:
    failing = tmp_path / "test_red.py"
    failing.write_text("def test_red() -> None:\n    assert 1 == 2\n")
    done = ror("test", str(failing), "-n", "0", ROR_DATA_DIR=str(tmp_path))
    assert "1 failed" in done.stdout
    assert done.returncode == 1


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("index", "load"), ("search", "beds_min=x", "--near"), ("synth", "0")]
)
def test_bad_usage_is_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert ror(*arguments, ROR_DATA_DIR=str(tmp_path)).returncode == 2


def test_a_wrong_setting_is_2_and_named(tmp_path: Path) -> None:
    done = ror("settings", ROR_DATA_DIR=str(tmp_path), ROR_PORT="many")
    assert done.returncode == 2
    assert "ROR_PORT" in done.stderr


def test_an_engine_out_of_reach_is_3(tmp_path: Path) -> None:
    done = ror("index", "status", ROR_DATA_DIR=str(tmp_path), ROR_ELASTICSEARCH_URL="http://127.0.0.1:9")
    assert done.returncode == 3
    assert "error:" in done.stderr
