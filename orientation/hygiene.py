"""What every answer carries: the request's id, and the headers that keep browsers and caches in line."""

from __future__ import annotations

import re
import uuid

from flask import Flask, Response, g, request

_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Swagger UI and maps draw small images from data: addresses; no script or style is inline.
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'",
    "X-Frame-Options": "DENY",
}


def register(app: Flask) -> None:
    """Give every answer of the application its id and headers."""
    app.before_request(_name_request)
    app.after_request(_finish)


def _name_request() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex


def request_id() -> str:
    """Return the id of the request that is answered."""
    found: str = g.get("request_id", "-")
    return found


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = request_id()
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    return response
