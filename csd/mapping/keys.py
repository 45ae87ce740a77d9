"""What a question may ask of the entities of our own directory: index documents of units and of their structures.

Written for speed: a nation's units pass here one by one while they are indexed. What repeats from unit to unit (codes,
communes, names, structures) is worked out once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from csd import entity as e
from csd.mapping.coded import EQUIPMENT, LEGAL_ENTITY, SITE, UNIT, CodedFields, coding
from csd.mapping.common import ACTIVE, Bookkeeping
from csd.mapping.facility import areas, equipment_codes
from csd.mapping.identity import (
    ENTITY_TYPE,
    LEGAL_IDS,
    SITE_IDS,
    UNIT_ID,
    facility_id,
    legal_entity_id,
    service_id,
    site_id,
)
from csd.mapping.identity import LEGAL_ENTITY as LEGAL_TYPE
from csd.mapping.identity import SITE as SITE_TYPE
from csd.mapping.organization import legal_name, service
from mappings.beds import instant

Json = dict[str, Any]

_HIDDEN = frozenset({"orsan_level"})
"""Coded fields that not everybody may see: nobody may find a site by them."""
_ACTIVE = e.fold_text(ACTIVE)


def content_hash(record: Mapping[str, Any]) -> int:
    """Return a hash of a unit or structure in its JSON shape, bed counts left out."""
    return e.content_hash(orjson.dumps(record))


def facility_keys(unit: Mapping[str, Any]) -> Json:
    """Return the index document of a unit's facility, its times and hash apart; ``unit`` is without bed counts."""
    unit_id = unit["id"]
    names, runs = _name(unit["name"])
    care_mode = unit["care_mode"]
    places = unit.get("places", ())
    codes = _codes(unit, _UNIT)
    codes += [_code(EQUIPMENT, code) for code in sorted(equipment_codes(unit))]
    document = {
        "kind": e.FACILITY,
        "entity_id": (entity_id := facility_id(unit_id)),
        "entity_key": entity_id,
        "other_ids": e.other_id_keys(UNIT_ID, unit_id),
        "codes": codes,
        "primary_name": names,
        "names": names,
        "name_runs": runs,
        "address": sorted({key for place in places for key in _address(place)}),
        "organizations": (site_id(unit["site"]),),
        "services": [service_id(activity, care_mode) for activity in unit["activities"]],
        "unit_id": unit_id,
    }
    return document | {"sensitive": True} if unit.get("sensitive") else document


def site_keys(site: Mapping[str, Any]) -> Json:
    """Return the index document of a site's organization, its times and hash apart."""
    parent = legal_entity_id(site["legal_entity"]) if "legal_entity" in site else None
    names = [site["name"], *([site["usual_name"]] if "usual_name" in site else [])]
    record = {field: value for field, value in site.items() if field != "legal_entity"}
    document = _organization(site_id(site), names, SITE_TYPE, site, SITE_IDS, _SITE)
    document |= {"content": {"site": record}, "address": _address(site), "has_parent": parent is not None}
    if parent is not None:
        document |= {"parent": parent, "content": {"site": record, "parent": parent}}
    return document


def legal_entity_keys(record: Mapping[str, Any]) -> Json:
    """Return the index document of the organization of a legal entity that says its id or name."""
    entity_id = legal_entity_id(record)
    assert entity_id is not None, "a legal entity without identifier and name is no entity"
    document = _organization(entity_id, [legal_name(record)], LEGAL_TYPE, record, LEGAL_IDS, _LEGAL_ENTITY)
    return document | {"content": {"legal_entity": dict(record)}, "address": _address(record), "has_parent": False}


def _organization(
    entity_id: str,
    names: list[str],
    kind: str,
    record: Mapping[str, Any],
    authorities: Mapping[str, str],
    fields: _Fields,
) -> Json:
    others = [e.other_id_keys(name, record[field]) for field, name in authorities.items() if field in record]
    return {
        "kind": e.ORGANIZATION,
        "entity_id": entity_id,
        "entity_key": entity_id,
        "other_ids": sorted({key for keys in others for key in keys}),
        "codes": [e.code_key(ENTITY_TYPE, kind), *_codes(record, fields)],
        "primary_name": e.name_pieces(names[0]),
        "names": [piece for name in names for piece in e.name_pieces(name)],
        "name_runs": e.name_runs(names[0]),
        "other_name_runs": [e.name_runs(name) for name in names[1:]],
    }


def service_document(activity: str, care_mode: str, since: datetime) -> Json:
    """Return the index document of a kind of care, which never changes, with its XML."""
    entity_id = service_id(activity, care_mode)
    xml = service(activity, care_mode, Bookkeeping(created=since, updated=since))
    return {
        "kind": e.SERVICE,
        "entity_id": entity_id,
        "entity_key": entity_id,
        "codes": [_code("R211", activity), _code("R213", care_mode)],
        "status": _ACTIVE,
        "content_hash": content_hash({"activity": activity, "care_mode": care_mode}),
        **dict.fromkeys(("created", "updated", "modified"), instant(since)),
        "xml": xml,
    }


def stamped(document: Json, digest: int, created: str, updated: str) -> Json:
    """Add times, as the index writes them, and the hash of what it was made of."""
    return document | {
        "status": _ACTIVE,
        "created": min(created, updated),
        "updated": updated,
        "modified": updated,
        "content_hash": digest,
    }


@lru_cache(maxsize=4_096)
def _name(name: str) -> tuple[list[str], str]:
    return e.name_pieces(name), e.name_runs(name)


_Fields = tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]


def _searchable(fields: CodedFields) -> _Fields:
    """Return the fields of a kind of record that anybody may find it by, and their lists."""
    one = tuple((field, list_id) for field, list_id in fields.one.items() if field not in _HIDDEN)
    return one, tuple(fields.many.items())


_UNIT, _SITE, _LEGAL_ENTITY = map(_searchable, (UNIT, SITE, LEGAL_ENTITY))


def _codes(record: Mapping[str, Any], fields: _Fields) -> list[str]:
    one, many = fields
    found = [_code(list_id, record[field]) for field, list_id in one if field in record]
    return found + [_code(list_id, code) for field, list_id in many if field in record for code in record[field]]


@lru_cache(maxsize=65_536)
def _code(list_id: str, code: str) -> str:
    return e.code_key(coding(list_id, code).scheme, code)


def _address(record: Mapping[str, Any]) -> list[str]:
    """Return the keys of an address and of the areas it lies in."""
    address = record.get("address", {})
    keys = [_street(line) for line in address.get("lines", ())]
    return [*keys, *_town(address.get("postcode"), address.get("commune"), record.get("insee"))]


@lru_cache(maxsize=16_384)
def _street(line: str) -> str:
    return e.address_key("streetAddress", line)


@lru_cache(maxsize=16_384)
def _town(postcode: str | None, commune: str | None, insee: str | None) -> tuple[str, ...]:
    lines = {"postalCode": postcode, "city": commune, **areas(insee)}
    return tuple(e.address_key(component, value) for component, value in lines.items() if value is not None)
