"""Hostile requests to a running server, and what became of each: a table of outcomes.

Forged and expired tokens, keys of others, spoofed headers of proxies, replayed cursors, tricks in paths, injected
headers, too much of everything. Each must be refused with the status that says why, and nothing may fail (5xx) or be
sent back that could be taken for another's. ``ror bench hostile``.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.attacking.stand import Connection, Stand, stand
from benchmarks.attacking.world import World
from orientation.identity import Clients, Grant
from orientation.identity.authentication import REMEMBERED_S
from orientation.identity.certificates import certificate
from tests.factory import make_beds, make_place, make_unit
from tests.identity_kit import (
    AUDIENCE,
    ISSUER,
    Issuer,
    as_nginx,
    client_certificate,
    jwks_served,
    new_key,
    pem,
    unsigned,
)

PROXY = "127.0.0.2"
ME, ASK = "/api/v1/me", "/api/v1/orientations"
QUESTION = f"{ASK}?place=Rouen&radius=50km&size=1&facets=none"
KIND = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A trick, the statuses that are right, and the one that came."""

    kind: str
    trick: str
    right: tuple[int, ...]
    got: int
    note: str = ""

    @property
    def good(self) -> bool:
        """Say whether it was refused as it should be."""
        return self.got in self.right and not self.note


@dataclass(slots=True)
class Bench:
    """The server, and what the tricks need."""

    stood: Stand
    port: int
    issuer: Issuer
    key: str
    other: str
    keyed: str
    certificate: Any

    def status(self, path: str, headers: dict[str, str] | None = None, source: str | None = None, **more: Any) -> int:
        """Return the status of one request on a connection of its own."""
        return (
            Connection(self.port, source).ask(more.get("method", "GET"), path, headers or {}, more.get("body")).status
        )

    def get(self, path: str, headers: dict[str, str] | None = None, source: str | None = None) -> Any:
        """Return one answer."""
        return Connection(self.port, source).ask("GET", path, headers or {})

    def raw(self, data: bytes) -> bytes:
        """Send bytes as they are; return what came back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as sock:
            sock.sendall(data)
            sock.settimeout(5)
            parts = []
            with suppress(TimeoutError, ConnectionError):
                while part := sock.recv(65536):
                    parts.append(part)
        return b"".join(parts)

    def raw_status(self, data: bytes) -> int:
        """Return the status of what came back, 0 for a connection closed without a word."""
        head = self.raw(data).split(b" ", 2)
        return int(head[1]) if len(head) > 1 and head[1].isdigit() else 0


def bearer(text: str) -> dict[str, str]:
    """Return the header that bears a key or token."""
    return {"Authorization": f"Bearer {text}"}


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


PATHS = (
    "/api/v1/units/../../../../etc/passwd", "/api/v1/units/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/api/v1/units/..%2f_search",
    "/api/v1/units/_search", "/api/v1/units/%2A", "/api/v1/units/x%3Frefresh=true", "/api/v1/units/x%23y",
    "/api/v1/units/%00", "/api/v1/units/x%00y", "/api/v1/units/%c0%ae%c0%ae", "/api/v1/units/%ff%fe",
    "/api/v1/units/x%0d%0aX-Evil:%201", "/api/v1/units/..;/audit", "/api/v1/units/" + "a" * 700,
    "/api/v1/places/_all/capacities/history", "/api/v1/places/%2A/capacities/history",
    "/api/v1/places/..%2F..%2F_cluster%2Fhealth/capacities/history", "/static/x/../../settings.py",
    "/static/x/%2e%2e/%2e%2e/app.py", "/static/x//etc/passwd", "/api/v1/docs/..%2fopenapi.json",
    "/api/v1/nomenclatures/..%2F..", "/api/v1/problems/../../me", "/csd/directory/../units/get",
    "/csd/directory/units/get",
    "/csd/schema/..%2F..%2Fpyproject.toml", "//evil.example/%2e%2e", "/%5c%5cevil.example", "/.git/config", "/.env",
)  # fmt: skip


def paths(bench: Bench) -> Iterator[Outcome]:
    """Tricks in ids and paths: there is nothing there, whatever it is written like."""
    for path in PATHS:
        answer = bench.get(path, bearer(bench.keyed))
        leaked = b"root:" in answer.body or b"shard" in answer.body or "x-evil" in answer.headers
        note = "let through" if leaked else ""
        yield Outcome(
            "path", path if len(path) < 60 else f"{path[:40]}… ({len(path)})", (400, 404, 308), answer.status, note
        )


def injections(bench: Bench) -> Iterator[Outcome]:
    """Line ends and names in what is sent back."""
    for name, path in (
        ("CR LF in a parameter that comes back in Link", f"{QUESTION}&radius=50km&activity=127%0d%0aSet-Cookie:%20a=b"),
        ("CR LF in q", f"{ASK}?q=reanimation%0d%0aX-Evil:%201&size=1"),
        ("CR LF in the address of a form", "/beds/entry?unit=x%0d%0aLocation:%20//evil.example"),
        ("script in q of the page", "/?q=%3Cscript%3Ealert(1)%3C/script%3E"),
        ("script in a place of the page", "/?place=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E"),
    ):
        answer = bench.get(path)
        bad = "set-cookie" in answer.headers or "x-evil" in answer.headers or b"<script>alert" in answer.body
        bad = bad or b"<img src=x" in answer.body or "evil" in answer.headers.get("location", "")
        yield Outcome("injection", name, (200, 403, 404, 422), answer.status, "let through" if bad else "")
    answer = bench.get(ME, {"X-Request-Id": "a b<script>"})
    note = "sent back" if "<" in answer.headers["x-request-id"] else ""
    yield Outcome("injection", "markup in X-Request-Id", (200,), answer.status, note)
    head = b"GET /api/v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    post = b"POST /api/v1/orientations HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    chunks = b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /audit HTTP/1.1\r\n\r\n"
    for name, data in (
        ("bare CR in a header", head + b"X-Request-Id: a\rX-Evil: 1\r\n\r\n"),
        ("NUL in a header", head + b"X-A: a\x00b\r\n\r\n"),
        ("a space before the colon", head + b"Authorization : Bearer x\r\n\r\n"),
        ("a folded header", head + b"X-A: a\r\n  Authorization: Bearer x\r\n\r\n"),
        ("two lengths", post + b"Content-Length: 2\r\nContent-Length: 50\r\n\r\n{}"),
        ("length and chunks", post + chunks),
        ("two hosts", head + b"Host: evil.example\r\n\r\n"),
    ):  # fmt: skip
        answer = bench.raw(data)
        note = "let through" if b"X-Evil: 1" in answer or answer.count(b"HTTP/1.1 ") > 1 else ""
        status = int(answer.split(b" ", 2)[1]) if answer.count(b" ") > 1 else 0
        yield Outcome("injection", name, (200, 400, 401, 415, 0), status, note)


def oversized(bench: Bench) -> Iterator[Outcome]:
    """Too much of everything."""
    head = b"GET /api/v1/me HTTP/1.1\r\nHost: x\r\n"
    many = b"".join(b"X-H%d: 1\r\n" % n for n in range(200))
    yield Outcome(
        "size",
        "address of 9 kB",
        (400, 414),
        bench.raw_status(b"GET /?q=" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
    )
    yield Outcome("size", "header of 9 kB", (400, 431), bench.raw_status(head + b"X-A: " + b"a" * 9000 + b"\r\n\r\n"))
    yield Outcome("size", "200 headers", (400, 431), bench.raw_status(head + many + b"\r\n"))
    key = bearer(bench.keyed)
    kind = {**KIND, **key}
    patch = "/api/v1/places/P1/capacities"
    lines = {**key, "Content-Type": "application/x-ndjson"}
    codes = json.dumps({"activity": ["127"] * 3000}).encode()
    packed = {**kind, "Content-Encoding": "gzip"}
    xml, called = {"Content-Type": "text/xml"}, "/csd/csr/ror/careServicesRequest"
    bomb = b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 50 + b'"><!ENTITY b "' + b"&a;" * 50 + b'">]><x>&b;</x>'
    tried: dict[str, tuple[str, str, dict[str, str], bytes, tuple[int, ...]]] = {
        "question of 70 kB": ("POST", ASK, kind, b"[" + b" " * 70_000 + b"]", (413,)),
        "question nested 5,000 deep": ("POST", ASK, kind, b'{"q":' + b"[" * 5000 + b"]" * 5000 + b"}", (400, 422)),
        "question with 3,000 codes": ("POST", ASK, kind, codes, (200, 422)),
        "question with a number of 5,000 digits": ("POST", ASK, kind, b'{"size":' + b"9" * 5000 + b"}", (400, 422)),
        "question packed with gzip": ("POST", ASK, packed, b"\x1f\x8b" + b"\0" * 99, (400, 415)),
        "patch of 1.1 MB": ("PATCH", patch, kind, b"[" + b" " * 1_100_000 + b"]", (413,)),
        "patch of 1,001 items": ("PATCH", patch, kind, json.dumps([{}] * 1001).encode(), (413,)),
        "form of 300 kB": ("POST", "/beds/entry?unit=UNIT-1", {"Content-Type": "application/x-www-form-urlencoded"},
                           b"write_key=" + b"a" * 300_000, (413, 401)),
        "line of 200 kB": ("POST", "/api/v1/capacities", lines, b'{"place":"' + b"x" * 200_000 + b'"}\n', (200,)),
        "XML that grows when read": ("POST", called, xml, bomb, (400,)),
        "XML of 20 MB": ("POST", called, xml, b"<x>" + b"a" * 20_000_000 + b"</x>", (413, 400)),
    }  # fmt: skip
    for name, (method, path, headers, body, right) in tried.items():
        try:
            status = bench.status(path, headers, method=method, body=body)
        except (ConnectionError, TimeoutError):
            status = 413  # closed while the rest of the body was still being sent: refused before it was read
        yield Outcome("size", name, right, status)
    for name, query in (
        ("q of 2,001 characters", "q=" + "a" * 2001), ("size=1000000000", "size=1000000000"),
        ("radius=1e9km", "place=Rouen&radius=1e9km"), ("900 facets", "facets=" + ",".join(["activity"] * 900)),
        ("age=99999999999", "age=99999999999"), ("q of 400 words", "q=" + "+".join(["rea"] * 400)),
    ):  # fmt: skip
        yield Outcome("size", name, (422, 200), bench.status(f"{ASK}?{query}"))
    for method in ("TRACE", "PUT", "DELETE", "FOO"):
        yield Outcome("method", f"{method} of a question", (400, 405, 501), bench.status(ASK, method=method))


ROUNDS: tuple[Callable[[Bench], Iterator[Outcome]], ...] = (
    tokens,
    keys,
    proxies,
    cursors,
    paths,
    injections,
    oversized,
)


def small_world(as_of: datetime) -> World:
    """Return a few units."""
    first = make_unit(updated_at=as_of, places=(make_place(id="P1", capacities=make_beds(observed_at=as_of)),))
    more = [make_unit(id=f"UNIT-{n}", updated_at=as_of) for n in range(2, 8)]
    return World(units=(first, *more), writes=())


def run(stood: Stand) -> list[Outcome]:
    """Play every trick."""
    stood.load(small_world(stood.as_of))
    issuer, shown = Issuer(stood.as_of), client_certificate(stood.as_of)
    known = certificate(pem(shown))
    Clients(stood.gateway).add_certificate(
        Grant(client="proxied", profile=1, scopes=("search",)), "bench", known.fingerprint, known.ends_at
    )
    with jwks_served(issuer.jwks) as served:
        changes = {
            "ROR_OIDC_ISSUER": ISSUER, "ROR_OIDC_AUDIENCE": AUDIENCE, "ROR_OIDC_JWKS": served.url,
            "ROR_TRUSTED_PROXIES": PROXY,
        }  # fmt: skip
        with stood.serving(frozen=False, **changes) as port:
            bench = Bench(
                stood, port, issuer,
                key=stood.key_of("one", 2, ("search", "beds:read")),
                other=stood.key_of("other", 2, ("search", "beds:read")),
                keyed=stood.key_of("writer", 2, ("search", "beds:read", "beds:write"), ("760780239",)),
                certificate=shown,
            )  # fmt: skip
            return [outcome for each in ROUNDS for outcome in each(bench)]


def main() -> int:
    """Print the table; the exit code says whether all was refused as it should be."""
    with stand(datetime.now(UTC).replace(microsecond=0)) as stood:
        outcomes = run(stood)
    print("| kind | trick | right | got | |\n| --- | --- | --- | --- | --- |")
    for each in outcomes:
        right = " ".join(map(str, each.right))
        note = "" if each.good else f"WRONG {each.note}"
        print(f"| {each.kind} | {each.trick.replace('|', '/')} | {right} | {each.got} | {note} |")
    bad = [each for each in outcomes if not each.good]
    print(f"\n{len(outcomes)} tricks, {len(bad)} that were not refused as they should be")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
