"""Errors as RFC 9457 problems: the trees of product and engine, mapped once; internals stay inside."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import orjson
from flask import Flask, Response
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from engine.errors import EngineError, EngineNotFound, EngineUnavailable
from mappings.errors import Conflict, FieldError, InvalidInput, NotFound, RorError
from orientation.errors import (
    Forbidden,
    GeocoderUnavailable,
    IdentityUnavailable,
    MalformedBody,
    NotAcceptable,
    Overloaded,
    TooManyRequests,
    Unauthorized,
)

log = logging.getLogger(__name__)

BASE = "/api/v1/problems/"
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its HTTP status, its title, and what to do about it."""

    status: int
    title: str
    advice: str


KINDS = {
    "malformed-body": Kind(400, "Malformed body", "Send a JSON object in UTF-8."),
    "bad-request": Kind(400, "Bad request", "Send a request that HTTP allows."),
    "unauthorized": Kind(401, "Not authenticated", "Send a valid key, or none at all."),
    "forbidden": Kind(403, "Not allowed", "Ask for what your access profile may see, or send another key."),
    "not-found": Kind(404, "Not found", "Check the address or the id."),
    "method-not-allowed": Kind(405, "Method not allowed", "Use a method that Allow names."),
    "not-acceptable": Kind(406, "No such format", "Accept application/json, application/geo+json or text/csv."),
    "stale": Kind(409, "Stale", "Read what is stored, then decide again."),
    "ambiguous-zone": Kind(412, "Ambiguous bed zone", "Write to one zone by its id."),
    "too-large": Kind(413, "Too large", "Send less at once."),
    "unsupported-type": Kind(415, "Unsupported content type", "Send application/json."),
    "invalid-input": Kind(422, "Invalid input", "Correct each field that errors names."),
    "too-many-requests": Kind(429, "Too many requests", "Wait as long as Retry-After says."),
    "internal": Kind(500, "Internal error", "Tell the operator the X-Request-Id."),
    "overloaded": Kind(503, "Too much at once", "Ask again after Retry-After seconds."),
    "identity-unavailable": Kind(503, "Identity provider unavailable", "Ask again, or with a key of this server."),
    "engine-unavailable": Kind(503, "Search engine unavailable", "Ask again after Retry-After seconds."),
    "no-data": Kind(503, "No data loaded", "Wait until the operator has loaded a source (ror index load)."),
    "geocoder-unavailable": Kind(503, "Geocoder unavailable", "Ask again, or give lat and lon or a commune."),
}
"""Last part of ``type`` → kind."""

_OF_STATUS = {
    400: "bad-request",
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    413: "too-large",
    415: "unsupported-type",
    422: "invalid-input",
    429: "too-many-requests",
}

_OF_ERROR: tuple[tuple[type[Exception], str], ...] = (
    (InvalidInput, "invalid-input"),
    (NotFound, "not-found"),
    (Conflict, "stale"),
    (Unauthorized, "unauthorized"),
    (Forbidden, "forbidden"),
    (MalformedBody, "malformed-body"),
    (NotAcceptable, "not-acceptable"),
    (GeocoderUnavailable, "geocoder-unavailable"),
    (TooManyRequests, "too-many-requests"),
    (Overloaded, "overloaded"),
    (IdentityUnavailable, "identity-unavailable"),
    (EngineUnavailable, "engine-unavailable"),
    (EngineNotFound, "no-data"),
)
"""First match wins; any other error of ours is internal: its message may say too much."""


def register(app: Flask) -> None:
    """Answer every error of the application with a problem."""
    app.register_error_handler(RorError, problem_of)
    app.register_error_handler(EngineError, problem_of)
    app.register_error_handler(HTTPException, problem_of_http)


def problem_of(error: Exception) -> Response:
    """Return the problem of an error of ours."""
    kind = next((name for known, name in _OF_ERROR if isinstance(error, known)), "internal")
    extra: dict[str, Any] = {}
    detail = str(error)
    if isinstance(error, InvalidInput):
        extra = {"errors": by_field(error.errors), **error.extra}
    elif isinstance(error, Conflict):
        extra = {"stored": error.stored}
    elif kind == "engine-unavailable":
        log.warning("engine unavailable: %s", error)
        detail = "The search engine is away or late; nothing was answered in part."
    elif kind == "no-data":
        log.warning("index missing: %s", error)
        detail = "No data is loaded yet."
    elif kind == "internal":
        log.error("unexpected error", exc_info=error)
        detail = "The server could not answer; the operator finds why under the X-Request-Id."
    response = problem(kind, detail, **extra)
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def problem_of_http(error: HTTPException) -> ResponseReturnValue:
    """Return the problem of an HTTP error of the framework, its own headers kept; redirections pass."""
    status = error.code
    if status is None or status < 400:
        return error
    kind = _OF_STATUS.get(status, "bad-request" if status < 500 else "internal")
    detail = KINDS[kind].advice if kind == "internal" else (error.description or KINDS[kind].title)
    response = problem(kind, detail)
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    return response


def problem(kind: str, detail: str, **extra: Any) -> Response:
    """Return a problem as an answer; ``extra`` are its own members."""
    known = KINDS[kind]
    body = {"type": BASE + kind, "title": known.title, "status": known.status, "detail": detail, **extra}
    response = Response(orjson.dumps(body), known.status, content_type=MEDIA_TYPE)
    if known.status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    if known.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def by_field(errors: list[FieldError]) -> dict[str, list[dict[str, str]]]:
    """Return the errors under the name of their field, each with the rule and the value given."""
    found: dict[str, list[dict[str, str]]] = {}
    for error in errors:
        found.setdefault(error.field, []).append({"rule": error.rule, "value": error.value})
    return found
