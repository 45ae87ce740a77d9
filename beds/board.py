"""The board: what the store of record adds up to, each zone counted once in a row and once in the total."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from beds.indices import BedIndices
from engine.gateway import Gateway
from mappings.beds import instant
from mappings.chunks import in_chunks
from mappings.nomenclature import freshness_policies

GROUPS: Mapping[str, str] = {
    "activity_group": "activity_groups",
    "activity": "activities",
    "site": "sites",
    "department": "department",
    "region": "region",
}
"""What a board may be grouped by → field of the store."""
OTHER = "other"
"""Code of the row of the zones whose activities are in no group."""
COLUMNS = (
    "available",
    "available_f",
    "available_m",
    "installed",
    "closed",
    "reopenable",
    "extra_with_staff",
    "extra_without_staff",
)
BURNS = ("121", "359", "379", "175", "239")
"""Activities (R211) of the national view of burns: réanimation, soins intensifs, surveillance continue, brûlologie,
réadaptation (see the burn instruction of 2016)."""
_ROWS = 20_000
_IDS = 50_000
_NONE = {"count": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardQuestion:
    """How to add up: beds or places, by what, judged when; ``only`` keeps the rows of these codes.

    ``tension_*`` are where a tighter freshness is in force. Without ``sensitive`` a zone is what its other units say
    of it; without ``exceptional`` the beds above the installed ones, and that there are any, are left out.
    """

    as_of: datetime
    group_by: str = "activity_group"
    kind: str = "bed"
    only: tuple[str, ...] = ()
    tension_departments: tuple[str, ...] = ()
    tension_regions: tuple[str, ...] = ()
    sensitive: bool = True
    exceptional: bool = True

    @property
    def observed(self) -> str:
        """Field of the newest observation that counts."""
        return "observed_at" if self.exceptional else "ordinary_at"

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that may be added up."""
        return COLUMNS if self.exceptional else tuple(name for name in COLUMNS if not name.startswith("extra_"))

    def of_units(self, field: str) -> str:
        """Return the field of the store with what the units say that may be known of."""
        shared = field not in {"department", "region"}
        return f"open.{field}" if shared and not self.sensitive else field


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row. A sum is ``None`` where no zone says anything of it: that is not zero.

    ``zones`` are those with counts of the kind or with no count at all; ``silent`` say nothing of what is
    available now, ``stale`` said it too long ago. ``oldest`` and ``newest`` are observations of what is
    available, as epoch milliseconds.
    """

    code: str
    name: str = ""
    zones: int = 0
    stale: int = 0
    silent: int = 0
    oldest: float | None = None
    newest: float | None = None
    sums: Mapping[str, int | None]

    def to_dict(self) -> dict[str, Any]:
        """Return the row for JSON."""
        said: dict[str, Any] = {"code": self.code, **self.sums}
        said |= {"zones": self.zones, "stale": self.stale, "silent": self.silent}
        return said | {"oldest": _time(self.oldest), "newest": _time(self.newest)}


def board(
    gateway: Gateway, indices: BedIndices, question: BoardQuestion, zones: Sequence[str]
) -> tuple[list[Row], Row]:
    """Return the rows, by code, and the total of the zones given by id."""
    rows: dict[str, Row] = {}
    total = Row(code="total", sums=dict.fromkeys(COLUMNS))
    for chunk in in_chunks(zones, _IDS):
        body = body_of(question, chunk)
        found = gateway.search(indices.store, body)["aggregations"]
        total = _plus(total, _row("total", found))
        for bucket in found["rows"]["buckets"]:
            code = bucket["key"]
            row = _row(code, bucket)
            rows[code] = _plus(rows[code], row) if code in rows else row
    kept = (row for code, row in sorted(rows.items()) if not question.only or code in question.only)
    return list(kept), total


def body_of(question: BoardQuestion, zones: Sequence[str]) -> dict[str, Any]:
    """Return the search of a board."""
    kind = question.kind
    of_kind = [{"exists": {"field": f"{kind}.{question.observed}"}}, _nothing_said(question)]
    query = {
        "bool": {
            "filter": [
                {"terms": {"id": list(zones)}},
                {"bool": {"should": of_kind, "minimum_should_match": 1}},
            ]
        }
    }
    terms: dict[str, Any] = {"field": question.of_units(GROUPS[question.group_by]), "size": _ROWS}
    if question.group_by == "activity_group":
        terms["missing"] = OTHER
    each = _sums(question)
    name = {"name": {"terms": {"field": question.of_units("site_names"), "size": 1}}}
    inside = each | (name if question.group_by == "site" else {})
    return {
        "size": 0,
        "track_total_hits": True,
        "query": query,
        "aggs": each | {"rows": {"terms": terms, "aggs": inside}},
    }


def _nothing_said(question: BoardQuestion) -> dict[str, Any]:
    said = [{"exists": {"field": f"{kind}.{question.observed}"}} for kind in ("bed", "place")]
    return {"bool": {"must_not": said}}


def _sums(question: BoardQuestion) -> dict[str, Any]:
    kind = question.kind
    said: dict[str, Any] = {name: {"stats": {"field": f"{kind}.{name}"}} for name in question.columns}
    said["zones"] = {"filter": {"match_all": {}}}
    said["silent"] = {"filter": {"bool": {"must_not": [{"exists": {"field": f"{kind}.available_at"}}]}}}
    said["stale"] = {"filter": stale_clause(question)}
    said["seen"] = {"stats": {"field": f"{kind}.available_at"}}
    return said


def stale_clause(question: BoardQuestion) -> dict[str, Any]:
    """Return the clause of the zones whose count of what is available is too old for their class and place."""
    tense = [
        {"terms": {name: list(codes)}}
        for name, codes in (("department", question.tension_departments), ("region", question.tension_regions))
        if codes
    ]
    clauses = []
    for policy in freshness_policies().values():
        of_class = {"term": {question.of_units("freshness"): policy.code}}
        calm = _before(question, policy.ordinary)
        clauses.append({"bool": {"filter": [of_class, calm]}})
        if tense:
            hot = {"bool": {"should": tense, "minimum_should_match": 1}}
            clauses.append({"bool": {"filter": [of_class, hot, _before(question, policy.in_tension)]}})
    return {"bool": {"should": clauses, "minimum_should_match": 1}}


def _before(question: BoardQuestion, age: timedelta) -> dict[str, Any]:
    return {"range": {f"{question.kind}.available_at": {"lt": instant(question.as_of - age)}}}


def _row(code: str, found: Mapping[str, Any]) -> Row:
    names = found.get("name", {}).get("buckets", ())
    return Row(
        code=code,
        name=names[0]["key"] if names else "",
        zones=found["zones"]["doc_count"],
        stale=found["stale"]["doc_count"],
        silent=found["silent"]["doc_count"],
        oldest=found["seen"]["min"],
        newest=found["seen"]["max"],
        sums={name: round(found[name]["sum"]) if found.get(name, _NONE)["count"] else None for name in COLUMNS},
    )


def _plus(one: Row, other: Row) -> Row:
    """Add two rows of different zones."""
    return Row(
        code=one.code,
        name=one.name or other.name,
        zones=one.zones + other.zones,
        stale=one.stale + other.stale,
        silent=one.silent + other.silent,
        oldest=min(_known(one.oldest, other.oldest), default=None),
        newest=max(_known(one.newest, other.newest), default=None),
        sums={name: _sum(_known(one.sums[name], other.sums[name])) for name in COLUMNS},
    )


def _known(*values: Any) -> list[Any]:
    return [value for value in values if value is not None]


def _sum(values: Iterable[int]) -> int | None:
    every = list(values)
    return sum(every) if every else None


def _time(milliseconds: float | None) -> str | None:
    return None if milliseconds is None else instant(datetime.fromtimestamp(milliseconds / 1000, UTC))
