"""``ror clients`` and ``ror audit``: keys are given, listed, rotated and revoked, and each act is noted."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mappings.errors import InvalidInput, NotFound
from orientation.cli import ror
from orientation.identity.keys import parts_of
from tests.conftest import RunningEngine
from tests.factory import NOW
from tests.identity_kit import client_certificate, pem

Run = Callable[..., Result]


@pytest.fixture
def run(engine: RunningEngine, tmp_path: Path) -> Run:
    """Run a command on the tests' engine."""
    environ = {"ROR_ELASTICSEARCH_URL": engine.config.url, "ROR_DATA_DIR": str(tmp_path), "COLUMNS": "250"}

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(ror, list(arguments), env=environ, catch_exceptions=True)

    return call


@pytest.fixture
def name() -> str:
    """A client that no other test has."""
    return f"cli-{uuid.uuid4().hex[:10]}"


def audited(run: Run, name: str) -> list[str]:
    """Return what was noted of a client."""
    lines = run("audit", "export").stdout.splitlines()
    return [each["action"] for each in map(json.loads, lines) if each["target"] == name]


def test_a_client_lives_from_its_first_key_to_its_end(run: Run, name: str) -> None:
    added = run("clients", "add", name, "--profile", "2", "--scope", "beds:write", "--establishment", "760780239")
    assert added.exit_code == 0, added.output
    key = added.stdout.strip()
    assert parts_of(key), "the key alone is on standard output"
    listed = run("clients", "list").stdout
    assert name in listed and "760780239" in listed and key[17:] not in listed and parts_of(key)[0] in listed
    rotated = run("clients", "rotate", name, "--overlap", "1h").stdout.strip()
    assert parts_of(rotated) and rotated != key
    assert run("clients", "list").stdout.count(name) == 2
    assert "2 revoked" in run("clients", "revoke", name).stdout
    assert name not in run("clients", "list").stdout
    assert run("clients", "list", "--all").stdout.count("revoked") >= 2
    assert audited(run, name) == ["client.add", "client.rotate", "client.revoke", "client.revoke"]
    assert key not in run("audit", "export").stdout


def test_a_certificate_is_taken_in_place_of_a_key(run: Run, name: str, tmp_path: Path) -> None:
    shown = client_certificate(NOW + timedelta(days=0), days=3000)
    (tmp_path / "client.pem").write_bytes(pem(shown))
    added = run("clients", "add", name, "--profile", "1", "--certificate", str(tmp_path / "client.pem"))
    assert added.exit_code == 0, added.output
    assert "cert-" in run("clients", "list").stdout
    assert audited(run, name) == ["client.add"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--profile", "2", "--scope", "beds:write"], "--establishment"),
        (["--profile", "2", "--establishment", "760780239"], "--establishment"),
        (["--profile", "2", "--scope", "beds:write", "--establishment", "76"], "FINESS"),
    ],
)
def test_a_grant_that_makes_no_sense_is_refused(run: Run, name: str, arguments: list[str], told: str) -> None:
    result = run("clients", "add", name, *arguments)
    assert isinstance(result.exception, InvalidInput)
    assert told in str(result.exception)
    assert name not in run("clients", "list").stdout


def test_bad_options_and_unknown_names_are_told(run: Run, name: str) -> None:
    assert run("clients", "add", name, "--profile", "6").exit_code == 2
    assert run("clients", "add", name, "--profile", "1", "--scope", "all").exit_code == 2
    assert run("clients", "add", name, "--profile", "1", "--expires", "soon").exit_code == 2
    assert run("clients", "rotate", name, "--overlap", "never").exit_code != 0
    assert isinstance(run("clients", "revoke", name).exception, NotFound)
    assert isinstance(run("clients", "add", "a b", "--profile", "1").exception, InvalidInput)


def test_the_audit_log_is_exported_in_order_and_by_time(run: Run, name: str) -> None:
    run("clients", "add", name, "--profile", "0")
    times = [json.loads(line)["at"] for line in run("audit", "export").stdout.splitlines()]
    assert times == sorted(times) != []
    assert run("audit", "export", "--until", "2020-01-01").stdout == ""
    assert run("audit", "export", "--since", "2020-01-01").stdout.count("\n") == len(times)
