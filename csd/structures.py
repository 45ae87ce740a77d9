"""The structures that our directory holds: as organizations, and whether a unit says the same of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from csd.mapping.common import ACTIVE, Bookkeeping
from csd.mapping.identity import legal_entity_id, site_id
from csd.mapping.organization import legal_entity, site
from csd.seen import seen_site
from orientation.access import Access

Source = Mapping[str, Any]
Json = Mapping[str, Any]
Held = Mapping[str, Json]
"""Entity id → content of the organization, as the directory holds it."""


def organization(source: Source, access: Access) -> str:
    """Write the organization of a document of our directory, as far as it may be seen."""
    content, kept = source["content"], bookkeeping(source)
    if "legal_entity" in content:
        return legal_entity(content["legal_entity"], kept)
    return site(seen_site(content["site"], access), kept, parent=content.get("parent"))


def bookkeeping(source: Source, default: str | None = None) -> Bookkeeping:
    """Return the record of a document; of one that the directory does not hold yet, ``default`` is its time."""
    updated = datetime.fromisoformat(source.get("updated") or default or source["created"])
    created = datetime.fromisoformat(source["created"]) if "created" in source else updated
    return Bookkeeping(created=created, updated=updated, status=ACTIVE)


def says_the_same(unit: Json, held: Held) -> bool:
    """Say whether the structures of a unit, as the directory holds them, are what the unit itself says."""
    record = {field: value for field, value in unit["site"].items() if field != "legal_entity"}
    legal = unit["site"].get("legal_entity")
    above = None if legal is None else legal_entity_id(legal)
    content = held.get(site_id(unit["site"]), {})
    if content.get("site") != record or content.get("parent") != above:
        return False
    return legal is None if above is None else held.get(above, {}).get("legal_entity") == legal


def structures(unit: Json) -> list[str]:
    """Return the entity ids of the structures of a unit: its site and, where it has one, its legal entity."""
    legal = unit["site"].get("legal_entity")
    above = None if legal is None else legal_entity_id(legal)
    return [site_id(unit["site"]), *([] if above is None else [above])]
