"""The directories that were loaded: which there are, the index behind each, and their end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from csd import entity as e
from engine.errors import EngineNotFound
from engine.gateway import Gateway
from mappings.definitions import mapping_hash
from mappings.errors import FieldError, InvalidInput, NotFound, shorten


@dataclass(frozen=True, slots=True)
class DirectoryRow:
    """One directory: entities of each kind (without those that were removed), size, origin."""

    name: str
    index: str
    entities: Mapping[str, int]
    bytes: int
    source: str
    loaded_at: str
    mapping_is_current: bool


def new_index(alias: str, now: datetime) -> str:
    """Return the name of an index made now; two of one second differ by their fraction."""
    return f"{alias}-{now.strftime('%Y%m%d%H%M%S')}{now.microsecond:06d}-{mapping_hash(e.DEFINITION)}"


def _owns(alias: str, index: str) -> bool:
    return re.fullmatch(rf"{re.escape(alias)}-(\d{{14}}|\d{{20}})-[0-9a-f]{{8}}", index) is not None


def serving(gateway: Gateway, alias: str) -> str | None:
    """Return the index of a directory, ``None`` where there is none."""
    behind = gateway.aliases(alias).get(alias, [])
    return behind[0] if behind else None


def publish(gateway: Gateway, alias: str, index: str, previous: str | None, meta: Mapping[str, Any]) -> None:
    """Make an index serve, in one step, and delete those made before; it fails where another load was faster."""
    gateway.put_mapping(index, {"_meta": dict(meta)})
    actions: list[dict[str, Any]] = [{"add": {"index": index, "alias": alias}}]
    if previous is not None:
        actions.insert(0, {"remove": {"index": previous, "alias": alias, "must_exist": True}})
    gateway.update_aliases(actions)
    gateway.delete_index(*(each for each in gateway.indices(f"{alias}-*") if _owns(alias, each) and each < index))


def discard(gateway: Gateway, alias: str, index: str) -> None:
    """Delete an index of a directory, unless it serves."""
    if index != serving(gateway, alias):
        gateway.delete_index(index)


def directories(gateway: Gateway) -> list[DirectoryRow]:
    """Return all directories by name, our own among them."""
    return [_row(gateway, alias, behind[0]) for alias, behind in sorted(gateway.aliases("csd-*").items())]


def _row(gateway: Gateway, alias: str, index: str) -> DirectoryRow:
    body = {
        "size": 0,
        "query": {"bool": {"must_not": [{"term": {"removed": True}}]}},
        "aggs": {"kinds": {"terms": {"field": "kind"}}},
    }
    buckets = gateway.search(index, body)["aggregations"]["kinds"]["buckets"]
    counted = {bucket["key"]: int(bucket["doc_count"]) for bucket in buckets}
    meta = gateway.indices(index)[index]["mappings"].get("_meta", {})
    return DirectoryRow(
        name=e.directory_name(alias),
        index=index,
        entities={kind: counted.get(kind, 0) for kind in e.KINDS},
        bytes=gateway.index_bytes(index).get(index, 0),
        source=str(meta.get("source", "")),
        loaded_at=str(meta.get("loaded_at", "")),
        mapping_is_current=index.endswith(mapping_hash(e.DEFINITION)),
    )


def remove(gateway: Gateway, name: str, *, own: str) -> None:
    """Delete a directory that was loaded; ``NotFound`` where there is none of that name."""
    alias = e.directory_alias(name)
    if alias is not None and alias == e.directory_alias(own):
        raise InvalidInput([FieldError("name", "is that of our own directory, which goes with the units", name)])
    index = None if alias is None else serving(gateway, alias)
    if index is None:
        raise NotFound(f"no directory {shorten(name)!r} is loaded")
    try:
        gateway.delete_index(index)
    except EngineNotFound:
        raise NotFound(f"no directory {shorten(name)!r} is loaded any more") from None
