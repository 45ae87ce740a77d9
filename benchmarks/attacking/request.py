"""Tricks in what is sent: paths, injected headers, too much of everything."""

from __future__ import annotations

import json
from collections.abc import Iterator

from benchmarks.attacking.trick import ASK, KIND, ME, QUESTION, Bench, Outcome, bearer

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
