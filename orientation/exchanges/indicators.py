"""The indicators of exchanges: counts, shares and times out of the log, by what they are grouped by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.errors import EngineNotFound
from engine.gateway import Gateway
from mappings.beds import instant
from orientation.exchanges.journal import INDEX
from orientation.peers.merging import ANSWERED, COPIED
from orientation.question.measures import PARIS

GROUPS = ("peer", "region", "direction", "transaction", "profile", "profession", "outcome", "age_band", "day")
_DAYS = {
    "date_histogram": {
        "field": "at",
        "calendar_interval": "day",
        "format": "yyyy-MM-dd",
        "time_zone": PARIS.key,
        "min_doc_count": 1,
    }
}
_PERCENTS = (50.0, 95.0, 99.0)
_MOST = 1000
_PRECISE = 40_000
"""Units up to which their number is exact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which exchanges are counted: from a moment, included, to another, excluded; of one peer, in one direction."""

    since: datetime | None = None
    until: datetime | None = None
    peer: str | None = None
    direction: str | None = None

    @property
    def query(self) -> dict[str, Any]:
        """What the engine is asked."""
        at = {name: instant(moment) for name, moment in (("gte", self.since), ("lt", self.until)) if moment}
        said = {"peer": self.peer, "direction": self.direction}
        terms = [{"term": {name: value}} for name, value in said.items() if value is not None]
        return {"bool": {"filter": [*([{"range": {"at": at}}] if at else []), *terms]}}


def indicators(gateway: Gateway, span: Span, group_by: str, now: datetime, index: str = INDEX) -> dict[str, Any]:
    """Return the indicators of all exchanges of a span, and of each group; ``lag_s`` is as of ``now``.

    Days are those of Paris. Without any exchange all is zero, and what is a part of nothing is null.
    """
    by: dict[str, Any] = _DAYS if group_by == "day" else {"terms": {"field": group_by, "size": _MOST}}
    body = {
        "size": 0,
        "track_total_hits": True,
        "query": span.query,
        "aggs": {**_measures(), "groups": {**by, "aggs": _measures()}},
    }
    try:
        gateway.refresh(f"{index}-*")
        said = gateway.search(f"{index}-*", body)
    except EngineNotFound:
        return {"total": _written({}, 0, now), "groups": []}
    found = said.get("aggregations", {})
    groups = found.get("groups", {}).get("buckets", ())
    return {
        "total": _written(found, said["hits"]["total"]["value"], now),
        "groups": [{"key": _key(each), **_written(each, each["doc_count"], now)} for each in groups],
    }


def _key(bucket: Mapping[str, Any]) -> str:
    return str(bucket.get("key_as_string", bucket["key"]))


def _measures() -> dict[str, Any]:
    stale = {"stale": {"filter": {"term": {"stale": True}}}}
    return {
        "answered": {"filter": {"term": {"outcome": ANSWERED}}, "aggs": {"empty": {"filter": {"term": {"found": 0}}}}},
        "counted": {"filter": {"exists": {"field": "worst_bed_age_s"}}, "aggs": stale},
        "newest_update": {"max": {"field": "newest_update"}},
        "times": {"percentiles": {"field": "duration_ms", "percents": list(_PERCENTS)}},
        "outcomes": {"terms": {"field": "outcome", "size": _MOST}},
        "units": {"cardinality": {"field": "units", "precision_threshold": _PRECISE}},
    }  # fmt: skip


def _written(found: Mapping[str, Any], exchanges: int, now: datetime) -> dict[str, Any]:
    """Write the measures of a bucket; a share of nothing is null."""
    answered = found.get("answered", {"doc_count": 0, "empty": {"doc_count": 0}})
    counted = found.get("counted", {"doc_count": 0, "stale": {"doc_count": 0}})
    times = found.get("times", {}).get("values", {})
    outcomes = found.get("outcomes", {}).get("buckets", ())
    return {
        "exchanges": exchanges,
        "answered": answered["doc_count"],
        "without_result": answered["empty"]["doc_count"],
        "share_without_result": _share(answered["empty"]["doc_count"], answered["doc_count"]),
        "with_bed_counts": counted["doc_count"],
        "share_stale": _share(counted["stale"]["doc_count"], counted["doc_count"]),
        "errors": {each["key"]: each["doc_count"] for each in outcomes if each["key"] not in {ANSWERED, COPIED}},
        "duration_ms": {f"p{percent:.0f}": times.get(str(percent)) for percent in _PERCENTS},
        "lag_s": _lag(found.get("newest_update", {}).get("value"), now),
        "units_returned": found.get("units", {}).get("value", 0),
    }


def _lag(newest_ms: float | None, now: datetime) -> int | None:
    """Return how many seconds ago the unit changed that changed last of all that was passed on."""
    return None if newest_ms is None else max(0, int(now.timestamp() - newest_ms / 1000))


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
