"""The structures that our directory holds: as organizations, and whether a unit says the same of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from lxml import etree

from csd.entity import ORGANIZATION, directory_alias, document_id
from csd.mapping.common import ACTIVE, Bookkeeping
from csd.mapping.identity import legal_entity_id, site_id
from csd.mapping.organization import legal_entity, site
from csd.names import tag
from csd.seen import seen_site
from engine.gateway import Gateway
from orientation.access import Access

Source = Mapping[str, Any]
Json = Mapping[str, Any]
Held = Mapping[str, Json]
"""Entity id → content of the organization, as the directory holds it."""


def organization(source: Source, access: Access) -> etree._Element:
    """Return the organization of a document of our directory, as far as it may be seen."""
    content, kept = source["content"], bookkeeping(source)
    if "legal_entity" in content:
        return legal_entity(content["legal_entity"], kept)
    element = site(seen_site(content["site"], access), kept)
    if "parent" in content:
        after = next(child for child in element if child.tag in {tag("extension"), tag("record")})
        after.addprevious(etree.Element(tag("parent"), entityID=content["parent"]))
    return element


def bookkeeping(source: Source, default: str | None = None) -> Bookkeeping:
    """Return the record of a document; of one that the directory does not hold yet, ``default`` is its time."""
    updated = datetime.fromisoformat(source.get("updated") or default or source["created"])
    created = datetime.fromisoformat(source["created"]) if "created" in source else updated
    return Bookkeeping(created=created, updated=updated, status=ACTIVE)


def held_structures(gateway: Gateway, directory: str, units: Iterable[Json]) -> Held:
    """Return what the directory holds of the structures of some units."""
    alias = directory_alias(directory)
    assert alias is not None
    wanted = {entity_id for unit in units for entity_id in _structures(unit["site"])}
    ids = [document_id(ORGANIZATION, each) for each in sorted(wanted)]
    found = gateway.mget(alias, ids, source="entity_id,content")
    return {doc["_source"]["entity_id"]: doc["_source"].get("content", {}) for doc in found if doc is not None}


def says_the_same(unit: Json, held: Held) -> bool:
    """Say whether the structures of a unit, as the directory holds them, are what the unit itself says."""
    record = {field: value for field, value in unit["site"].items() if field != "legal_entity"}
    legal = unit["site"].get("legal_entity")
    above = None if legal is None else legal_entity_id(legal)
    content = held.get(site_id(unit["site"]), {})
    if content.get("site") != record or content.get("parent") != above:
        return False
    return legal is None if above is None else held.get(above, {}).get("legal_entity") == legal


def _structures(record: Json) -> list[str]:
    legal = record.get("legal_entity")
    above = None if legal is None else legal_entity_id(legal)
    return [site_id(record), *([] if above is None else [above])]
