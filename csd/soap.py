"""SOAP 1.2 with WS-Addressing, as ITI-74 and the functions use it: one message in, one message or fault out."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

from lxml import etree

from csd.envelope import Element, elements, error, is_xml, local_name
from csd.names import ANONYMOUS, CSD, SOAP, SOAP_11, WSA
from mappings.errors import RorError, shorten
from orientation.errors import MalformedBody

MEDIA_TYPE = "application/soap+xml; charset=UTF-8"
FAULT_ACTION = f"{WSA}/soap/fault"

_MUST_UNDERSTAND = f"{{{SOAP}}}mustUnderstand"
_ROLE = f"{{{SOAP}}}role"
_FOR_US = {None, f"{SOAP}/role/next", f"{SOAP}/role/ultimateReceiver"}


class SoapRefused(RorError):
    """The message breaks a rule of SOAP or WS-Addressing; ``code`` is the fault's, ``subcode`` its own."""

    def __init__(self, message: str, code: str = "Sender", subcode: str | None = None) -> None:
        """Keep what the fault says."""
        super().__init__(message)
        self.code = code
        self.subcode = subcode


@dataclass(frozen=True, slots=True)
class Message:
    """What a message asks: the one element of its body, its action and its id, where it has them."""

    payload: Element
    action: str | None
    message_id: str | None


def is_envelope(root: Element) -> bool:
    """Say whether a document is a SOAP message of any version."""
    return local_name(root) == "Envelope"


def message_id(root: Element) -> str | None:
    """Return the id of a message, which even a fault answers to."""
    found = root.findtext(f"{{*}}Header/{{{WSA}}}MessageID")
    return (found or "").strip() or None


def read_message(root: Element, actions: Iterable[str]) -> Message:
    """Read a message whose action must be one of ``actions``, or missing.

    ``SoapRefused`` for another version, another action, or a header that must be understood and is not; addresses to
    answer to are not followed: the answer goes back where the question came from.
    """
    if root.tag != f"{{{SOAP}}}Envelope":
        version = "SOAP 1.1" if root.tag == f"{{{SOAP_11}}}Envelope" else "another version or namespace"
        raise SoapRefused(f"the envelope must be of SOAP 1.2 ({SOAP}), not of {version}", "VersionMismatch")
    header = root.find(f"{{{SOAP}}}Header")
    for block in elements(header) if header is not None else ():
        _check_understood(block)
    action = (root.findtext(f"{{{SOAP}}}Header/{{{WSA}}}Action") or "").strip() or None
    known = tuple(actions)
    if action is not None and action not in known:
        rule = f"the action must be {' or '.join(known)}, not {shorten(action)}"
        raise SoapRefused(rule, subcode="ActionNotSupported")
    body = root.find(f"{{{SOAP}}}Body")
    held = elements(body) if body is not None else ()
    if len(held) != 1:
        raise MalformedBody(f"the body of the envelope must hold one element, not {len(held)}")
    return Message(held[0], action, message_id(root))


def _check_understood(block: Element) -> None:
    asked = (block.get(_MUST_UNDERSTAND) or "").strip() in {"true", "1"}
    if not asked or etree.QName(block).namespace == WSA or block.get(_ROLE) not in _FOR_US:
        return
    raise SoapRefused(f"the header {shorten(local_name(block))} is not understood here", "MustUnderstand")


def envelope(action: str, relates_to: str | None, payload: Iterable[str]) -> Iterator[str]:
    """Yield a message that answers another one, its payload as it comes."""
    related = f"<wsa:RelatesTo>{escape(relates_to)}</wsa:RelatesTo>" if relates_to else ""
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<soap:Envelope xmlns:soap="{SOAP}" xmlns:wsa="{WSA}" xmlns:csd="{CSD}"><soap:Header>'
        f'<wsa:Action soap:mustUnderstand="1">{escape(action)}</wsa:Action>'
        f"<wsa:MessageID>urn:uuid:{uuid.uuid4()}</wsa:MessageID>"
        f'<wsa:To soap:mustUnderstand="1">{ANONYMOUS}</wsa:To>{related}</soap:Header><soap:Body>'
    )
    yield from payload
    yield "</soap:Body></soap:Envelope>"


def fault(status: int, text: str, relates_to: str | None, *, code: str, subcode: str | None = None) -> str:
    """Return a fault; its detail is the error that a plain request would have got."""
    inner = f"<soap:Subcode><soap:Value>wsa:{subcode}</soap:Value></soap:Subcode>" if subcode else ""
    said = escape("".join(character if is_xml(character) else "\ufffd" for character in text))
    body = (
        f"<soap:Fault><soap:Code><soap:Value>soap:{code}</soap:Value>{inner}</soap:Code>"
        f'<soap:Reason><soap:Text xml:lang="en">{said}</soap:Text></soap:Reason>'
        f"<soap:Detail>{error(status, text)}</soap:Detail></soap:Fault>"
    )
    return "".join(envelope(FAULT_ACTION, relates_to, [body]))
