"""The body of a request: XML of a bounded size, in an encoding that is read, through the one hardened parser."""

from __future__ import annotations

from itertools import takewhile

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from csd.envelope import Element
from csd.faults import surface
from csd.safe_xml import MAX_BYTES, UnsafeXml, XmlTooLarge, inflated, parse
from csd.soap import is_envelope, message_id
from orientation.errors import MalformedBody

SOAP_TYPE = "application/soap+xml"
_XML_TYPES = ("text/xml", "application/xml", SOAP_TYPE)
_TYPES = "The body is text/xml, application/xml or application/soap+xml."
_WIDE = (b"\xfe\xff", b"\xff\xfe", b"\x00", b"<\x00")
"""How UTF-16 and UTF-32 begin, with or without a mark."""


def read_body() -> Element:
    """Return the root of the request's body; the surface of the answer follows what it is.

    415 for another type, encoding or packing, 413 for too much of it, ``MalformedBody`` for what is no XML.
    """
    kind = request.mimetype
    if kind == SOAP_TYPE:
        surface().soap = True
    if kind and kind not in _XML_TYPES:
        raise UnsupportedMediaType(_TYPES)
    request.max_content_length = MAX_BYTES
    data = _unpacked(request.get_data(cache=False))
    _check_encoding(data)
    try:
        root = parse(data)
    except XmlTooLarge as error:
        raise RequestEntityTooLarge(str(error)) from None
    except UnsafeXml as error:
        raise MalformedBody(f"the body is refused: {error}") from None
    if is_envelope(root):
        surface().soap = True
        surface().relates_to = message_id(root)
    return root


def _unpacked(data: bytes) -> bytes:
    packing = request.headers.get("Content-Encoding", "identity").strip().lower()
    if packing in {"", "identity"}:
        return data
    if packing not in {"gzip", "x-gzip"}:
        raise UnsupportedMediaType("The body is sent as it is, or as gzip.")
    try:
        return b"".join(inflated([data], max_bytes=MAX_BYTES))
    except XmlTooLarge as error:
        raise RequestEntityTooLarge(str(error)) from None
    except UnsafeXml as error:
        raise MalformedBody(f"the body is refused: {error}") from None


def _check_encoding(data: bytes) -> None:
    """Refuse 16 and 32-bit encodings: no client of the field sends them, and they hide from who inspects on the way."""
    charset = request.mimetype_params.get("charset", "").lower()
    declared = bytes(takewhile(lambda byte: byte != 0x3E, data[:200])).lower()
    wide = any(name in declared for name in (b"utf-16", b"utf-32", b"ucs-2", b"ucs-4"))
    if data.startswith(_WIDE) or wide or charset.startswith(("utf-16", "utf-32", "ucs-")):
        raise UnsupportedMediaType("The body is UTF-8: 16 and 32-bit encodings are not read.")
