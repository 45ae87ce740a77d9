"""Writing of bed counts, and the history of a zone."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, timedelta
from typing import IO, Any

import orjson
from flask import Response, request
from flask_smorest import Blueprint
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from beds.importing import import_lines
from beds.timeline import MAX_POINTS, TimelineQuestion, entries, series
from beds.verdict import Verdict
from mappings.errors import FieldError, InvalidInput, NotFound, shorten
from orientation.api import examples
from orientation.api.body import json_value, lines_of
from orientation.api.context import access, allowed_to_change, json_response, query, services
from orientation.api.doc import json_answer, path_parameter, query_parameters, route
from orientation.errors import Forbidden, MalformedBody
from orientation.identity.scopes import BEDS_READ, BEDS_WRITE
from orientation.problems import problem
from orientation.question import fields as f
from orientation.question.shape import Question
from orientation.visible import seen_entries
from orientation.zones import COUNTS_RIGHT

blueprint = Blueprint("capacities", __name__, description="Bed counts of a zone.")

MAX_PATCH = 2**20
"""Longest body in bytes of a patch of one zone."""
MAX_ITEMS = 1000
NDJSON = "application/x-ndjson"
_SPOOL = 2**20

_KEY = dict.fromkeys(
    ("kind", "status", "horizon", "gender", "closing_kind", "extra_kind", "crisis", "assignment"), examples.TEXT
)
_WRITE = examples.record(
    op={"type": "string", "enum": ["replace", "add", "delete"]},
    **_KEY,
    count=examples.WHOLE,
    observed_at=examples.TIME,
    source=examples.TEXT,
    comment=examples.TEXT,
)
_OUTCOME = examples.record(
    status=examples.WHOLE,
    result={"type": "string", "enum": ["accepted", "unchanged", "refused"]},
    code=examples.TEXT,
    detail=examples.TEXT,
    expression=examples.TEXT,
    place=examples.TEXT,
    stored={"type": "object"},
    errors=examples.many({"type": "object"}),
)
_EXAMPLE = {
    "op": "replace",
    "kind": "01",
    "status": "02",
    "horizon": "01",
    "count": 3,
    "observed_at": "2026-11-24T09:00:00+01:00",
    "source": "02",
}
_PLACE = path_parameter("place_id", "Id of the zone, or its external sync id; it may hold slashes.", "52/192675")
_PROBLEM_OF = {403: "forbidden", 404: "not-found", 409: "stale", 412: "ambiguous-zone", 422: "invalid-input"}


@route(
    blueprint,
    "/places/<path:place_id>/capacities",
    method="PATCH",
    answers={
        200: json_answer("All of it stands.", examples.record(outcomes=examples.many(_OUTCOME))),
        207: json_answer("Part of it stands.", examples.record(outcomes=examples.many(_OUTCOME))),
    },
    problems=(
        "malformed-body", "forbidden", "not-found", "stale", "ambiguous-zone", "too-large", "unsupported-type",
        "invalid-input", "engine-unavailable", "no-data",
    ),
    parameters=(_PLACE,),
    requestBody={
        "required": True,
        "content": {"application/json": {"schema": examples.many(_WRITE), "example": [_EXAMPLE]}},
    },
)  # fmt: skip
def patch(place_id: str) -> Response:
    """Write counts of one bed zone.

    Each item has its outcome, in order, and what is refused does not hold up the others. `replace` needs a count
    of that key, `add` makes or replaces one, `delete` takes it away. The newest observation stands: an older one
    is refused with what is stored (409). When every item is refused, the answer is a problem of the gravest kind,
    with the `outcomes`.
    """
    writer = allowed_to_change(BEDS_WRITE)
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Counts of one zone are a JSON array, application/json.")
    request.max_content_length = MAX_PATCH
    items = json_value(request.get_data(cache=False))
    if not isinstance(items, list) or not items:
        raise MalformedBody("the body must be a JSON array of one write or more")
    if len(items) > MAX_ITEMS:
        raise RequestEntityTooLarge(f"At most {MAX_ITEMS} writes at once; send many to /capacities.")
    verdicts = services().beds.take(items, writer.name, place_id, writer.permit)
    outcomes = [verdict.to_dict() for verdict in verdicts]
    if any(verdict.done for verdict in verdicts):
        response = json_response({"outcomes": outcomes})
        response.status_code = 200 if all(verdict.done for verdict in verdicts) else 207
        return response
    return _refused(verdicts, outcomes)


def _refused(verdicts: list[Verdict], outcomes: list[dict[str, Any]]) -> Response:
    """Answer with the problem that most of the refused are, the first one's where they differ."""
    statuses = [verdict.status for verdict in verdicts]
    status = max(_PROBLEM_OF, key=lambda each: (statuses.count(each), -statuses.index(each) if each in statuses else 0))
    first = next(verdict for verdict in verdicts if verdict.status == status)
    return problem(_PROBLEM_OF[status], first.detail, outcomes=outcomes)


@route(
    blueprint,
    "/capacities",
    method="POST",
    answers={
        200: {
            "description": "One outcome a line, in order; `line` is the number of the line it answers.",
            "content": {NDJSON: {"schema": {"type": "string"}}},
        }
    },
    problems=("forbidden", "unsupported-type"),
    requestBody={
        "required": True,
        "description": "One write a line, `place` naming the zone; or the 2015 shape (`nbLitsDisponibles` …).",
        "content": {NDJSON: {"schema": {"type": "string"}}},
    },
)
def post() -> Response:
    """Write many counts, one a line.

    The body is read as it comes and may be of any length. Outcomes are sent once it has been read: a client that
    writes all before it reads, as most do, would else wait for us while we wait for it. A line that cannot be read
    is refused by its number and the others stand; lines answered 503 were not taken and may be sent again.
    """
    writer = allowed_to_change(BEDS_WRITE)
    if request.mimetype not in {NDJSON, "application/ndjson", "application/jsonl"}:
        raise UnsupportedMediaType(f"Counts are lines of JSON, {NDJSON}.")
    request.max_content_length = sys.maxsize  # read line by line: no length is too much
    spool = _spooled(import_lines(services().beds, lines_of(request.stream), writer.name, writer.permit))
    response = Response(_blocks(spool), content_type=NDJSON)
    response.call_on_close(spool.close)
    return response


def _spooled(outcomes: Iterable[dict[str, Any]]) -> IO[bytes]:
    """Write outcomes to a temporary file, in memory while it is small, and go back to its start."""
    with ExitStack() as stack:
        spool: IO[bytes] = stack.enter_context(tempfile.SpooledTemporaryFile(max_size=_SPOOL))
        for outcome in outcomes:
            spool.write(orjson.dumps(outcome) + b"\n")
        spool.seek(0)
        stack.pop_all()
    return spool


def _blocks(spool: IO[bytes]) -> Iterator[bytes]:
    with spool:
        while block := spool.read(64 * 1024):
            yield block


_PARTS = ("kind", "status", "horizon", "gender")
"""Parts of a key that a history may be narrowed to."""

_HISTORY = Question.from_dict(
    {
        "from": f.Moment("First observation, included; default, seven days before `to`."),
        "to": f.Moment("End, excluded; default, now."),
        "points": f.Whole("Points of each series at most; absent, every entry is told.", 1, MAX_POINTS),
        "kind": f.Choice("Only counts of that kind (R329).", ("01", "02")),
        "status": f.Choice("Only counts of that status (R330).", ("01", "02", "03", "04", "05", "06")),
        "horizon": f.Choice("Only counts at that horizon (R331).", ("01", "02", "03", "04", "05")),
        "gender": f.Choice("Only counts for that gender (R332).", ("01", "02", "03", "04")),
    },
    name="HistoryQuestion",
)()


@route(
    blueprint,
    "/places/<path:place_id>/capacities/history",
    answers={200: json_answer("What was said of the zone.", {"type": "object"})},
    problems=("forbidden", "not-found", "invalid-input", "engine-unavailable", "no-data"),
    parameters=(_PLACE, *query_parameters(_HISTORY)),
)
def history(place_id: str) -> Response:
    """Tell what was said of a zone, when and by whom.

    Newest observation first, at most 1,000 entries and their `total`; or with `points`, a series a key, thinned for
    drawing: the last count said in each span of time, the least and the most.
    """
    known = services()
    zone = visible_zone(place_id)
    values = query(_HISTORY)
    now = known.clock().astimezone(UTC)
    end = f.moment_of(values.get("to"), now) or now + timedelta(minutes=10)
    start = f.moment_of(values.get("from"), now) or end - timedelta(days=7)
    if start >= end:
        raise InvalidInput([FieldError("from", "must be before to", start.isoformat())])
    key: dict[str, str] = {name: values[name] for name in _PARTS if name in values}
    rights = access(BEDS_READ)
    asked = TimelineQuestion(place=zone, start=start, end=end, key=key, exceptional=rights.sees_exceptional)
    told: dict[str, Any] = {"place": zone, "from": start.isoformat(), "to": end.isoformat()}
    if "points" in values:
        found = series(known.gateway, known.beds.indices, asked, values["points"])
        return json_response({**told, "series": found})
    every, total = entries(known.gateway, known.beds.indices, asked)
    seen = seen_entries(known.gateway, known.beds.indices.units, every, rights)
    return json_response({**told, "total": total, "entries": seen})


def visible_zone(ref: str) -> str:
    """Return the id of a zone whose counts the profile may see; ``NotFound`` also for one it may not know of."""
    rights = access(BEDS_READ)
    if not rights.sees_counts:
        raise Forbidden(COUNTS_RIGHT)
    zone = services().beds.store.load([ref]).get(ref)
    facts: Mapping[str, Any] = zone.facts if zone is not None else {}
    sensitive = bool(facts.get("sensitive", False))
    if zone is None or not zone.units or (sensitive and not rights.sees_sensitive):
        raise NotFound(f"no bed zone {shorten(ref)!r}")
    uses = facts if rights.sees_sensitive else facts.get("open", {})
    if not any(rights.sees_counts_of(field, sensitive=sensitive) for field in uses.get("fields", ())):
        raise Forbidden("Bed counts of this zone need another access profile.")
    return zone.id
