"""No secret is where others may read: logs at their loudest, settings, errors, the list of processes."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from pathlib import Path

from click.testing import CliRunner

from engine.config import NodeConfig
from engine.gateway import Gateway
from orientation.cli import ror
from orientation.identity import Clients, Grant
from tests.http.running import fetch, running, server_environment
from tests.identity_kit import AUDIENCE, ISSUER, Issuer

SECRET = "the-secret-that-signs-" + "s" * 20
WRITE_KEY = "the-key-of-an-operator-" + "k" * 10
REDIS = "redis://:the-password-of-redis@127.0.0.1:1"


def test_a_server_at_its_loudest_tells_no_secret(own_engine: NodeConfig, loaded: Gateway, tmp_path: Path) -> None:
    grant = Grant(client=f"c-{uuid.uuid4().hex[:8]}", profile=2, scopes=("search",))
    held, key = Clients(loaded).add(grant, "tests", timedelta(days=1))
    issuer = Issuer(held.created_at)
    (tmp_path / "jwks.json").write_text(json.dumps(issuer.jwks))
    token = issuer.token()
    secrets = {
        "key": key[17:], "digest of the key": held.digest, "signature of the token": token.split(".")[2],
        "signing secret": SECRET, "operator's key": WRITE_KEY, "Redis": "the-password-of-redis",
    }  # fmt: skip
    kept = {
        "ROR_LOG_LEVEL": "debug", "ROR_SECRET": SECRET, "ROR_WRITE_KEYS": f"op:{WRITE_KEY}",
        "ROR_LIMIT_STORAGE": REDIS, "ROR_OIDC_ISSUER": ISSUER, "ROR_OIDC_AUDIENCE": AUDIENCE,
        "ROR_OIDC_JWKS": str(tmp_path / "jwks.json"),
    }  # fmt: skip
    told = [CliRunner().invoke(ror, ["settings"], env=server_environment(own_engine, tmp_path, 1, **kept)).output]
    with running(own_engine, tmp_path, **kept) as server:
        for path in ("/api/v1/me", "/api/v1/orientations?place=Rouen", "/api/v1/orientations?activity=zz", "/nowhere"):
            for credential in (key, key[:-1], token, token + "x", WRITE_KEY, WRITE_KEY + "x"):
                status, body = fetch(server.base + path, Authorization=f"Bearer {credential}")
                told.append(f"{status} {body.decode()}")
        told += _processes(server.process.pid)
    text = server.log.read_text()
    assert "GET" in text and "counted by each process" in text, "it was loud, and Redis was asked"
    told.append(text)
    found = {name: [each[:200] for each in told if secret in each] for name, secret in secrets.items()}
    assert {name: where for name, where in found.items() if where} == {}
    assert sum(each.startswith("200") for each in told) >= 3


def _processes(parent: int) -> list[str]:
    """Return the command lines of the server's processes, as anybody on the machine sees them."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    lines = [Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace") for pid in (str(parent), *children)]
    assert len(lines) >= 2
    return lines
