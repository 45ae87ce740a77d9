"""Site and legal entity ↔ organizations; kinds of care → services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

from csd.mapping import shapes
from csd.mapping.coded import LEGAL_ENTITY as LEGAL_CODES
from csd.mapping.coded import SITE as SITE_CODES
from csd.mapping.coded import Coding, add_coded, coding
from csd.mapping.common import (
    Bookkeeping,
    add_address,
    add_contact_point,
    add_contacts,
    add_extension,
    add_other_ids,
    add_record,
    add_text,
    merge,
    merge_contacts,
    new_entity,
    our_extension,
    read_address,
    read_contact_points,
    read_contacts,
    read_other_ids,
)
from csd.mapping.facility import areas
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
from csd.mapping.records import add_record as add_rest
from csd.mapping.records import read_record
from csd.names import tag

Json = dict[str, Any]

_SITE_TYPE = Coding(scheme=ENTITY_TYPE, code=SITE, label="Entité géographique")
_LEGAL_TYPE = Coding(scheme=ENTITY_TYPE, code=LEGAL_ENTITY, label="Entité juridique")
_SITE_AT_HOME = frozenset(
    {"name", "usual_name", "insee", "address", "legal_entity", *SITE_IDS, *SITE_CODES.one, *SITE_CODES.many}
)
_LEGAL_AT_HOME = frozenset({"name", "address", *LEGAL_IDS, *LEGAL_CODES.one})


def site(record: Mapping[str, Any], kept: Bookkeeping) -> etree._Element:
    """Return the organization of a site in its JSON shape; its legal entity is its parent, named by id only."""
    rest = {field: value for field, value in record.items() if field not in _SITE_AT_HOME}
    element = new_entity("organization", site_id(record))
    add_other_ids(element, record, SITE_IDS)
    add_coded(element, "codedType", _SITE_TYPE)
    for coded in SITE_CODES.codings(record):
        add_coded(element, "codedType", coded)
    add_text(element, "primaryName", record["name"])
    if "usual_name" in record:
        add_text(element, "otherName", record["usual_name"])
    _add_site_address(element, record, rest)
    contacts = add_contacts(element, record.get("contacts", ()))
    telecoms = [add_contact_point(element, each) for each in record.get("telecoms", ())]
    rest |= {name: items for name, items in (("contacts", contacts), ("telecoms", telecoms)) if items}
    parent = legal_entity_id(record["legal_entity"]) if "legal_entity" in record else None
    if parent is not None:
        etree.SubElement(element, tag("parent"), entityID=parent)
    _finish(element, SITE, rest, shapes.SITE, kept)
    return element


def _add_site_address(element: etree._Element, record: Mapping[str, Any], rest: Json) -> None:
    address = record.get("address")
    add_address(element, address or {}, areas(record.get("insee")))
    if address == {}:
        rest["address"] = {}


def legal_entity(record: Mapping[str, Any], kept: Bookkeeping) -> etree._Element:
    """Return the organization of a legal entity in its JSON shape; one without a name has its identifier for name."""
    rest = {field: value for field, value in record.items() if field not in _LEGAL_AT_HOME}
    entity_id = legal_entity_id(record)
    assert entity_id is not None, "a legal entity without identifier and name is no entity"
    element = new_entity("organization", entity_id)
    add_other_ids(element, record, LEGAL_IDS)
    add_coded(element, "codedType", _LEGAL_TYPE)
    for coded in LEGAL_CODES.codings(record):
        add_coded(element, "codedType", coded)
    add_text(element, "primaryName", record.get("name", legal_name(record)))
    if "name" not in record:
        rest["unnamed"] = True
    add_address(element, record.get("address", {}), {})
    if record.get("address") == {}:
        rest["address"] = {}
    _finish(element, LEGAL_ENTITY, rest, shapes.LEGAL_ENTITY, kept)
    return element


def legal_name(record: Mapping[str, Any]) -> str:
    """Return what to call a legal entity: its name, else its first identifier."""
    return str(next(record[field] for field in ("name", *LEGAL_IDS) if record.get(field)))


def _finish(element: etree._Element, kind: str, rest: Json, shape: shapes.Record, kept: Bookkeeping) -> None:
    """Add our extension, where there is something for it to say, and the record."""
    if rest:
        name = "site" if kind == SITE else "legal_entity"
        add_rest(add_extension(element, kind), name, rest, shape)
    add_record(element, kept)


def service(activity: str, care_mode: str, kept: Bookkeeping) -> etree._Element:
    """Return the service of a kind of care: an activity (R211) in a mode (R213)."""
    element = new_entity("service", service_id(activity, care_mode))
    add_coded(element, "codedType", coding("R211", activity))
    add_coded(element, "codedType", coding("R213", care_mode))
    add_record(element, kept)
    return element


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
