"""How fresh the bed counts of the whole directory are: what an operator watches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from beds.board import BoardQuestion, stale_clause
from beds.indices import BedIndices
from engine.gateway import Gateway

_PERCENTS = (50, 10, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Zones that count beds (or places): how many are ``fresh``, ``stale`` or ``silent`` on what is available.

    ``ages`` are seconds since what is available was observed, by percentile; empty where nothing is said.
    """

    kind: str
    fresh: int
    stale: int
    silent: int
    ages: Mapping[int, float]


def standing(gateway: Gateway, indices: BedIndices, question: BoardQuestion) -> Standing:
    """Return how the zones of the directory stand for the kind, moment and tensions of a question."""
    kind = question.kind
    said = {"exists": {"field": f"{kind}.available_at"}}
    body: dict[str, Any] = {
        "size": 0,
        "track_total_hits": True,
        "query": {"bool": {"filter": [{"exists": {"field": "units"}}, {"exists": {"field": f"{kind}.observed_at"}}]}},
        "aggs": {
            "silent": {"filter": {"bool": {"must_not": [said]}}},
            "stale": {"filter": stale_clause(question)},
            # The old have the small numbers: the 90th percentile of ages is the 10th of times.
            "seen": {"percentiles": {"field": f"{kind}.available_at", "keyed": False, "percents": _PERCENTS}},
        },
    }
    answer = gateway.search(indices.store, body)
    found = answer["aggregations"]
    total = answer["hits"]["total"]["value"]
    stale, silent = found["stale"]["doc_count"], found["silent"]["doc_count"]
    now = question.as_of.timestamp()
    seen = {round(100 - each["key"]): each["value"] for each in found["seen"]["values"]}
    ages = {cut: max(0.0, now - value / 1000) for cut, value in seen.items() if value is not None}
    return Standing(kind=kind, fresh=total - stale - silent, stale=stale, silent=silent, ages=ages)
