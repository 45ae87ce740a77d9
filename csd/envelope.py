"""The envelope of ITI-73: which stored function is called, with which parameters, and how the answer is wrapped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from csd.names import ADHOC, CSD, current_urn, tag
from mappings.errors import NotFound, shorten
from orientation.errors import MalformedBody

Element = etree._Element

MEDIA_TYPE = "text/xml;charset=UTF-8"
NO_ADHOC = (
    "Ad hoc queries are not supported: this directory runs no XQuery, only stored functions, "
    "which documents.json lists for each document."
)


@dataclass(frozen=True, slots=True)
class Call:
    """A stored function called: its present URN, its parameters, whether its answer is to be wrapped.

    ``loose`` says that the parameters stood directly under ``function``, without their usual ``requestParams``.
    """

    urn: str
    parameters: tuple[Element, ...] = ()
    encapsulated: bool = False
    loose: bool = False


def read_request(root: Element) -> Call:
    """Read a ``careServicesRequest``; ``MalformedBody`` says what is not as it should be.

    ``NotFound`` for an ad hoc query. The change proposal of 2016 puts ``urn`` on the request itself: that is read too.
    """
    _require(root, "careServicesRequest")
    children = elements(root)
    if any(local_name(child) == "expression" for child in children):
        raise NotFound(NO_ADHOC)
    if root.get("urn") is not None:
        return _call(root)
    if len(children) != 1 or local_name(children[0]) != "function":
        raise MalformedBody("careServicesRequest must hold one function")
    _require(children[0], "function")
    return _call(children[0])


def read_parameters(root: Element, urn: str) -> Call:
    """Read the body of a function's own address: ``requestParams`` alone."""
    _require(root, "requestParams")
    return _named(urn, elements(root))


def _call(function: Element) -> Call:
    name = (function.get("urn") or function.get("uuid") or "").strip()
    if not name:
        raise MalformedBody("function must name what it calls: urn is missing")
    children = elements(function)
    wrapped = [child for child in children if local_name(child) == "requestParams"]
    if wrapped:
        _require(wrapped[0], "requestParams")
    if wrapped and len(children) > 1:
        raise MalformedBody("function must hold one requestParams and nothing else")
    parameters = elements(wrapped[0]) if wrapped else children
    encapsulated = function.get("encapsulated", "").strip() in {"true", "1"}
    return _named(name, parameters, encapsulated=encapsulated, loose=not wrapped)


def _named(name: str, parameters: tuple[Element, ...], *, encapsulated: bool = False, loose: bool = False) -> Call:
    urn = current_urn(name)
    if urn == ADHOC:
        raise NotFound(NO_ADHOC)
    return Call(urn, parameters, encapsulated, loose)


def elements(parent: Element) -> tuple[Element, ...]:
    """Return the children that are elements; comments and instructions mean nothing."""
    return tuple(child for child in parent if isinstance(child.tag, str))


def local_name(element: Element) -> str:
    """Return the name of an element without its namespace."""
    return etree.QName(element).localname


def _require(element: Element, name: str) -> None:
    """Refuse an element of another name, or of the right name in another namespace."""
    if element.tag == tag(name):
        return
    if local_name(element) == name:
        namespace = etree.QName(element).namespace
        raise MalformedBody(
            f"{name} must be in the namespace {CSD}, not in {shorten(namespace) if namespace else 'none'}"
        )
    raise MalformedBody(f"{name} is expected here, not {shorten(local_name(element))}")


def wrapped(content_type: str, result: Iterable[str]) -> Iterator[str]:
    """Put a result into a ``careServicesResponse``, as it comes."""
    yield f'<csd:careServicesResponse xmlns:csd="{CSD}" content-type={quoteattr(content_type)}><csd:result>'
    yield from result
    yield "</csd:result></csd:careServicesResponse>"


def error(code: int, text: str) -> str:
    """Return an error as a ``careServicesResponse``."""
    said = escape("".join(character if is_xml(character) else "\ufffd" for character in text))
    return (
        f'<csd:careServicesResponse xmlns:csd="{CSD}"><csd:error code="{code}">{said}</csd:error>'
        "</csd:careServicesResponse>"
    )


def is_xml(character: str) -> bool:
    """Say whether XML 1.0 may hold a character."""
    code = ord(character)
    return character in "\t\n\r" or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code > 0xFFFF
