"""ITI-73, Find Matching Services: stored functions called by name, on one document."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from flask import Blueprint, Response

from csd import soap
from csd.answering import GET_SERVICES, RESULT_TYPE, answer
from csd.body import read_body
from csd.context import ASKING, asking, is_own, own_directory, renderer, store
from csd.document import csd_document
from csd.envelope import NO_ADHOC, Call, read_parameters, read_request
from csd.faults import surface
from csd.functions import orientation
from csd.functions.describe import Described, describe, searches
from csd.functions.parameters import search_of
from csd.functions.query import query_of
from csd.names import ADHOC, SEARCHES, current_urn
from engine.errors import EngineError
from mappings.errors import NotFound, shorten
from orientation.answer import Result
from orientation.api.context import asked_of, services
from orientation.criteria import Criteria
from orientation.exchanges.entry import IN, UNAVAILABLE, entry
from orientation.guard import caller
from orientation.peers.merging import ANSWERED

KINDS = {urn: kind for kind, urn in SEARCHES.items()}
"""URN of a search → kind of entity it finds."""
_NOTED = 300
"""Results of an exchange whose units are noted."""


def routes(blueprint: Blueprint) -> None:
    """Register the routes."""
    path = "/csr/<document>/careServicesRequest"
    blueprint.add_url_rule(path, view_func=request_services, methods=["POST"])
    blueprint.add_url_rule(f"{path}/<path:urn>", view_func=call_function, methods=["POST"])
    blueprint.add_url_rule(f"{path}/<path:urn>", view_func=function_of_document, methods=["GET"])
    blueprint.add_url_rule("/functions/<path:urn>", view_func=function, methods=["GET"])
    blueprint.add_url_rule("/csr/<document>/adhoc", view_func=adhoc, methods=["POST"])


def functions_of(document: str) -> list[str]:
    """Return the URNs of the functions that a document answers to."""
    return [*KINDS, *([orientation.URN] if is_own(document) else [])]


def request_services(document: str) -> Response:
    """Answer a ``careServicesRequest``, plain or in a SOAP message."""
    root = read_body()
    if surface().soap:
        root = soap.read_message(root, [GET_SERVICES]).payload
    return _answer(document, read_request(root))


def call_function(document: str, urn: str) -> Response:
    """Answer ``requestParams`` sent to a function's own address."""
    if current_urn(urn) == ADHOC:
        raise NotFound(NO_ADHOC)
    root = read_body()
    if surface().soap:
        root = soap.read_message(root, [GET_SERVICES]).payload
    return _answer(document, read_parameters(root, urn))


def _answer(document: str, call: Call) -> Response:
    if call.urn in KINDS:
        return _search(document, KINDS[call.urn], call)
    if call.urn == orientation.URN and is_own(document):
        return _orient(call)
    raise _unknown_function(document, call.urn)


def _unknown_function(document: str, urn: str) -> NotFound:
    if document.casefold() not in store().names():
        return NotFound(f"No document named {shorten(document)!r} exists; documents.json lists those that do.")
    only = f" It is a function of the document {own_directory()!r} only." if urn == orientation.URN else ""
    return NotFound(f"No registered function with URN='{shorten(urn, 200)}'.{only}")


def _search(document: str, kind: str, call: Call) -> Response:
    asked = search_of(kind, call)
    found = store().find(document, query_of(asked, sensitive=asking().sees_sensitive), asked.start, asked.maximum)
    return answer(
        csd_document({kind: renderer().texts(found.hits)}),
        total=found.total,
        encapsulated=call.encapsulated,
        warnings=asked.warnings,
        whole=found.short,
    )


def _orient(call: Call) -> Response:
    known, who, started = services(), caller(), time.monotonic()

    def note(criteria: Criteria, outcome: str, found: int = 0, sent: Sequence[Result] = ()) -> None:
        took_ms = round((time.monotonic() - started) * 1000)
        now, name = known.clock(), who.traced
        known.journal.note(entry(now, IN, name, None, criteria, outcome, took_ms, found, sent, who.profession))

    wanted = orientation.asked_of(call)
    criteria = Criteria(as_of=known.clock(), access=who.access)
    try:
        asked = asked_of(wanted.arguments, *ASKING)
        criteria = asked.criteria
        first, results = orientation.ranked(known.search, criteria, wanted)
    except EngineError:
        note(criteria, UNAVAILABLE)
        raise
    noted = _noted(results, lambda outcome, sent: note(criteria, outcome, first.total, sent))
    texts = renderer(asked.criteria).results(noted, whole_sites=wanted.whole_sites)
    response = answer(
        csd_document({"facility": texts}),
        total=first.total,
        encapsulated=call.encapsulated,
        warnings=tuple(dict.fromkeys((*asked.warnings, *first.warnings))),
        whole=wanted.maximum is not None and wanted.maximum <= orientation.PAGE,
    )
    if first.radius_m is not None:
        response.headers["X-Radius-M"] = str(first.radius_m)
    return response


def _noted(results: Iterator[Result], note: Callable[[str, list[Result]], None]) -> Iterator[Result]:
    """Pass results on, and note the exchange once the last one has gone; what is noted of them is bounded.

    It runs while the answer is sent, when the request is over.
    """
    sent: list[Result] = []
    outcome = "broken-off"
    try:
        for result in results:
            if len(sent) < _NOTED:
                sent.append(result)
            yield result
        outcome = ANSWERED
    finally:
        note(outcome, sent)


def described(urn: str) -> Described | None:
    """Return what a function is and takes, whatever the spelling of its name."""
    name = current_urn(urn)
    return next((each for each in (*searches(), orientation.described()) if each.urn == name), None)


def function_of_document(document: str, urn: str) -> Response:
    """Describe a function at the address where it is called."""
    if current_urn(urn) not in functions_of(document):
        raise _unknown_function(document, urn)
    return function(urn)


def function(urn: str) -> Response:
    """Describe a function: its ``careServicesFunction``."""
    found = described(urn)
    if found is None:
        raise NotFound(f"No registered function with URN='{shorten(urn, 200)}'.")
    return Response(describe(found, RESULT_TYPE), content_type="text/xml;charset=UTF-8")


def adhoc(document: str) -> Response:
    """Refuse an ad hoc query."""
    raise NotFound(NO_ADHOC)
