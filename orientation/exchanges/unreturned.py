"""Units of ours that no answer to another directory held: what nobody elsewhere ever sees of us."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from engine.errors import EngineNotFound
from engine.gateway import Gateway
from mappings.territory import departments
from orientation.access import Access
from orientation.exchanges.entry import IN, OUT
from orientation.exchanges.indicators import Span
from orientation.exchanges.journal import INDEX

_PAGE = 10_000
"""Ids read at a time; a clause of the engine takes 65,536."""
_DEPARTMENT = "quality.department"


def never_returned(
    gateway: Gateway, span: Span, units: str, access: Access, index: str = INDEX
) -> dict[str, Any] | None:
    """Return how many units of our index were in no answer of a span, of how many, by department.

    Of sensitive units nothing is told to who may not know of them. ``None`` where only what we asked is counted: which
    units another directory has, and did not return, is not ours to know.
    """
    if span.direction == OUT:
        return None
    seen = [{"terms": {"id": ids}} for ids in _returned(gateway, replace(span, direction=IN), index)]
    hidden = [] if access.sees_sensitive else [{"term": {"sensitive": True}}]
    known = gateway.count(units, {"bool": {"must_not": hidden}})
    by_department = {"terms": {"field": _DEPARTMENT, "size": len(departments()), "order": {"_count": "desc"}}}
    body = {
        "size": 0,
        "track_total_hits": True,
        "query": {"bool": {"must_not": [*hidden, *seen]}},
        "aggs": {"departments": by_department},
    }
    said = gateway.search(units, body)
    never = said["hits"]["total"]["value"]
    return {
        "units": never,
        "known": known,
        "share": round(never / known, 4) if known else None,
        "departments": [
            {"code": each["key"], "units": each["doc_count"]} for each in said["aggregations"]["departments"]["buckets"]
        ],
    }


def _returned(gateway: Gateway, span: Span, index: str) -> Iterator[list[str]]:
    """Yield the ids of all units that were returned, each once, a page at a time."""
    source: dict[str, Any] = {"size": _PAGE, "sources": [{"unit": {"terms": {"field": "units"}}}]}
    while True:
        body = {"size": 0, "track_total_hits": False, "query": span.query, "aggs": {"units": {"composite": source}}}
        try:
            found = gateway.search(f"{index}-*", body).get("aggregations", {}).get("units", {})
        except EngineNotFound:
            return
        ids = [each["key"]["unit"] for each in found.get("buckets", ())]
        if ids:
            yield ids
        if len(ids) < _PAGE:
            return
        source = {**source, "after": found["after_key"]}
