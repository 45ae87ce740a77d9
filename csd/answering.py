"""Answers of ITI-73: a document, raw, wrapped or in a SOAP message, sent whole when short and as it comes when long."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from flask import Response

from csd import soap
from csd.document import DECLARATION, in_blocks
from csd.envelope import MEDIA_TYPE, wrapped
from csd.faults import surface

RESULT_TYPE = "text/xml"
"""Media type of what every function of ours returns."""
GET_SERVICES = "urn:ihe:iti:csd:2013:GetCareServicesRequest"
GOT_SERVICES = "urn:ihe:iti:csd:2013:GetCareServicesResponse"
"""Actions of the change proposal of 2016, which alone ever put ITI-73 into SOAP."""


def answer(
    document: Iterable[str],
    *,
    total: int,
    encapsulated: bool = False,
    warnings: Sequence[str] = (),
    whole: bool = False,
) -> Response:
    """Return a document as the request at hand wants it; ``whole`` sends it at once, with its length.

    ``X-Total-Count`` says how many entities there are on all pages, ``X-Warnings`` (JSON) what was passed over.
    """
    how = surface()
    if how.soap:
        parts = soap.envelope(GOT_SERVICES, how.relates_to, wrapped(RESULT_TYPE, document))
        return respond(parts, soap.MEDIA_TYPE, total=total, warnings=warnings, whole=whole)
    body = wrapped(RESULT_TYPE, document) if encapsulated else document
    return respond(_declared(body), MEDIA_TYPE, total=total, warnings=warnings, whole=whole)


def respond(
    parts: Iterable[str], content_type: str, *, total: int, warnings: Sequence[str] = (), whole: bool = False
) -> Response:
    """Return parts of text as an answer.

    A fault in the middle of one that is sent as it comes breaks the connection off: the peer gets XML that does not
    end, never a part that looks whole.
    """
    blocks = in_blocks(parts)
    response = Response(b"".join(blocks) if whole else blocks, content_type=content_type)
    response.headers["X-Total-Count"] = str(total)
    if warnings:
        response.headers["X-Warnings"] = json.dumps(list(warnings))
    return response


def _declared(parts: Iterable[str]) -> Iterator[str]:
    yield DECLARATION
    yield from parts
