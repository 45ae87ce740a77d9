"""An entity of any CSD document → what a question may ask of it, and its XML."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lxml import etree

from csd import entity as e
from csd.names import CSD, tag

Json = dict[str, Any]

MAX_ID_BYTES = 2_000
_NAMES = {
    e.ORGANIZATION: ("otherName",),
    e.FACILITY: ("otherName",),
    e.PROVIDER: ("demographic/name/commonName",),
    e.SERVICE: (),
}
"""Where names stand beside ``primaryName``."""


def refusal(element: etree._Element, kind: str) -> str | None:
    """Return why an element of a directory cannot be kept, ``None`` when it can."""
    if element.tag != tag(kind):
        return f"{_shown(element)} has no place in {kind}Directory"
    identifier = element.get("entityID", "")
    if not identifier.strip():
        return "it has no entityID"
    if len(identifier.encode()) > MAX_ID_BYTES:
        return f"its entityID is longer than {MAX_ID_BYTES} bytes"
    return None


def _shown(element: etree._Element) -> str:
    name = etree.QName(element)
    return (
        name.localname if name.namespace == CSD else f"{name.localname} of the namespace {name.namespace or '(none)'}"
    )


def document_of(element: etree._Element, kind: str) -> Json:
    """Return the index document of an entity, its ``modified`` that of its record."""
    record = element.find(tag("record"))
    attributes = {} if record is None else dict(record.attrib)
    parent = element.find(tag("parent"))
    given_at = "facilities/facility" if kind == e.PROVIDER else "organizations/organization"
    xml = etree.tostring(element, encoding="unicode", with_tail=False)
    updated = e.parse_instant(attributes.get("updated"))
    found = e.Entity(
        kind=kind,
        entity_id=element.get("entityID", ""),
        primary_name=element.findtext(tag("primaryName")),
        other_names=tuple(text for path in _NAMES[kind] for text in _texts(element, path)),
        other_ids=_distinct(key for other in _all(element, "otherID") for key in _other_id(other)),
        codes=_coded(element, "codedType"),
        address=_distinct(_address(line) for line in _all(element, _person(kind) + "address/addressLine")),
        organizations=_ids(element, "organizations/organization"),
        services=_ids(element, f"{given_at}/service"),
        facilities=_ids(element, "facilities/facility"),
        languages=_coded(element, "language"),
        parent=None if parent is None else e.entity_key(parent.get("entityID", "")),
        status=e.fold_text(attributes["status"]) if "status" in attributes else None,
        created=e.parse_instant(attributes.get("created")),
        updated=updated,
        modified=updated,
        content_hash=e.content_hash(xml.encode()),
        xml=xml,
    )
    return found.document()


def _person(kind: str) -> str:
    return "demographic/" if kind == e.PROVIDER else ""


def _all(element: etree._Element, path: str) -> list[etree._Element]:
    return element.findall("/".join(map(tag, path.split("/"))))


def _texts(element: etree._Element, path: str) -> list[str]:
    return [found.text for found in _all(element, path) if found.text]


def _ids(element: etree._Element, path: str) -> list[str]:
    return _distinct(e.entity_key(found.get("entityID", "")) for found in _all(element, path))


def _coded(element: etree._Element, path: str) -> list[str]:
    return _distinct(e.code_key(found.get("codingScheme", ""), found.get("code", "")) for found in _all(element, path))


def _address(line: etree._Element) -> str:
    return e.address_key(line.get("component", ""), line.text or "")


def _other_id(other: etree._Element) -> list[str]:
    return e.other_id_keys(other.get("assigningAuthorityName", ""), other.get("code", ""), other.text or "")


def _distinct(keys: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(keys))


def later(document: Json, now: str) -> Json:
    """Return a document whose content is new to a directory that was copied before: it changed now at the earliest."""
    return document | {"modified": max(document.get("modified", now), now)}
