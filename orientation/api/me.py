"""``/me`` and ``/audit``: who asks, as this server knows it; and what was done, for who may read that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from flask import Response
from flask_smorest import Blueprint

from orientation.api import examples
from orientation.api.context import allowed, json_response, query, services
from orientation.api.doc import json_answer, query_parameters, route
from orientation.guard import caller
from orientation.identity.scopes import ADMIN
from orientation.question import fields as f
from orientation.question.shape import Question

blueprint = Blueprint("me", __name__, description="Who asks, and what was done.")

NDJSON = "application/x-ndjson"

_AUDIT = Question.from_dict(
    {"since": f.Moment("First moment, included."), "until": f.Moment("Last moment, excluded.")}, name="AuditQuestion"
)()


@route(
    blueprint,
    "/me",
    answers={
        200: json_answer(
            "Who asks.",
            examples.record(
                name=examples.TEXT,
                proved_by={"type": "string", "enum": ["anonymous", "operator", "key", "token", "certificate"]},
                profile=examples.WHOLE,
                scopes=examples.many(examples.TEXT),
                establishments=examples.many(examples.TEXT),
                profession=examples.maybe(examples.TEXT),
            ),
        )
    },
)
def me() -> Response:
    """Tell who asks, as this server knows it: access profile, scopes, establishments whose counts may be written."""
    found = caller()
    return json_response(
        {
            "name": found.name,
            "proved_by": found.kind,
            "profile": found.profile,
            "scopes": sorted(found.scopes),
            "establishments": sorted(found.establishments),
            "profession": found.profession,
        }
    )


@route(
    blueprint,
    "/audit",
    answers={
        200: {
            "description": "One entry a line, oldest first.",
            "content": {NDJSON: {"schema": {"type": "string"}}},
        }
    },
    problems=("invalid-input", "engine-unavailable"),
    parameters=query_parameters(_AUDIT),
)
def audit() -> Response:
    """Export the audit log: who wrote which bed count, changed a tension, gave or took a key. Scope `admin`."""
    allowed(ADMIN)
    asked = query(_AUDIT)
    known = services()
    since, until = (f.moment_of(asked.get(name), known.clock()) for name in ("since", "until"))
    entries = known.audit.entries(since, until)
    first = next(entries, None)  # the engine's errors come before the answer begins
    return Response(_lines(first, entries), content_type=NDJSON)


def _lines(first: dict[str, Any] | None, rest: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    if first is not None:
        yield orjson.dumps(first) + b"\n"
    for entry in rest:
        yield orjson.dumps(entry) + b"\n"
