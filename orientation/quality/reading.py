"""What the index answers, as rows: of a site, a department, a region, and of all that was asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from beds.board import BoardQuestion
from beds.indices import BedIndices
from beds.recency import Recency, recency
from engine.gateway import Gateway
from mappings.quality import FEW_UNITS, RECENT_SHARE, RULES
from orientation.quality.asking import (
    PAGE,
    QualityQuestion,
    hosting,
    rows_body,
    site_ages_body,
    units_body,
    worst_sites_body,
)
from orientation.zones import may_see_counts, zones_of

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row; ``checked`` and ``broken`` count units by rule, ``ages`` units by class of age of their record.

    ``sites`` are those with a FINESS number, ``recent_sites`` those that keep rule RE1.2. ``beds`` is ``None`` for
    whoever may see no counts.
    """

    code: str
    name: str = ""
    units: int
    checked: Mapping[str, int]
    broken: Mapping[str, int]
    ages: tuple[int, ...]
    oldest: datetime | None
    newest: datetime | None
    sites: int = 0
    recent_sites: int = 0
    beds: Recency | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The rows, their total, how many sites there are; with a rule, the units that break it and their number."""

    rows: tuple[Row, ...]
    total: Row
    units: tuple[Json, ...] = ()
    units_total: int = 0


@dataclass(slots=True)
class _Ages:
    """Units and recent units of one site."""

    units: int = 0
    recent: int = 0

    def add(self, units: int, recent: int) -> None:
        self.units += units
        self.recent += recent

    @property
    def holds(self) -> bool:
        return is_recent(self.units, self.recent)


def is_recent(units: int, recent: int) -> bool:
    """Say whether a site keeps rule RE1.2: a quarter of its units, or one of a few."""
    return recent >= 1 if units < FEW_UNITS else recent >= RECENT_SHARE * units


def quality(gateway: Gateway, indices: BedIndices, question: QualityQuestion) -> Quality:
    """Ask the index of units and the store of counts; the engine's errors pass through."""
    index = indices.units
    sites: list[str] | None = None
    if question.group_by == "site":
        buckets = gateway.search(index, worst_sites_body(question))["aggregations"]["rows"]["buckets"]
        sites = [bucket["key"] for bucket in buckets]
    answer = gateway.search(index, rows_body(question, sites))
    found = answer["aggregations"]
    by_site, by_territory = _site_ages(gateway, index, question)
    total = _row("total", answer["hits"]["total"]["value"], found, list(by_site.values()))
    groups = {code: [ages] for code, ages in by_site.items()} if sites is not None else by_territory
    rows = [
        _row(bucket["key"], bucket["doc_count"], bucket, groups.get(bucket["key"], ()))
        for bucket in found["rows"]["buckets"]
    ]
    order = {code: n for n, code in enumerate(sites or ())}
    rows.sort(key=lambda row: (order.get(row.code, 0), row.code))
    told = Quality(rows=tuple(rows), total=total)
    if question.access.sees_counts:
        told = _with_beds(gateway, indices, question, told)
    return _with_units(gateway, index, question, told) if question.rule else told


def _with_beds(gateway: Gateway, indices: BedIndices, question: QualityQuestion, told: Quality) -> Quality:
    """Add how old the counts are, of the zones of units that host."""
    asked = BoardQuestion(
        as_of=question.as_of,
        group_by=question.group_by,
        tension_departments=question.tension_departments,
        tension_regions=question.tension_regions,
        sensitive=question.access.sees_sensitive,
        exceptional=question.access.sees_exceptional,
    )
    zones = zones_of(gateway, may_see_counts(hosting(question)), index=indices.units)
    by_row, whole = recency(gateway, indices, asked, zones, [row.code for row in told.rows], question.sites)
    rows = tuple(replace(row, beds=by_row.get(row.code, Recency())) for row in told.rows)
    return replace(told, rows=rows, total=replace(told.total, beds=whole))


def _with_units(gateway: Gateway, index: str, question: QualityQuestion, told: Quality) -> Quality:
    hits = gateway.search(index, units_body(question))["hits"]
    units = tuple(hit["_source"] for hit in hits["hits"])
    return replace(told, units=units, units_total=hits["total"]["value"])


def _site_ages(
    gateway: Gateway, index: str, question: QualityQuestion
) -> tuple[dict[str, _Ages], dict[str, list[_Ages]]]:
    """Return the recent units of every site, whole and within each territory."""
    whole: dict[str, _Ages] = {}
    within: dict[str, list[_Ages]] = {}
    for bucket in _pages(gateway, index, question):
        units, recent = bucket["doc_count"], bucket["recent"]["doc_count"]
        whole.setdefault(bucket["key"]["site"], _Ages()).add(units, recent)
        within.setdefault(bucket["key"]["territory"], []).append(_Ages(units, recent))
    return whole, within


def _pages(gateway: Gateway, index: str, question: QualityQuestion) -> Iterator[Json]:
    after: Json | None = None
    while True:
        found = gateway.search(index, site_ages_body(question, after))["aggregations"]["pages"]
        yield from found["buckets"]
        if len(found["buckets"]) < PAGE:
            return
        after = found["after_key"]


def _row(code: str, units: int, found: Json, sites: Sequence[_Ages]) -> Row:
    kept, broken = (_by_code(found[name]) for name in ("kept", "broken"))
    hits = found.get("name", {}).get("hits", {}).get("hits", ())
    return Row(
        code=code,
        name=hits[0]["_source"]["unit"]["site"]["name"] if hits else "",
        units=units,
        checked={rule: kept.get(rule, 0) + broken.get(rule, 0) for rule in RULES},
        broken=broken,
        ages=_ages(found["ages"]),
        oldest=_time(found["min"]["value"]),
        newest=_time(found["max"]["value"]),
        sites=len(sites),
        recent_sites=sum(ages.holds for ages in sites),
    )


def _by_code(found: Json) -> dict[str, int]:
    return {bucket["key"]: bucket["doc_count"] for bucket in found["buckets"]}


def _ages(found: Json) -> tuple[int, ...]:
    return tuple(bucket["doc_count"] for bucket in found["buckets"].values())


def _time(milliseconds: float | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
