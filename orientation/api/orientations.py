"""``/orientations``: the search."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from flask_smorest import Blueprint

from orientation.answer import Answer
from orientation.api import examples
from orientation.api.context import arguments, asked_of, json_response, services
from orientation.api.doc import body_schema, query_parameters, route
from orientation.criteria import Criteria
from orientation.cursor import Cursor, digest
from orientation.errors import NotAcceptable
from orientation.exchanges.entry import OUT, entry
from orientation.peers.merging import Asked as PeerAsked
from orientation.question import Asked
from orientation.question.schema import SCHEMA
from orientation.question.shape import Arguments
from orientation.render import csv, geojson
from orientation.render.json import Sheet, answer

blueprint = Blueprint("orientations", __name__, description="Nearest suitable units.")

MEDIA_TYPES = {
    "json": "application/json",
    "geojson": "application/geo+json",
    "csv": "text/csv",
}

_ANSWER = {
    200: {
        "description": "A page of units, the most suitable or nearest first.",
        "content": {
            "application/json": {"schema": examples.ANSWER_SCHEMA, "example": examples.ANSWER},
            "application/geo+json": {"schema": {"type": "object"}},
            "text/csv": {"schema": {"type": "string"}},
        },
        "headers": {
            "Link": {
                "schema": {"type": "string"},
                "description": "Address of the next page of a GET (`rel=next`).",
            },
            "X-Total-Count": {"schema": {"type": "integer"}, "description": "Units on all pages."},
            "X-Warnings": {
                "schema": {"type": "string"},
                "description": "Warnings of a CSV answer: a JSON array.",
            },
        },
    }
}
_PROBLEMS = (
    "forbidden", "not-acceptable", "invalid-input", "engine-unavailable", "no-data", "geocoder-unavailable",
)  # fmt: skip


@route(blueprint, "/orientations", answers=_ANSWER, problems=_PROBLEMS, parameters=query_parameters(SCHEMA))
def search() -> Response:
    """Find units.

    Codes within one parameter are alternatives; different parameters must all hold.
    """
    return _search()


@route(
    blueprint,
    "/orientations",
    method="POST",
    answers=_ANSWER,
    problems=("malformed-body", *_PROBLEMS, "too-large", "unsupported-type"),
    requestBody={
        "required": True,
        "content": {"application/json": {"schema": body_schema(SCHEMA), "example": examples.QUESTION}},
    },
)
def search_by_body() -> Response:
    """Find units, the question in JSON.

    The names are those of the query string; what may be repeated there is an array or one text here.
    """
    return _search()


def _search() -> Response:
    started = time.perf_counter()
    known = services()
    given = arguments()
    asked = asked_of(given, cursors=True)
    chosen = asked.format or negotiated()
    federated = known.federation.search(known.search, asked.criteria, asked.page, asked.peers)
    found = federated.answer
    for each in federated.peers:
        known.journal.note(_exchange(each, asked.criteria))
        known.metrics.breaker(each.peer.code, each.breaker)
    sheet = Sheet(
        answer=found,
        gazetteer=known.gazetteer,
        next=next_cursor(asked, found),
        warnings=asked.warnings,
        widened=asked.widened,
        took_ms=round((time.perf_counter() - started) * 1000),
        reading=asked.reading,
        peers=federated.peers,
    )
    return _respond(sheet, chosen, given)


def _exchange(each: PeerAsked, criteria: Criteria) -> dict[str, Any]:
    """Return the entry of the log of one peer that was asked."""
    peer, outcome = each.peer, each.failure or each.status
    now = services().clock()
    return entry(now, OUT, peer.code, peer.region, criteria, outcome, each.took_ms, each.total, each.results)


def negotiated() -> str:
    """Return the format that ``Accept`` prefers; ``NotAcceptable`` when it lists none of ours."""
    accepted = request.accept_mimetypes
    if not accepted:
        return "json"
    best = accepted.best_match([*MEDIA_TYPES.values(), "application/problem+json"])
    if best is None:
        raise NotAcceptable(f"The formats are {', '.join(MEDIA_TYPES.values())}.")
    return next((name for name, media_type in MEDIA_TYPES.items() if media_type == best), "json")


def next_cursor(asked: Asked, found: Answer) -> str | None:
    """Return the cursor of the next page, if there is one."""
    if found.next_after is None:
        return None
    return services().cursors.make(
        Cursor(
            digest=digest(asked.question),
            as_of=asked.criteria.as_of,
            radius_m=found.radius_m,
            widened=found.widened or asked.widened,
            tension=(asked.criteria.tension_departments, asked.criteria.tension_regions),
            first_rank=asked.page.first_rank + len(found.results),
            after=found.next_after,
        )
    )


def _respond(sheet: Sheet, chosen: str, given: Arguments) -> Response:
    if chosen == "csv":
        response = Response(csv.table(sheet), content_type="text/csv; charset=utf-8; header=present")
        response.headers["Content-Disposition"] = 'attachment; filename="orientations.csv"'
        if sheet.all_warnings:
            response.headers["X-Warnings"] = json.dumps(sheet.all_warnings)
    elif chosen == "geojson":
        response = json_response(geojson.feature_collection(sheet), MEDIA_TYPES["geojson"])
    else:
        response = json_response(answer(sheet))
    response.headers["X-Total-Count"] = str(sheet.answer.total)
    response.vary.add("Accept")
    if sheet.next and request.method == "GET":
        again = {**given, "cursor": [sheet.next]}
        response.headers["Link"] = f'<{request.path}?{urlencode(again, doseq=True)}>; rel="next"'
    return response
