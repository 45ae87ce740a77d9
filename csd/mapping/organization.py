"""Site and legal entity ↔ organizations; kinds of care → services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

from csd.mapping import shapes
from csd.mapping.coded import LEGAL_ENTITY as LEGAL_CODES
from csd.mapping.coded import SITE as SITE_CODES
from csd.mapping.coded import Coding, coded, coded_type
from csd.mapping.common import (
    Bookkeeping,
    address,
    begin,
    bookkeeping,
    contact_points,
    contacts,
    extension,
    merge,
    merge_contacts,
    other_ids,
    our_extension,
    read_address,
    read_contact_points,
    read_contacts,
    read_other_ids,
)
from csd.mapping.facility import area_lines
from csd.mapping.identity import (
    ENTITY_TYPE,
    LEGAL_ENTITY,
    LEGAL_IDS,
    SITE,
    SITE_IDS,
    legal_entity_id,
    service_id,
    site_id,
)
from csd.mapping.records import read_record
from csd.mapping.shapes import xml_name
from csd.mapping.text import said
from csd.mapping.writing import DECLARED, written
from csd.names import tag

Json = dict[str, Any]

_SITE_TYPE = Coding(scheme=ENTITY_TYPE, code=SITE, label="Entité géographique")
_LEGAL_TYPE = Coding(scheme=ENTITY_TYPE, code=LEGAL_ENTITY, label="Entité juridique")
_SITE_AT_HOME = frozenset(
    {"name", "usual_name", "insee", "address", "legal_entity", *SITE_IDS, *SITE_CODES.one, *SITE_CODES.many}
)
_LEGAL_AT_HOME = frozenset({"name", "address", *LEGAL_IDS, *LEGAL_CODES.one})


def site(record: Mapping[str, Any], kept: Bookkeeping, *, parent: str | None = None) -> str:
    """Write the organization of a site in its JSON shape; its legal entity is its parent, named by id only.

    ``parent`` is the id of its legal entity where the record itself says none.
    """
    rest = {field: value for field, value in record.items() if field not in _SITE_AT_HOME}
    people, contact_rests = contacts(record.get("contacts", ()))
    points, telecom_rests = contact_points(record.get("telecoms", ()))
    rest |= {name: items for name, items in (("contacts", contact_rests), ("telecoms", telecom_rests)) if items}
    if record.get("address") == {}:
        rest["address"] = {}
    above = legal_entity_id(record["legal_entity"]) if "legal_entity" in record else parent
    parts = [
        begin("organization", site_id(record)),
        other_ids(record, SITE_IDS),
        coded_type(_SITE_TYPE),
        SITE_CODES.written(record),
        said("primaryName", record["name"]),
        said("otherName", record["usual_name"]) if "usual_name" in record else "",
        address(record.get("address", {}), area_lines(record.get("insee"))),
        people,
        points,
        "" if above is None else said("parent", "", entityID=above),
    ]
    return "".join(parts) + _end(SITE, rest, shapes.SITE, kept)


def legal_entity(record: Mapping[str, Any], kept: Bookkeeping) -> str:
    """Write the organization of a legal entity in its JSON shape; one without a name has its identifier for name."""
    rest = {field: value for field, value in record.items() if field not in _LEGAL_AT_HOME}
    entity_id = legal_entity_id(record)
    assert entity_id is not None, "a legal entity without identifier and name is no entity"
    if "name" not in record:
        rest["unnamed"] = True
    if record.get("address") == {}:
        rest["address"] = {}
    parts = [
        begin("organization", entity_id),
        other_ids(record, LEGAL_IDS),
        coded_type(_LEGAL_TYPE),
        LEGAL_CODES.written(record),
        said("primaryName", record.get("name", legal_name(record))),
        address(record.get("address", {}), ""),
    ]
    return "".join(parts) + _end(LEGAL_ENTITY, rest, shapes.LEGAL_ENTITY, kept)


def legal_name(record: Mapping[str, Any]) -> str:
    """Return what to call a legal entity: its name, else its first identifier."""
    return str(next(record[field] for field in ("name", *LEGAL_IDS) if record.get(field)))


def _end(kind: str, rest: Json, shape: shapes.Record, kept: Bookkeeping) -> str:
    """Write our extension, where there is something for it to say, the record, and the tag that ends it."""
    name = "site" if kind == SITE else xml_name("legal_entity")
    ours = extension(kind, written(name, rest, shape, DECLARED)) if rest else ""
    return f"{ours}{bookkeeping(kept)}</organization>"


def service(activity: str, care_mode: str, kept: Bookkeeping) -> str:
    """Write the service of a kind of care: an activity (R211) in a mode (R213)."""
    codes = coded("R211", activity) + coded("R213", care_mode)
    return f"{begin('service', service_id(activity, care_mode))}{codes}{bookkeeping(kept)}</service>"


def read_site(element: etree._Element, parent: etree._Element | None) -> Json:
    """Read a site off its organization and that of its legal entity."""
    ours = our_extension(element, SITE)
    rest = {} if ours is None else read_record(ours, shapes.SITE, "site")
    found = _read_common(element, SITE_IDS, SITE_CODES)
    usual_name = element.findtext(tag("otherName"))
    if usual_name is not None:
        found["usual_name"] = usual_name
    lists = {
        "contacts": (read_contacts(element), merge_contacts),
        "telecoms": (read_contact_points(element), merge),
    }
    for field, (items, put_together) in lists.items():
        whole = items if ours is None and items else put_together(items, rest.pop(field, []), f"site.{field}")
        if whole:
            found[field] = whole
    found |= {field: value for field, value in rest.items() if field not in found}
    if parent is not None:
        found["legal_entity"] = read_legal_entity(parent)
    return found


def read_legal_entity(element: etree._Element) -> Json:
    """Read a legal entity off its organization."""
    ours = our_extension(element, LEGAL_ENTITY)
    rest = {} if ours is None else read_record(ours, shapes.LEGAL_ENTITY, "site.legal_entity")
    found = _read_common(element, LEGAL_IDS, LEGAL_CODES)
    found.pop("insee", None)
    if rest.pop("unnamed", False):
        del found["name"]
    return found | {field: value for field, value in rest.items() if field not in found}


def _read_common(element: etree._Element, authorities: Mapping[str, str], codes: Any) -> Json:
    found: Json = read_other_ids(element, authorities)
    found |= codes.read(element.iterfind(tag("codedType")))
    found["name"] = element.findtext(tag("primaryName")) or ""
    address = element.find(tag("address"))
    if address is not None:
        written, insee = read_address(address)
        found |= {name: value for name, value in (("address", written), ("insee", insee)) if value}
    return found
