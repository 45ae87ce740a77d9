"""The answer as CSV: one row a result, RFC 4180, UTF-8 with a mark so that spreadsheets read accents."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orientation.render.json import Sheet
from orientation.render.result import result

COLUMNS = (
    "rank", "distance_m", "id", "name", "activity_codes", "activity_labels", "care_mode", "field", "age",
    "publics", "acts", "equipment", "site_finess", "site_name", "site_category", "address", "commune",
    "insee", "department", "lat", "lon", "precision", "phones", "beds_available", "beds_kind",
    "beds_observed_at", "beds_age_s", "beds_stale", "beds_source", "why", "updated_at",
)  # fmt: skip

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
_PHONES = frozenset({"1", "2", "8"})
"""R200: mobile, landline, emergency line."""


def table(sheet: Sheet) -> str:
    """Return the results of the page, header first."""
    every = (_row(result(found, sheet.answer.criteria, sheet.gazetteer)) for found in sheet.answer.results)
    return written(every, COLUMNS)


def written(rows: Iterable[Mapping[str, Any]], columns: Sequence[str] = ()) -> str:
    """Return rows as CSV, header first: the columns given, else those of the first row."""
    every = list(rows)
    names = columns or tuple(every[0])
    stream = io.StringIO()
    stream.write("\ufeff")
    writer = csv.writer(stream)
    writer.writerow(names)
    for row in every:
        writer.writerow([harmless(row[name]) for name in names])
    return stream.getvalue()


def harmless(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula: text that begins like one gets a quote."""
    if isinstance(value, str) and value.startswith(_DANGEROUS):
        return "'" + value
    return value


def _row(written: dict[str, Any]) -> dict[str, Any]:
    unit, beds = written["unit"], written["beds"] or {}
    site, place = unit["site"], unit["place"] or {}
    return {
        "rank": written["rank"],
        "distance_m": written["distance_m"],
        **{name: unit[name] for name in ("id", "name", "updated_at")},
        "activity_codes": " | ".join(each["code"] for each in unit["activities"]),
        "activity_labels": _labels(unit["activities"]),
        "care_mode": unit["care_mode"]["label"],
        "field": unit["field"]["label"],
        "age": unit["age"]["label"],
        **{name: _labels(unit[name]) for name in ("publics", "acts", "equipment")},
        "site_finess": site["finess"],
        "site_name": site["name"],
        "site_category": site["category"]["label"] if site["category"] else None,
        **{name: place.get(name) for name in ("address", "commune", "insee", "lat", "lon", "precision")},
        "department": place["department"]["code"] if place else None,
        "phones": " | ".join(_phones(unit["contacts"])),
        **{f"beds_{name}": beds.get(name) for name in ("available", "kind", "observed_at", "age_s", "stale")},
        "beds_source": beds["source"]["label"] if beds.get("source") else None,
        "why": _labels(written["why"]),
    }


def _labels(items: Iterable[dict[str, str]]) -> str:
    return " | ".join(item["label"] for item in items)


def _phones(contacts: Iterable[dict[str, Any]]) -> list[str]:
    """Return the phone numbers that may be shown."""
    return [
        telecom["value"]
        for contact in contacts
        for telecom in contact.get("telecoms", ())
        if telecom["channel"]["code"] in _PHONES
    ]
