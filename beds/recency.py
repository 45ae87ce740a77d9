"""How old the counts of what is free are: zones by class of age, by territory or site, each counted once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from beds.board import GROUPS, BoardQuestion, stale_clause
from beds.indices import BedIndices
from engine.gateway import Gateway
from mappings.beds import instant
from mappings.chunks import in_chunks

AGES: tuple[timedelta, ...] = (timedelta(hours=1), timedelta(hours=24), timedelta(days=7))
"""Bounds of the classes of age; the last class is open."""
_KINDS = ("bed", "place")
_IDS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recency:
    """Zones: ``silent`` ones say nothing of what is free now, ``stale`` ones said it too long ago for their care.

    ``ages`` counts the others and the stale ones by class of age, youngest first; a zone with beds and places counts
    by the older of its two counts.
    """

    zones: int = 0
    silent: int = 0
    stale: int = 0
    ages: tuple[int, ...] = (0,) * (len(AGES) + 1)
    oldest: datetime | None = None

    def __add__(self, other: Recency) -> Recency:
        """Add two sets of different zones."""
        known = [each for each in (self.oldest, other.oldest) if each is not None]
        return Recency(
            zones=self.zones + other.zones,
            silent=self.silent + other.silent,
            stale=self.stale + other.stale,
            ages=tuple(one + more for one, more in zip(self.ages, other.ages, strict=True)),
            oldest=min(known, default=None),
        )


def recency(
    gateway: Gateway,
    indices: BedIndices,
    question: BoardQuestion,
    zones: Sequence[str],
    wanted: Sequence[str],
    sites: Sequence[str] = (),
) -> tuple[dict[str, Recency], Recency]:
    """Return the recency of zones given by id: of the rows wanted, by code, and of all; ``sites`` keeps some sites'."""
    rows: dict[str, Recency] = {}
    total = Recency()
    for chunk in in_chunks(zones, _IDS):
        body = body_of(question, chunk, wanted, sites)
        found = gateway.search(indices.store, body)["aggregations"]
        total += _read(found)
        for bucket in found["rows"]["buckets"]:
            rows[bucket["key"]] = rows.get(bucket["key"], Recency()) + _read(bucket)
    return rows, total


def body_of(
    question: BoardQuestion, zones: Sequence[str], wanted: Sequence[str], sites: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the search: no count is added up, only ages are looked at."""
    each = _counts(question)
    asked: list[dict[str, Any]] = [{"terms": {"id": list(zones)}}]
    if sites:
        asked.append({"terms": {question.of_units("sites"): list(sites)}})
    field = question.of_units(GROUPS[question.group_by])
    rows = {"terms": {"field": field, "size": max(1, len(wanted)), "include": list(wanted)}, "aggs": each}
    return {
        "size": 0,
        "track_total_hits": False,
        "query": {"bool": {"filter": asked}},
        "aggs": {**each, "rows": rows},
    }


def _counts(question: BoardQuestion) -> dict[str, Any]:
    bounds = [instant(question.as_of - age) for age in AGES]
    younger = [_all_since(bound) for bound in bounds]
    stale = [stale_clause(replace(question, kind=kind)) for kind in _KINDS]
    return {
        "zones": {"filter": {"match_all": {}}},
        "said": {"filter": _said()},
        "stale": {"filter": {"bool": {"should": stale, "minimum_should_match": 1}}},
        "ages": {"filters": {"filters": {str(n): clause for n, clause in enumerate(younger)}}},
        **{f"oldest_{kind}": {"min": {"field": f"{kind}.available_at"}} for kind in _KINDS},
    }


def _said() -> dict[str, Any]:
    said = [{"exists": {"field": f"{kind}.available_at"}} for kind in _KINDS]
    return {"bool": {"should": said, "minimum_should_match": 1}}


def _all_since(bound: str) -> dict[str, Any]:
    """Return the clause of the zones that said something, and all of it since the bound."""
    older = [{"range": {f"{kind}.available_at": {"lt": bound}}} for kind in _KINDS]
    return {"bool": {"filter": [_said()], "must_not": older}}


def _read(found: Mapping[str, Any]) -> Recency:
    said = found["said"]["doc_count"]
    within = [found["ages"]["buckets"][str(n)]["doc_count"] for n in range(len(AGES))]
    steps = [0, *within, said]
    oldest = [found[f"oldest_{kind}"]["value"] for kind in _KINDS]
    known = [value for value in oldest if value is not None]
    return Recency(
        zones=found["zones"]["doc_count"],
        silent=found["zones"]["doc_count"] - said,
        stale=found["stale"]["doc_count"],
        ages=tuple(after - before for before, after in pairwise(steps)),
        oldest=datetime.fromtimestamp(min(known) / 1000, UTC) if known else None,
    )
