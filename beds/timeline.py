"""The history of one bed zone: what was said, when, by whom; all of it, or as many points as a sparkline shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from beds.indices import BedIndices
from engine.gateway import Gateway
from mappings.beds import instant
from mappings.capacity import EXTRA

MAX_ENTRIES = 1000
"""Most entries told at once; the newest ones."""
MAX_POINTS = 500
_SERIES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineQuestion:
    """Which part: of the observations from ``start`` to before ``end``, those whose key has these parts.

    Without ``exceptional``, beds above the installed ones and those of a crisis are left out.
    """

    place: str
    start: datetime
    end: datetime
    key: Mapping[str, str] = field(default_factory=dict)
    exceptional: bool = True


def entries(gateway: Gateway, indices: BedIndices, question: TimelineQuestion) -> tuple[list[dict[str, Any]], int]:
    """Return the entries, newest observation first, at most ``MAX_ENTRIES``, and how many there are."""
    body = {
        "size": MAX_ENTRIES,
        "track_total_hits": True,
        "query": _query(question),
        "sort": [{"observed_at": "desc"}, {"received_at": "desc"}, {"key": "asc"}],
        "_source": {"excludes": ["units", "department", "region", "place"]},
    }
    hits = gateway.search(indices.every_history, body)["hits"]
    return [hit["_source"] for hit in hits["hits"]], hits["total"]["value"]


def series(gateway: Gateway, indices: BedIndices, question: TimelineQuestion, points: int) -> list[dict[str, Any]]:
    """Return, by key, at most ``points`` points: the last count said in each span of time, the least and the most.

    A span in which nothing was said has no point: nothing is made up.
    """
    span = max(1, -(-_milliseconds(question) // points))
    offset = _epoch(question.start) % span
    spans = {
        "date_histogram": {
            "field": "observed_at",
            "fixed_interval": f"{span}ms",
            "offset": f"{offset}ms",
            "min_doc_count": 1,
        },
        "aggs": {
            "range": {"stats": {"field": "count"}},
            "last": {
                "top_hits": {
                    "size": 1,
                    "sort": [{"observed_at": "desc"}, {"received_at": "desc"}],
                    "_source": ["count", "deleted", "observed_at", "source", "who"],
                }
            },
        },
    }
    body = {
        "size": 0,
        "query": _query(question),
        "aggs": {
            "keys": {"terms": {"field": "key", "size": _SERIES, "order": {"_key": "asc"}}, "aggs": {"spans": spans}}
        },
    }
    found = gateway.search(indices.every_history, body).get("aggregations", {}).get("keys", {"buckets": ()})
    return [{"key": bucket["key"], "points": _points(bucket["spans"]["buckets"])} for bucket in found["buckets"]]


def _points(buckets: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    told = []
    for bucket in buckets:
        last = bucket["last"]["hits"]["hits"][0]["_source"]
        stats = bucket["range"]
        told.append(
            {
                "at": instant(datetime.fromtimestamp(bucket["key"] / 1000, UTC)),
                **last,
                "min": None if stats["count"] == 0 else round(stats["min"]),
                "max": None if stats["count"] == 0 else round(stats["max"]),
                "entries": bucket["doc_count"],
            }
        )
    return told


def _query(question: TimelineQuestion) -> dict[str, Any]:
    within = {"gte": instant(question.start), "lt": instant(question.end)}
    clauses: list[dict[str, Any]] = [{"term": {"place": question.place}}, {"range": {"observed_at": within}}]
    clauses += [{"term": {part: code}} for part, code in question.key.items()]
    hidden = [] if question.exceptional else [{"term": {"status": EXTRA}}, {"exists": {"field": "crisis"}}]
    return {"bool": {"filter": clauses, "must_not": hidden}}


def _epoch(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _milliseconds(question: TimelineQuestion) -> int:
    return max(1, _epoch(question.end) - _epoch(question.start))
