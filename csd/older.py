"""Older spellings of CSD, which peers still write, made into those of today.

2013: ``@oid`` or ``@uuid`` for the id of an entity, ``@codingSchema``, ``otherNames``, ``commonName/@language``, and
``extension/@oid``; 2014: ``@urn`` for the id of an entity.
"""

from __future__ import annotations

import re

from lxml import etree

from csd.names import tag

_IDENTIFIED = frozenset(map(tag, ("organization", "service", "facility", "provider", "parent")))
_SPELLINGS = ("urn", "oid", "uuid")
_OID = re.compile(r"\d+(\.\d+)+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def modernise(entity: etree._Element) -> bool:
    """Rewrite an entity and all in it in today's spelling; return whether anything was older."""
    changed = False
    for element in entity.iter(etree.Element):
        if element.tag in _IDENTIFIED:
            changed |= _identify(element)
        if "codingSchema" in element.attrib and "codingScheme" not in element.attrib:
            element.set("codingScheme", element.attrib.pop("codingSchema"))
            changed = True
        rule = _RULES.get(str(element.tag))
        changed |= rule is not None and rule(element)
    return changed


def _identify(element: etree._Element) -> bool:
    """Give an element its id under today's name; a bare OID or UUID becomes a URN."""
    spelling = next((name for name in _SPELLINGS if name in element.attrib), None)
    if spelling is None or "entityID" in element.attrib:
        return False
    element.set("entityID", urn_of(element.attrib.pop(spelling)))
    return True


def urn_of(identifier: str) -> str:
    """Return a bare OID or UUID as a URN, anything else as it is."""
    if _OID.fullmatch(identifier):
        return f"urn:oid:{identifier}"
    return f"urn:uuid:{identifier}" if _UUID.fullmatch(identifier) else identifier


def _other_names(element: etree._Element) -> bool:
    element.tag = tag("otherName")
    return True


def _common_name(element: etree._Element) -> bool:
    language = element.attrib.pop("language", None)
    name = element.getparent()
    if language is None or name is None:
        return False
    if name.tag == tag("name") and name.get(_LANG) is None:
        name.set(_LANG, language)
    return True


def _extension(element: etree._Element) -> bool:
    if "oid" not in element.attrib or "urn" in element.attrib:
        return False
    element.set("urn", urn_of(element.attrib.pop("oid")))
    return True


_RULES = {tag("otherNames"): _other_names, tag("commonName"): _common_name, tag("extension"): _extension}
