"""What every answer carries: the request's id, and the headers that keep browsers and caches in line."""

from __future__ import annotations

import re
import uuid

from flask import Flask, Response, g, request
from flask_cors import CORS

from orientation.settings import Settings

_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # under no-referrer a browser hides where a form of ours comes from, too
    # Swagger UI and maps draw small images from data: addresses; no script or style is inline.
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STRICT_TRANSPORT = "max-age=31536000"
"""A year. Sent over TLS only, where a browser takes it; sub-domains are not ours to decide for."""
READABLE = ("X-Request-Id", "X-Total-Count", "X-Warnings", "Link", "Retry-After", "ETag")
"""Headers that pages of the origins allowed may read."""


def register(app: Flask, settings: Settings) -> None:
    """Give every answer of the application its id and headers; let pages of other origins read where that is set."""
    app.before_request(_name_request)
    app.after_request(_finish)
    if settings.hosts:
        app.config["TRUSTED_HOSTS"] = list(settings.hosts)
    if settings.cors_origins:
        CORS(
            app,
            resources=[r"/api/.*", r"/csd.*", r"/fhir.*"],
            origins=list(settings.cors_origins),
            allow_headers=["Authorization", "X-Api-Key", "Content-Type", "Last-Event-ID"],
            expose_headers=list(READABLE),
            max_age=600,
        )


def _name_request() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex


def request_id() -> str:
    """Return the id of the request that is answered."""
    found: str = g.get("request_id", "-")
    return found


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = request_id()
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    return response
