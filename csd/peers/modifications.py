"""ITI-74 from the asking side: the request, and the entities of an answer as they are read from a file."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from lxml import etree

from csd import safe_xml
from csd.entity import KINDS
from csd.names import SOAP, tag
from csd.older import modernise
from csd.peers.exchange import Sent
from csd.peers.paths import updates_path
from csd.updates import ready_request
from mappings.errors import shorten
from orientation.peers.asking import PeerFailure
from orientation.peers.register import Peer

_ENVELOPE, _BODY = f"{{{SOAP}}}Envelope", f"{{{SOAP}}}Body"
_EXPECTED = {
    _BODY: tag("getModificationsResponse"),
    tag("getModificationsResponse"): tag("CSD"),
}
"""Parent → the one child that it may have."""
_DIRECTORIES = {tag(f"{kind}Directory"): tag(kind) for kind in KINDS}
_DEPTH = 6
"""Envelope, body, response, document, directory, entity."""


def updates_request(peer: Peer, moment: datetime, within_s: float) -> Sent:
    """Return the question for what a peer took at a moment or after."""
    path = updates_path(peer)
    body = ready_request(f"{peer.url}{path}", moment, f"urn:uuid:{uuid.uuid4()}").encode()
    return Sent(path, body, within_s, "application/soap+xml; charset=UTF-8")


def entities(answer: IO[bytes]) -> Iterator[etree._Element]:
    """Yield each entity of an answer from its beginning, in today's spelling; memory holds one.

    ``PeerFailure`` where the answer is none, or not whole: what came before was yielded.
    """
    answer.seek(0)
    outer = _Outer()
    try:
        for element in safe_xml.stream(iter(lambda: answer.read(2**16), b""), _DEPTH, above=outer.check):
            parent = element.getparent()
            if parent is not None and _DIRECTORIES.get(str(parent.tag)) == element.tag:
                modernise(element)
                yield element
        outer.require_document()
    except safe_xml.UnsafeXml as error:
        raise PeerFailure("xml", str(error)) from None


def check_whole(answer: IO[bytes]) -> int:
    """Read an answer to its end and count its entities; ``PeerFailure`` before anything of a broken one is used."""
    return sum(1 for _ in entities(answer))


@dataclass(slots=True)
class _Outer:
    """Judges what stands around the entities; an answer without a document is none, not one that nothing changed."""

    has_document: bool = False

    def check(self, depth: int, element: etree._Element) -> None:
        if depth == 1 and element.tag != _ENVELOPE:
            raise safe_xml.UnsafeXml(f"the answer is a {shorten(element.tag)}, not a SOAP 1.2 envelope")
        parent = element.getparent()
        if parent is None:
            return
        expected = _EXPECTED.get(str(parent.tag))
        if expected is not None and element.tag != expected:
            raise safe_xml.UnsafeXml(f"the answer holds a {shorten(element.tag)}, not a {expected}")
        self.has_document |= element.tag == tag("CSD")
        if parent.tag == tag("CSD") and element.tag not in _DIRECTORIES:
            raise safe_xml.UnsafeXml(f"a CSD document has no {shorten(element.tag)}")

    def require_document(self) -> None:
        if not self.has_document:
            raise safe_xml.UnsafeXml("there is no CSD document")
