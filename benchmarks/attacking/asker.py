"""Tricks about who asks: tokens, keys, proxies, cursors."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta

from benchmarks.attacking.trick import ASK, ME, PROXY, QUESTION, Bench, Outcome, bearer
from orientation.identity import Clients, Grant
from orientation.identity.authentication import REMEMBERED_S
from tests.identity_kit import as_nginx, client_certificate, new_key, unsigned


def tokens(bench: Bench) -> Iterator[Outcome]:
    """Tokens of the provider, and those that only look so."""
    issuer, claims = bench.issuer, bench.issuer.claims()
    good = issuer.token()
    head, _, signature = good.split(".")
    now, stranger = int(issuer.now.timestamp()), new_key("first")
    raised = unsigned({}, issuer.claims(ror_profile=1)).split(".")[1]
    tried = {
        "good": (good, 200),
        "expired": (issuer.token(exp=now - 120), 401),
        "not yet valid": (issuer.token(nbf=now + 600), 401),
        "without expiry": (issuer.token(exp=None), 401),
        "alg=none": (unsigned({"alg": "none"}, claims), 401),
        "alg=none, signature kept": (unsigned({"alg": "none"}, claims, signature), 401),
        "HS256, unsigned": (unsigned({"alg": "HS256", "kid": "first"}, claims, "AAAA"), 401),
        "wrong audience": (issuer.token(aud="another-service"), 401),
        "wrong issuer": (issuer.token(iss="https://evil.example"), 401),
        "signed by another, same key id": (issuer.token(stranger), 401),
        "signed by another, its key in the header": (
            unsigned({"alg": "ES256", "jwk": stranger.as_dict(private=False)}, claims, signature), 401,
        ),
        "profile raised after signing": (f"{head}.{raised}.{signature}", 401),
        "profile 9": (issuer.token(ror_profile=9), 401),
        "key id made up": (issuer.token(new_key("made-up")), 401),
        "7 kB of it": (issuer.token(pad="x" * 5000), 200),
        "rubbish": ("aaa.bbb.ccc", 401),
    }  # fmt: skip
    for name, (text, right) in tried.items():
        yield Outcome("token", name, (right,), bench.status(ME, bearer(text)))


def keys(bench: Bench) -> Iterator[Outcome]:
    """Keys that are not."""
    key = bench.key
    tried: dict[str, tuple[dict[str, str], int]] = {
        "good": (bearer(key), 200),
        "last letter changed": (bearer(key[:-1] + ("A" if key[-1] != "A" else "B")), 401),
        "another's prefix": (bearer(bench.other[:16] + key[16:]), 401),
        "prefix alone": (bearer(key[:17]), 401),
        "with a token beside it": ({**bearer(key), "X-Api-Key": bench.other}, 401),
        "as Basic": ({"Authorization": f"Basic {key}"}, 401),
        "in the address": ({}, 422),
    }
    for name, (headers, right) in tried.items():
        path = f"{QUESTION}&key={key}" if name == "in the address" else ME
        yield Outcome("key", name, (right,), bench.status(path, headers))
    clients = Clients(bench.stood.gateway)
    held, text = clients.add(Grant(client="leaver", profile=1, scopes=("search",)), "bench", timedelta(days=1))
    assert bench.status(ME, bearer(text)) == 200
    clients.revoke(held.grant.client)
    started = time.monotonic()
    while bench.status(ME, bearer(text)) == 200 and time.monotonic() - started < REMEMBERED_S + 3:
        continue
    took = time.monotonic() - started
    note = "" if took <= REMEMBERED_S + 1 else f"after {took:.1f} s"
    yield Outcome("key", f"revoked (within {REMEMBERED_S:g} s)", (401,), bench.status(ME, bearer(text)), note)


def proxies(bench: Bench) -> Iterator[Outcome]:
    """What only a trusted proxy may say."""
    shown = {"Client-Cert": as_nginx(bench.certificate)}
    yield Outcome("proxy", "certificate from the proxy", (200,), bench.status(ME, shown, PROXY))
    yield Outcome("proxy", "certificate from elsewhere", (401,), bench.status(ME, shown))
    spoofed = {**shown, "X-Forwarded-For": PROXY, "X-Real-IP": PROXY, "Forwarded": f"for={PROXY}"}
    yield Outcome("proxy", "certificate, claiming to be the proxy", (401,), bench.status(ME, spoofed))
    unknown = {"Client-Cert": as_nginx(client_certificate(bench.stood.as_of))}
    yield Outcome("proxy", "unknown certificate from the proxy", (401,), bench.status(ME, unknown, PROXY))
    for name, source, wanted in (("elsewhere", None, False), ("the proxy", PROXY, True)):
        answer = bench.get(ME, {"X-Forwarded-Proto": "https"}, source)
        told = "strict-transport-security" in answer.headers
        yield Outcome(
            "proxy", f"X-Forwarded-Proto from {name}", (200, 400), answer.status, "" if told == wanted else "believed"
        )
    for name in ("SCRIPT_NAME", "PATH_INFO", "REMOTE_ADDR", "REMOTE-USER", "X-Original-URL", "X-Rewrite-URL"):
        answer = bench.get("/api/v1/audit", {name: "/api/v1/me"})
        yield Outcome("proxy", f"header {name}", (403, 400), answer.status)


def cursors(bench: Bench) -> Iterator[Outcome]:
    """A cursor is of one question, one client, one server."""
    mine = json.loads(bench.get(QUESTION, bearer(bench.key)).body)["next"]
    public = json.loads(bench.get(QUESTION).body)["next"]
    tried = {
        "its own": (f"{QUESTION}&cursor={mine}", bearer(bench.key), 200),
        "of another client of the same profile": (f"{QUESTION}&cursor={mine}", bearer(bench.other), 422),
        "of a client, without a key": (f"{QUESTION}&cursor={mine}", {}, 422),
        "of nobody, with a key": (f"{QUESTION}&cursor={public}", bearer(bench.key), 422),
        "for another question": (f"{ASK}?place=Rouen&size=1&cursor={mine}", bearer(bench.key), 422),
        "one letter changed": (f"{QUESTION}&cursor={mine[:10]}x{mine[11:]}", bearer(bench.key), 422),
        "made up": (f"{QUESTION}&cursor=WyJhIl0.abc", bearer(bench.key), 422),
        "again and again": (f"{QUESTION}&cursor={mine}", bearer(bench.key), 200),
    }
    for name, (path, headers, right) in tried.items():
        yield Outcome("cursor", name, (right,), bench.status(path, headers))
