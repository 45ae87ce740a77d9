"""Opening hours as index fields, and the same rule in Python.

Weekly spans become minutes of the week in the territory's own time. Dated entries are exceptions: on the days they
cover, they alone hold. Days are expanded for dated entries up to ``HORIZON_DAYS`` after their start.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from mappings.unit import OpeningHours

DAY = 24 * 60
WEEK = 7 * DAY
HORIZON_DAYS = 400
_CLOSING_KIND = "08"
_NOT_OPENING = frozenset({"04", "05"})
"""R252 kinds that say nothing about patients: the secretary's hours, visits of professionals."""


def opening_fields(hours: Iterable[OpeningHours]) -> dict[str, Any]:
    """Return ``open_week``, ``open_dates`` and ``exception_days``; nothing where hours are not known."""
    relevant = [entry for entry in hours if entry.kind not in _NOT_OPENING]
    weekly = [entry for entry in relevant if not _dated(entry)]
    dated = [entry for entry in relevant if _dated(entry)]
    shut = [span for entry in weekly if not _opens(entry) for span in _week_spans(entry)]
    spans = _subtract([span for entry in weekly if _opens(entry) for span in _week_spans(entry)], shut)
    days = [(day, entry) for entry in dated for day in _covered(entry)]
    fields = {
        "open_week": [{"gte": start, "lt": end} for start, end in spans],
        "exception_days": [{"gte": d.isoformat(), "lte": d.isoformat()} for d in sorted({day for day, _ in days})],
        "open_dates": [_date_span(day, entry) for day, entry in days if _opens(entry)],
    }
    return {name: value for name, value in fields.items() if value}


def _dated(entry: OpeningHours) -> bool:
    return entry.valid_from is not None or entry.valid_to is not None


def _opens(entry: OpeningHours) -> bool:
    return entry.open and entry.kind != _CLOSING_KIND


def _minutes(entry: OpeningHours) -> tuple[int, int]:
    """Return start and end in minutes of the day; the end is past midnight where the span is."""
    start = entry.start.hour * 60 + entry.start.minute if entry.start else 0
    end = entry.end.hour * 60 + entry.end.minute if entry.end else DAY
    return start, end if end > start else end + DAY


def _week_spans(entry: OpeningHours) -> list[tuple[int, int]]:
    """Return [start, end) in minutes of the week, cut at Sunday midnight."""
    start, end = _minutes(entry)
    spans = []
    for day in entry.days or range(1, 8):
        first, last = (day - 1) * DAY + start, (day - 1) * DAY + end
        spans.append((first, min(last, WEEK)))
        if last > WEEK:
            spans.append((0, last - WEEK))
    return spans


def _subtract(spans: list[tuple[int, int]], holes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans without the holes, in order."""
    for low, high in holes:
        spans = [
            part
            for start, end in spans
            for part in ((start, min(end, low)), (max(start, high), end))
            if part[0] < part[1]
        ]
    return sorted(set(spans))


def _covered(entry: OpeningHours) -> list[date]:
    """Return the days a dated entry rules."""
    first = entry.valid_from or entry.valid_to
    if first is None:
        return []
    last = min(entry.valid_to or first + timedelta(HORIZON_DAYS), first + timedelta(HORIZON_DAYS))
    days = (first + timedelta(n) for n in range((last - first).days + 1))
    return [day for day in days if not entry.days or day.isoweekday() in entry.days]


def _date_span(day: date, entry: OpeningHours) -> dict[str, str]:
    start, end = _minutes(entry)
    midnight = datetime.combine(day, time())
    form = "%Y-%m-%dT%H:%M"
    return {
        "gte": (midnight + timedelta(minutes=start)).strftime(form),
        "lt": (midnight + timedelta(minutes=end)).strftime(form),
    }


def is_open(hours: Iterable[OpeningHours], local: datetime) -> bool:
    """Say whether a unit with these hours is open at a local time; unknown hours are not open."""
    fields = opening_fields(hours)
    stamp, day = local.strftime("%Y-%m-%dT%H:%M"), local.date().isoformat()
    if any(span["gte"] <= stamp < span["lt"] for span in fields.get("open_dates", ())):
        return True
    if any(span["gte"] == day for span in fields.get("exception_days", ())):
        return False
    minute = (local.isoweekday() - 1) * DAY + local.hour * 60 + local.minute
    return any(span["gte"] <= minute < span["lt"] for span in fields.get("open_week", ()))
