"""What may be seen of entries of the history: neither hidden counts, nor the ids of units that may not be known of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.gateway import Gateway
from orientation.access import Access, exceptional

Entry = dict[str, Any]


def seen_entries(gateway: Gateway, index: str, entries: Iterable[Mapping[str, Any]], access: Access) -> list[Entry]:
    """Return the entries that may be seen, in order; ``units`` of each are those that may be known of."""
    kept = [dict(entry) for entry in entries if may_see(entry, access)]
    if access.sees_sensitive:
        return kept
    known = _open_units(gateway, index, {unit for entry in kept for unit in entry.get("units", ())})
    for entry in kept:
        units = [unit for unit in entry.pop("units", ()) if unit in known]
        if units:
            entry["units"] = units
    return kept


def may_see(entry: Mapping[str, Any], access: Access) -> bool:
    """Say whether the count of an entry may be seen, given that those of its zone may."""
    return access.sees_exceptional or not exceptional(entry)


def _open_units(gateway: Gateway, index: str, ids: set[str]) -> frozenset[str]:
    """Return those of some units that are in the directory and not sensitive."""
    if not ids:
        return frozenset()
    query = {"bool": {"filter": [{"terms": {"id": sorted(ids)}}, {"term": {"sensitive": False}}]}}
    body = {"size": min(len(ids), 10_000), "query": query, "_source": False, "track_total_hits": False}
    return frozenset(hit["_id"] for hit in gateway.search(index, body)["hits"]["hits"])
