"""Opening hours and closings ↔ ``operatingHours``.

CSD cannot say of what kind hours are (R252), and the kind decides whether they are hours at which patients are
received; so our extension carries them whole, and ``operatingHours`` is what of them concerns patients.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from lxml import etree

from csd.mapping.text import said
from csd.names import tag

Json = dict[str, Any]

_NOT_FOR_PATIENTS = frozenset({"04", "05"})
"""R252: hours of the secretary, visits of professionals."""
_CLOSED = "08"
_ALWAYS = "1900-01-01"
"""First day of what has none: CSD requires one."""


def hours(unit: Mapping[str, Any]) -> str:
    """Write the hours at which patients are received, then the closing of the unit as hours that are not open."""
    spans = [span for span in unit.get("hours", ()) if span.get("kind") not in _NOT_FOR_PATIENTS]
    return "".join(map(_span, [*spans, *_closings(unit)]))


def _closings(unit: Mapping[str, Any]) -> Iterator[Json]:
    """Yield the closing of a unit as a span; the day of reopening is open, so the last day is the one before."""
    closing = unit.get("closing")
    if closing is None:
        return
    first, reopens = closing.get("closed_from", _ALWAYS), closing.get("reopens_on")
    if reopens is None:
        yield {"open": False, "valid_from": first}
    elif first < reopens:
        last = date.fromisoformat(reopens) - timedelta(days=1)
        yield {"open": False, "valid_from": first, "valid_to": last.isoformat()}


def _span(span: Mapping[str, Any]) -> str:
    is_open = span.get("open", True) and span.get("kind") != _CLOSED
    parts = [said("openFlag", "true" if is_open else "false")]
    parts += [said("dayOfTheWeek", str(day % 7)) for day in span.get("days", ())]
    parts += [said(name, span[field]) for field, name in _TIMES.items() if field in span]
    parts.append(said("beginEffectiveDate", span.get("valid_from", _ALWAYS)))
    if "valid_to" in span:
        parts.append(said("endEffectiveDate", span["valid_to"]))
    return f"<operatingHours>{''.join(parts)}</operatingHours>"


_TIMES = {"start": "beginningHour", "end": "endingHour"}


def read_hours(element: etree._Element) -> list[Json]:
    """Read the hours of a facility that has no extension of ours.

    Hours that end on some day are exceptions; those that only begin on one are the weekly ones.
    """
    return [_read_span(hours) for hours in element.iterfind(tag("operatingHours"))]


def _read_span(hours: etree._Element) -> Json:
    span: Json = {"open": (hours.findtext(tag("openFlag")) or "").strip() in {"true", "1"}}
    days = [day.text or "" for day in hours.iterfind(tag("dayOfTheWeek"))]
    if days:
        span["days"] = [_iso_day(day) for day in days]
    for name, field in (("beginningHour", "start"), ("endingHour", "end"), ("endEffectiveDate", "valid_to")):
        text = hours.findtext(tag(name))
        if text is not None:
            span[field] = text.strip()
    begins = (hours.findtext(tag("beginEffectiveDate")) or "").strip()
    if "valid_to" in span or not span["open"]:
        span["valid_from"] = begins
    return span


def _iso_day(text: str) -> int | str:
    """Return the ISO day of CSD's (Sunday is 0); what is no day is left for the schema to refuse."""
    day = text.strip()
    if not day.isdigit():
        return text
    return 7 if int(day) == 0 else int(day)
