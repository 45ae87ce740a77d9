"""What every route needs: the services of the application, who asks, and the parameters given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import BoundedSemaphore
from typing import Any

import orjson
from flask import Response, current_app, request
from marshmallow import Schema
from werkzeug.exceptions import UnsupportedMediaType

from beds.service import BedService
from beds.tension import Tensions
from engine.gateway import Gateway
from mappings.gazetteer import Gazetteer
from orientation.access import Access
from orientation.audit import Audit
from orientation.cursor import Cursors
from orientation.errors import Forbidden
from orientation.exchanges.journal import Journal
from orientation.guard import caller
from orientation.identity import Caller
from orientation.identity.caller import ANONYMOUS
from orientation.identity.scopes import SEARCH
from orientation.monitoring import Metrics
from orientation.peers.federation import Federation
from orientation.question import Arguments, Asked, Geocoder, arguments_of_json, criteria_from
from orientation.question.build import Tension
from orientation.question.shape import read
from orientation.question.words import Words
from orientation.search import SearchService
from orientation.settings import Settings
from orientation.suggestions import Suggesting

KEY = "ror"
MAX_QUESTION = 64 * 1024
"""Longest body of a question in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the application is made of."""

    settings: Settings
    gateway: Gateway
    search: SearchService
    gazetteer: Gazetteer
    geocoder: Geocoder | None
    cursors: Cursors
    clock: Callable[[], datetime]
    tension: Callable[[], Tension]
    beds: BedService
    tensions: Tensions
    audit: Audit
    streams: BoundedSemaphore
    words: Words
    suggesting: Suggesting
    federation: Federation
    journal: Journal
    metrics: Metrics


def services() -> Services:
    """Return the services of the application that answers."""
    found: Services = current_app.extensions[KEY]
    return found


def access(*scopes: str) -> Access:
    """Return what whoever asks may see; ``Forbidden`` without one of the scopes, by default that of searching."""
    return allowed(*(scopes or (SEARCH,))).access


def allowed(*scopes: str) -> Caller:
    """Return who asks; ``Forbidden`` without one of the scopes."""
    found = caller()
    found.require(*scopes)
    return found


def allowed_to_change(*scopes: str) -> Caller:
    """Return who asks; ``Forbidden`` without one of the scopes, and for whoever gives no key, whatever it may do."""
    found = allowed(*scopes)
    if found.kind == ANONYMOUS:
        raise Forbidden(f"Changing anything needs a key, with the scope {' or '.join(scopes)}.")
    return found


def arguments() -> Arguments:
    """Return the parameters of the request: the query string, or the JSON body of a POST.

    ``MalformedBody`` for what is no JSON; 415 for a body of another type, 413 for one too long.
    """
    if request.method != "POST":
        return request.args.to_dict(flat=False)
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("A question in a body is application/json.")
    request.max_content_length = MAX_QUESTION
    given = {name: list(values) for name, values in arguments_of_json(request.get_data(cache=False)).items()}
    for name, values in request.args.lists():
        given.setdefault(name, []).extend(values)
    return given


def asked_of(given: Arguments, *scopes: str, cursors: bool = False, words: bool = True) -> Asked:
    """Return the criteria of who asks from parameters; with ``cursors`` and ``words`` as the surface takes them."""
    known = services()
    return criteria_from(
        given,
        gazetteer=known.gazetteer,
        access=access(*scopes),
        now=known.clock(),
        cursors=known.cursors if cursors else None,
        geocoder=known.geocoder,
        tension=known.tension(),
        words=known.words if words else None,
    )


def query(schema: Schema) -> dict[str, Any]:
    """Return the values of the query string of a route; ``InvalidInput`` names each that breaks a rule."""
    return read(schema, request.args.to_dict(flat=False))


def json_response(body: Any, media_type: str = "application/json") -> Response:
    """Return a body as JSON."""
    return Response(orjson.dumps(body), content_type=media_type)


def cached_json(body: Any, media_type: str = "application/json") -> Response:
    """Return JSON that changes with the program only: the client keeps it and asks whether it still holds."""
    return unless_known(json_response(body, media_type))


def unless_known(response: Response) -> Response:
    """Give an answer its ETag, and empty it where the client has it already (304)."""
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
