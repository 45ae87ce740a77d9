"""What is left of an entity that a directory has no more: those who copy the directory must learn of it (ITI-74).

CSD cannot say "deleted"; a removed entity stays, with the status ``Inactive`` and the time of its removal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from lxml import etree

from csd import entity as e
from csd.held import Held
from csd.mapping.common import ACTIVE, INACTIVE, Bookkeeping, begin, bookkeeping, record_attributes
from csd.mapping.text import said
from csd.names import tag
from engine.gateway import Gateway
from mappings.beds import instant

Json = dict[str, Any]

KEPT = timedelta(days=400)
"""How long a removal is told: who polls more rarely than once a year asks for all of it."""
_CHUNK = 500


def tombstones(gateway: Gateway, index: str | None, held: Held, now: datetime) -> Iterator[tuple[str, Json]]:
    """Yield (id, document) for each entity of an index that nothing took the place of; old ones are let go."""
    if index is None:
        return
    for hit in gateway.existing(index, held.left()):
        document = tombstone(hit["_source"], now)
        if document is not None:
            yield hit["_id"], document


def told_long_enough(gateway: Gateway, index: str, now: datetime) -> Iterator[str]:
    """Yield the ids of what is left of entities that were removed so long ago that nobody need be told."""
    filters = [{"term": {"removed": True}}, {"range": {"modified": {"lt": instant(now - KEPT)}}}]
    for hit in gateway.scan(index, {"bool": {"filter": filters}}, source=False):
        yield hit["_id"]


def tombstone(source: Mapping[str, Any], now: datetime) -> Json | None:
    """Return what is left of a document; ``None`` for a removal that was told long enough."""
    if source.get("removed"):
        old = datetime.fromisoformat(source["modified"]) < now - KEPT
        return None if old else dict(source)
    kept = Bookkeeping(created=_created(source, now), updated=now, status=INACTIVE)
    xml = _marked(source["xml"], kept) if "xml" in source else _least(source, kept)
    return {
        "kind": source["kind"],
        "entity_id": source["entity_id"],
        "entity_key": source["entity_key"],
        "sensitive": source.get("sensitive", False),
        "removed": True,
        "status": e.fold_text(INACTIVE),
        "created": instant(kept.created),
        "updated": instant(now),
        "modified": instant(now),
        "content_hash": source["content_hash"],
        "xml": xml,
    }


def again(source: Mapping[str, Any], now: datetime) -> Json:
    """Return a stored document as one that changed now."""
    document = {**source, "updated": instant(now), "modified": instant(now)}
    if "xml" in document:
        status = INACTIVE if document.get("removed") else ACTIVE
        kept = Bookkeeping(created=_created(source, now), updated=now, status=status)
        document["xml"] = _marked(document["xml"], kept)
    return document


def _created(source: Mapping[str, Any], now: datetime) -> datetime:
    return datetime.fromisoformat(source["created"]) if "created" in source else now


def _marked(xml: str, kept: Bookkeeping) -> str:
    """Return an entity as it was, but for its record."""
    element = etree.fromstring(xml)
    for record in element.findall(tag("record")):
        element.remove(record)
    etree.SubElement(element, tag("record"), record_attributes(kept))
    return etree.tostring(element, encoding="unicode")


def _least(source: Mapping[str, Any], kept: Bookkeeping) -> str:
    """Return the least that is a valid facility or organization; its name in small letters, as keys have it."""
    scheme, _, code = source["codes"][0].partition(e.SEPARATOR)
    coded = said("codedType", "", code=code, codingScheme=scheme)
    name = said("primaryName", source["primary_name"][0])
    kind = source["kind"]
    return f"{begin(kind, source['entity_id'])}{coded}{name}{bookkeeping(kept)}</{kind}>"
