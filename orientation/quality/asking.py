"""What is asked of the index: counts only, whose cost grows with the rows shown and not with the units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from mappings.beds import instant
from mappings.quality import HOSTING, RECENT, RULES
from orientation.access import Access
from orientation.criteria import Criteria
from orientation.query.clauses import Clause, all_of, none_of, terms

GROUPS: Mapping[str, str] = {"region": "quality.region", "department": "quality.department", "site": "finess"}
"""What a row may stand for → field of the index."""
RECENCY_RULE = "recency"
"""What a unit breaks that was not updated for twelve months: no rule of the index, since it depends on the day."""
MONTH = timedelta(days=365.25 / 12)
UNIT_AGES: tuple[timedelta, ...] = (3 * MONTH, RECENT, 2 * RECENT)
"""Bounds of the ages of records; the last class is open."""
MAX_ROWS = 200
PAGE = 10_000
_EVERY_TERRITORY = 200
_SHOWN = ["id", "unit.name", "unit.site.name", "finess", "quality", "updated_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityQuestion:
    """Whose quality: codes within a tuple are alternatives, tuples must all hold; ``rule`` also lists who breaks it."""

    as_of: datetime
    group_by: str = "region"
    regions: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    rule: str | None = None
    size: int = 100
    access: Access = field(default_factory=Access)
    tension_departments: tuple[str, ...] = ()
    tension_regions: tuple[str, ...] = ()


def asked_units(question: QualityQuestion) -> Clause:
    """Return the filter of the units in question: those that are not closed, and that may be known of."""
    hidden = None if question.access.sees_sensitive else {"term": {"sensitive": False}}
    return all_of(
        (
            terms("quality.region", question.regions),
            terms("quality.department", question.departments),
            terms("finess", question.sites),
            terms("field", question.fields),
            terms("activities", question.activities),
            none_of({"term": {"closed": question.as_of.date().isoformat()}}),
            hidden,
        )
    )


def rows_body(question: QualityQuestion, sites: Sequence[str] | None = None) -> dict[str, Any]:
    """Return the search of the rows and their total; ``sites`` are the FINESS numbers of the rows of sites."""
    each = _counts(question)
    rows: dict[str, Any] = {"field": GROUPS[question.group_by], "size": _EVERY_TERRITORY}
    inside = dict(each)
    if sites is not None:
        rows |= {"size": max(1, len(sites)), "include": list(sites)}
        inside["name"] = {"top_hits": {"size": 1, "_source": ["unit.site.name"]}}
    return {
        "size": 0,
        "track_total_hits": True,
        "query": {"bool": {"filter": [asked_units(question)]}},
        "aggs": each | {"rows": {"terms": rows, "aggs": inside}},
    }


def worst_sites_body(question: QualityQuestion) -> dict[str, Any]:
    """Return the search of the sites with most rules broken, by FINESS number where as many."""
    faults = {"faults": {"value_count": {"field": "quality.broken"}}}
    order = [{"faults": "desc"}, {"_key": "asc"}]
    return {
        "size": 0,
        "track_total_hits": False,
        "query": {"bool": {"filter": [asked_units(question)]}},
        "aggs": {"rows": {"terms": {"field": "finess", "size": question.size, "order": order}, "aggs": faults}},
    }


def site_ages_body(question: QualityQuestion, after: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the search of one page of sites with how many of their units are recent, by territory."""
    territory = GROUPS[question.group_by] if question.group_by != "site" else GROUPS["region"]
    sources = [
        {"territory": {"terms": {"field": territory, "missing_bucket": True}}},
        {"site": {"terms": {"field": "finess"}}},
    ]
    pages: dict[str, Any] = {"size": PAGE, "sources": sources} | ({"after": dict(after)} if after else {})
    recent = {"recent": {"filter": {"range": {"updated_at": {"gte": instant(question.as_of - RECENT)}}}}}
    return {
        "size": 0,
        "track_total_hits": False,
        "query": {"bool": {"filter": [asked_units(question)]}},
        "aggs": {"pages": {"composite": pages, "aggs": recent}},
    }


def units_body(question: QualityQuestion) -> dict[str, Any]:
    """Return the search of the units that break the rule asked for, the longest untouched first."""
    broken: Clause = {"term": {"quality.broken": question.rule}}
    if question.rule == RECENCY_RULE:
        broken = {"range": {"updated_at": {"lt": instant(question.as_of - RECENT)}}}
    return {
        "size": question.size,
        "track_total_hits": True,
        "query": {"bool": {"filter": [asked_units(question), broken]}},
        "sort": [{"updated_at": "asc"}, {"id": "asc"}],
        "_source": _SHOWN,
    }


def _counts(question: QualityQuestion) -> dict[str, Any]:
    return {
        "kept": {"terms": {"field": "quality.kept", "size": len(RULES)}},
        "broken": {"terms": {"field": "quality.broken", "size": len(RULES)}},
        "ages": {"filters": {"filters": _classes("updated_at", UNIT_AGES, question.as_of)}},
        **{name: {name: {"field": "updated_at"}} for name in ("min", "max")},
    }


def hosting(question: QualityQuestion) -> Criteria:
    """Return the question of the units whose zones should count: those that host."""
    return Criteria(
        as_of=question.as_of,
        access=question.access,
        regions=question.regions,
        departments=question.departments,
        fields=question.fields,
        activities=question.activities,
        modes=HOSTING,
    )


def _classes(field: str, bounds: Sequence[timedelta], now: datetime) -> dict[str, Clause]:
    """Return a filter a class of age: younger than each bound and not than the one before, then the rest."""
    found: dict[str, Clause] = {}
    edges = [None, *(instant(now - bound) for bound in bounds), None]
    for n, (newest, oldest) in enumerate(pairwise(edges)):
        limits = {name: edge for name, edge in (("gte", oldest), ("lt", newest)) if edge is not None}
        found[f"{n}"] = {"range": {field: limits}}
    return found
