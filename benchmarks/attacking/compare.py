"""What counts as a leak: a mark that may not be seen, or an answer that would be another if what is hidden were not."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from benchmarks.attacking.probes import Probe
from benchmarks.attacking.stand import Answer, Connection
from benchmarks.attacking.world import SHOWN, Who

_MARK = re.compile("|".join(sorted(map(re.escape, SHOWN), key=len, reverse=True)))
_TIMES = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?")
_CHANGING = (
    (re.compile(rb'"took_ms":\d+'), b'"took_ms":0'),
    (re.compile(rb"^id: \d+--?\d+$", re.MULTILINE), b"id: n"),
    (re.compile(rb"/static/[0-9a-f]{12}/"), b"/static/x/"),
    (re.compile(rb"127\.0\.0\.1:\d+"), b"server"),
    (re.compile(rb"urn:uuid:[0-9a-f-]{36}"), b"urn:uuid:x"),
)
"""What differs between two answers to one question: how long it took, numbers of events, versions, the port."""
HEADERS = ("content-type", "x-total-count", "x-warnings", "x-radius-m", "link", "location", "retry-after", "allow")
AT_ONCE = 3
STREAM_TRIES = 15
LOGGED = "/api/v1/exchanges/"
"""What counts the probes themselves, and so is another at each; marks are looked for in it all the same."""
EXCUSED = {"csd"}
"""Surfaces whose answers hold the time at which they, or their index, were made."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a probe was told, as it is compared, and the marks in it that the question did not hold itself."""

    text: bytes
    marks: frozenset[str]
    status: int


@dataclass(slots=True)
class Leak:
    """A probe that told too much."""

    who: str
    probe: Probe
    how: str


@dataclass(slots=True)
class Ledger:
    """What was asked by whom, what leaked, and which marks were seen by those who may."""

    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    leaks: list[Leak] = field(default_factory=list)
    seen: dict[str, set[str]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)


def ask_all(port: int, probes: Iterable[Probe], key: str | None, day: str) -> list[Told]:
    """Ask every probe, a few at a time, and keep what was told, in order; none of them changes anything."""
    mine = threading.local()
    opened: list[Connection] = []

    def one(probe: Probe) -> Told:
        if not hasattr(mine, "connection"):
            mine.connection = Connection(port)
            opened.append(mine.connection)
        return _ask(mine.connection, probe, key, day)

    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(one, probes))
    finally:
        for connection in opened:
            connection.close()


def _ask(connection: Connection, probe: Probe, key: str | None, day: str) -> Told:
    headers = {name: value.replace("{day}", day) for name, value in probe.headers.items()}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    if probe.streams:
        # A stream that was left keeps its place until the next sign of life finds nobody there.
        for _ in range(STREAM_TRIES):
            if (answer := connection.stream(probe.path, headers)).status != 503:
                break
            time.sleep(2)
        return _told(probe, [answer])
    answers = [connection.ask(probe.method, probe.path, headers, probe.body)]
    for _ in range(probe.pages):
        cursor = json.loads(answers[-1].body).get("next") if answers[-1].status == 200 else None
        if cursor is None:
            break
        answers.append(connection.ask("GET", f"{probe.path}&cursor={cursor}", headers))
    return _told(probe, answers)


def _told(probe: Probe, answers: list[Answer]) -> Told:
    parts = []
    for answer in answers:
        head = [f"{answer.status}", *(f"{name}: {answer.headers[name]}" for name in HEADERS if name in answer.headers)]
        parts.append("\n".join(head).encode() + b"\n\n" + answer.body)
    text = b"\n\n".join(parts)
    asked = probe.path + (probe.body or b"").decode("utf-8", "replace")
    marks = frozenset(_MARK.findall(text.decode("utf-8", "replace"))) - frozenset(_MARK.findall(asked.upper()))
    for pattern, instead in _CHANGING:
        text = pattern.sub(instead, text)
    if probe.surface in EXCUSED:
        text = _TIMES.sub(b"T", text)
    if probe.path.startswith(LOGGED):
        text = b""
    return Told(text, marks, answers[0].status)


def judge(ledger: Ledger, who: Who, probes: list[Probe], whole: list[Told], known: list[Told] | None) -> None:
    """Hold what somebody was told of the whole directory against what they may know."""
    for number, probe in enumerate(probes):
        told = whole[number]
        ledger.asked[probe.surface, who.name] += 1
        ledger.statuses[told.status] += 1
        ledger.seen.setdefault(who.name, set()).update(told.marks)
        if hidden := [mark for mark in sorted(told.marks) if not who.may_see(mark)]:
            ledger.leaks.append(Leak(who.name, probe, f"holds {', '.join(hidden)}"))
        elif told.status >= 500:
            ledger.leaks.append(Leak(who.name, probe, f"failed with {told.status}"))
        elif known is not None and told.text != known[number].text:
            ledger.leaks.append(Leak(who.name, probe, f"differs: {_difference(told.text, known[number].text)}"))


def _difference(one: bytes, other: bytes) -> str:
    """Return where two answers part, with a little of both."""
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, at - 60)
    return f"…{one[start : at + 60]!r} for …{other[start : at + 60]!r}"
