"""What the tests of the facade share: the official schema, and a document made of units."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lxml import etree

from csd.mapping.common import Bookkeeping
from csd.mapping.facility import facility
from csd.mapping.identity import legal_entity_id
from csd.mapping.organization import legal_entity, site

KEPT = Bookkeeping(created=datetime(2026, 1, 1, tzinfo=UTC), updated=datetime(2026, 11, 24, tzinfo=UTC))

_XML = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
  targetNamespace="http://www.w3.org/XML/1998/namespace"><xs:attribute name="lang" type="xs:string"/></xs:schema>"""
_XFORMS = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/2002/xforms">
  <xs:element name="model"/>
  <xs:simpleType name="anyURIList"><xs:list itemType="xs:anyURI"/></xs:simpleType></xs:schema>"""


def official_schema(shared: Path, folder: Path) -> etree.XMLSchema:
    """Return the official schema as it loads without a network: two imports replaced, one dropped."""
    text = (shared / "reference/csd/schema/CSD.xsd").read_text(encoding="utf-8")
    text = re.sub(r'<xs:import namespace="http://www.w3.org/2001/XMLSchema"[^>]*/>', "", text)
    text = re.sub(r"http://www.w3.org/MarkUp/Forms/2002/XForms-Schema.xsd", "xforms.xsd", text)
    text = text.replace(
        '<xs:import namespace="http://www.w3.org/XML/1998/namespace"/>',
        '<xs:import namespace="http://www.w3.org/XML/1998/namespace" schemaLocation="xml.xsd"/>',
    )
    for name, content in {"CSD.xsd": text, "xml.xsd": _XML, "xforms.xsd": _XFORMS}.items():
        (folder / name).write_text(content, encoding="utf-8")
    return etree.XMLSchema(etree.parse(folder / "CSD.xsd"))


def organizations_of(sites: Iterable[Mapping[str, Any]]) -> dict[str, etree._Element]:
    """Return the organizations of sites by entity id; the first of an id holds."""
    found: dict[str, etree._Element] = {}
    for each in sites:
        element = etree.fromstring(site(each, KEPT))
        found.setdefault(element.get("entityID", ""), element)
        entity = each.get("legal_entity")
        if entity is not None and legal_entity_id(entity) is not None:
            above = etree.fromstring(legal_entity(entity, KEPT))
            found.setdefault(above.get("entityID", ""), above)
    return found


def document(**entities: Iterable[etree._Element | str]) -> etree._Element:
    """Return a CSD document of entities by kind, given as trees or as written."""
    space = "urn:ihe:iti:csd:2013"
    root = etree.Element(f"{{{space}}}CSD", nsmap={None: space})
    for kind in ("organization", "service", "facility", "provider"):
        etree.SubElement(root, f"{{{space}}}{kind}Directory").extend(
            etree.fromstring(each) if isinstance(each, str) else each for each in entities.get(kind, ())
        )
    return root


__all__ = ["KEPT", "document", "facility", "official_schema", "organizations_of"]
