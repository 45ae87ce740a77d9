"""Many counts at once, one JSON object a line: each line gets its outcome, whatever became of the others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from beds.judging import Batch
from beds.legacy import expand, is_legacy
from beds.service import BedService, Permit, anywhere
from beds.verdict import Verdict, against_rules, unknown_zone
from engine.errors import EngineUnavailable
from mappings.errors import FieldError, InvalidInput, shorten

LINES = 250
"""Lines written in one go."""
MAX_LINE = 64 * 1024
"""Longest line in bytes; a count takes about 200."""

Line = tuple[int, bytes | Verdict]
"""A line with its number, or what to answer for one that could not be read."""


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A line as writes: one of today's shape, up to six of that of 2015."""

    number: int
    items: tuple[dict[str, Any], ...] = ()
    verdict: Verdict | None = None
    legacy: bool = False


def import_lines(
    service: BedService, lines: Iterable[Line], who: str, permit: Permit = anywhere
) -> Iterator[dict[str, Any]]:
    """Write lines and yield the outcome of each, in order, with ``line`` its number; blank lines have none.

    When the engine does not take a chunk, each of its lines is answered 503: nothing of it is acknowledged, and
    it may be sent again. While the units of one chunk are brought up to date, the next is read and judged.
    """
    rest = (line for line in lines if not isinstance(line[1], bytes) or line[1].strip())
    waiting: Future[list[dict[str, Any]]] | None = None
    begun: _Begun | None = None
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="beds") as pool:
        while True:
            try:
                chunk = list(islice(rest, LINES))
                begun = _begin(service, chunk, who, permit, begun) if chunk else None
            finally:
                if waiting is not None:
                    yield from waiting.result()
            if begun is None:
                return
            waiting = pool.submit(_finish, service, begun)


@dataclass(frozen=True, slots=True)
class _Begun:
    """A chunk under way; ``away`` says why the engine did not take it."""

    chunk: Sequence[Line]
    parsed: Sequence[_Parsed] = ()
    batch: Batch | None = None
    away: EngineUnavailable | None = None


def _begin(service: BedService, chunk: Sequence[Line], who: str, permit: Permit, before: _Begun | None) -> _Begun:
    try:
        parsed = _parse(service, chunk, permit)
        items = [item for line in parsed for item in line.items]
        behind = before.batch if before is not None else None
        return _Begun(chunk, parsed, service.begin(items, who, permit=permit, behind=behind))
    except EngineUnavailable as error:
        return _Begun(chunk, away=error)


def _finish(service: BedService, begun: _Begun) -> list[dict[str, Any]]:
    """Return the outcomes of a chunk, once what stands of it is everywhere."""
    away = begun.away
    if begun.batch is not None:
        try:
            verdicts = iter(service.finish(begun.batch))
            told = [(line, [next(verdicts) for _ in line.items]) for line in begun.parsed]
            return [{"line": line.number, **_outcome(line, found)} for line, found in told]
        except EngineUnavailable as error:
            away = error
    refused = Verdict(status=503, result="refused", code="unavailable", detail=str(away)).to_dict()
    return [{"line": number, **refused} for number, _ in begun.chunk]


def _outcome(line: _Parsed, found: list[Verdict]) -> dict[str, Any]:
    """Return the outcome of a line; one of several writes has the worst status and each of theirs."""
    if line.verdict is not None:
        return line.verdict.to_dict()
    if not line.legacy:
        return found[0].to_dict()
    worst = max(found, key=lambda verdict: verdict.status)
    return {**worst.to_dict(), "items": [verdict.to_dict() for verdict in found]}


def _parse(service: BedService, chunk: Sequence[Line], permit: Permit) -> list[_Parsed]:
    """Read lines; a line that names a unit is given the unit's only place."""
    objects: list[tuple[int, Any]] = []
    for number, line in chunk:
        objects.append((number, _object(line) if isinstance(line, bytes) else line))
    units = [said["unit"] for _, said in objects if isinstance(said, dict) and isinstance(said.get("unit"), str)]
    places = _places_of(service, units, permit)
    return [_line(number, said, places) for number, said in objects]


def _object(line: bytes) -> dict[str, Any] | Verdict:
    if len(line) > MAX_LINE:
        return against_rules([FieldError("line", f"is longer than {MAX_LINE} bytes")])
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return against_rules([FieldError("line", f"is not JSON in UTF-8: {shorten(error)}", _shown(line))])
    if not isinstance(said, dict):
        return against_rules([FieldError("line", "is no JSON object", _shown(line))])
    return said


def _shown(line: bytes) -> str:
    return shorten(line.decode("utf-8", "replace"))


def _line(number: int, said: dict[str, Any] | Verdict, places: dict[str, Verdict | str]) -> _Parsed:
    if isinstance(said, Verdict):
        return _Parsed(number, verdict=said)
    old = is_legacy(said)
    if "unit" in said:
        if "place" in said or not isinstance(said["unit"], str):
            error = FieldError("unit", "is the id of a unit, in place of that of a place", shorten(said["unit"]))
            return _Parsed(number, verdict=against_rules([error]))
        place = places[said["unit"]]
        if isinstance(place, Verdict):
            return _Parsed(number, verdict=place)
        said = {name: value for name, value in said.items() if name != "unit"} | {"place": place}
    if not old:
        return _Parsed(number, (said,))
    try:
        return _Parsed(number, tuple(expand(said, said.get("place", ""))), legacy=True)
    except InvalidInput as error:
        return _Parsed(number, verdict=against_rules(error.errors))


def _places_of(service: BedService, units: Sequence[str], permit: Permit) -> dict[str, Verdict | str]:
    """Return the only place of each unit, or what to answer for none or several.

    Of a unit none of whose places may be written, no more is told than of its places themselves; of a sensitive one, as
    if all of them were: it may share a place with units that anybody knows.
    """
    wanted = list(dict.fromkeys(units))
    found: dict[str, Verdict | str] = {}
    hits = service.gateway.mget(service.indices.units, wanted, source="place_ids,sensitive")
    for unit, hit in zip(wanted, hits, strict=True):
        places = hit["_source"].get("place_ids", []) if hit else []
        zones = list(service.store.load(places).values())
        if hit and hit["_source"].get("sensitive"):
            zones = [replace(zone, facts={**zone.facts, "sensitive": True}) for zone in zones]
        refused = [permit(unit, zone) for zone in zones]
        if refused and None not in refused:
            found[unit] = refused[0] or unknown_zone(unit)
        elif len(places) == 1:
            found[unit] = places[0]
        elif not places:
            found[unit] = unknown_zone(unit)
        else:
            detail = f"unit {shorten(unit)!r} has {len(places)} places: name the place"
            found[unit] = Verdict(
                status=412, result="refused", code="multiple-matches", detail=detail, expression="Location"
            )
    return found


def numbered(lines: Iterable[bytes]) -> Iterator[Line]:
    """Number the lines of a file, from 1."""
    yield from enumerate(lines, start=1)


def import_file(service: BedService, path: Path, who: str, rejects: Path | None = None) -> tuple[int, int]:
    """Import a file of lines; return how many were done and how many refused, each refusal in ``rejects``."""
    done = refused = 0
    out = rejects.open("w", encoding="utf-8") if rejects else None
    try:
        with path.open("rb") as stream:
            for outcome in import_lines(service, numbered(stream), who):
                if outcome["status"] == 200:
                    done += 1
                    continue
                refused += 1
                if out is not None:
                    out.write(json.dumps(outcome, ensure_ascii=False) + "\n")
    finally:
        if out is not None:
            out.close()
    return done, refused
