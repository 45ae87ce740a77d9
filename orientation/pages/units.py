"""``/units/{id}``: all there is to know of one unit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response, request

from beds.timeline import TimelineQuestion, series
from mappings.capacity import AVAILABLE, NOW
from mappings.geo import Point
from mappings.hours import is_open
from mappings.territory import department_of, time_zone
from mappings.unit import OpeningHours
from orientation.api.context import access, services
from orientation.api.units import unit_criteria
from orientation.criteria import Criteria, Page
from orientation.guard import identity
from orientation.pages import results
from orientation.pages.bed_words import beds_shown
from orientation.pages.french import DAYS, distance, moment, time_shown
from orientation.pages.phones import contact_shown, phones
from orientation.pages.room import page
from orientation.pages.sparkline import sparkline
from orientation.question import fields as f
from orientation.question.origin import department_at, point_origin
from orientation.question.shape import Question, read
from orientation.render.whole import whole

HISTORY = timedelta(days=7)
POINTS = 84
"""Points of a sparkline of a week: one in two hours."""
SIMILAR = 5
LISTS = {
    "acts": "Actes",
    "specialisations": "Spécialisations",
    "competences": "Compétences",
    "professions": "Professionnels",
    "expertise": "Niveau d’expertise",
    "reception": "Modes d’accueil",
    "publics": "Publics",
    "age_classes": "Tranches d’âge",
    "management": "Prise en charge",
}


class UnitPage(Question):
    """Parameters of the page of a unit."""

    near = f.LatLon("Where distances are counted from.")


_PARAMETERS = UnitPage()


def routes(blueprint: Blueprint) -> None:
    """Register the page."""
    blueprint.add_url_rule("/units/<path:unit_id>", "unit", show)


def show(unit_id: str) -> Response:
    """Show one unit."""
    known, asked = services(), unit_criteria()
    near = read(_PARAMETERS, {name: [value] for name, value in request.args.items() if value}).get("near")
    document = known.search.unit(unit_id, asked.access)
    counts = known.beds.store.counts_of(document.get("place_ids", ()))
    unit = whole(document, counts, asked, known.gazetteer, near)
    places = [_place(unit, place, asked) for place in unit["places"]]
    view = {
        "unit": unit,
        "places": places,
        "phones": phones(unit.get("contacts", ())),
        "contacts": [contact_shown(each) for each in unit.get("contacts", ())],
        "site_contacts": [contact_shown(each) for each in unit["site"].get("contacts", ())],
        "hours": [_span(each) for each in unit.get("hours", ())],
        "open": _open_now(unit, asked.as_of),
        "lists": [(label, unit[name]) for name, label in LISTS.items() if unit.get(name)],
        "near": f"{near.lat},{near.lon}" if near else None,
        "distance": distance(unit.get("distance_m")) if near else None,
        "similar": _similar(unit, places, asked),
        "updated": moment(datetime.fromisoformat(unit["updated_at"])),
        "sees_counts": _sees_counts(unit, asked),
        "writes": identity().takes_writes(),
        "as_of": moment(asked.as_of),
    }
    return page("unit.html", view)


def _place(unit: Mapping[str, Any], place: Mapping[str, Any], asked: Criteria) -> dict[str, Any]:
    address = place.get("address") or {}
    lines = [*address.get("lines", ()), " ".join(filter(None, (address.get("postcode"), address.get("commune"))))]
    sees = _sees_counts(unit, asked)
    return {
        **place,
        "address_line": ", ".join(filter(None, lines)),
        "shown": beds_shown(place["beds"], asked.as_of) if sees else None,
        "counts": [_count(each, asked.as_of, whole=sees) for each in sorted(place["capacities"], key=_free_first)],
        "history": _history(place["id"], asked.as_of) if sees and place["capacities"] else None,
        "distance_text": distance(place.get("distance_m")),
        "equipment_in_service": [each for each in place.get("equipment", ()) if each.get("in_service") != 0],
    }


def _sees_counts(unit: Mapping[str, Any], asked: Criteria) -> bool:
    """Say whether the operational counts of the unit may be seen; what is free of them is shown all the same."""
    return asked.access.sees_counts_of(unit["field"]["code"], sensitive=bool(unit.get("sensitive")))


def _free_first(count: Mapping[str, Any]) -> tuple[bool, str, str]:
    status = count["status"]["code"]
    return status != AVAILABLE, status, (count.get("horizon") or {}).get("code", NOW)


def _count(count: Mapping[str, Any], now: datetime, *, whole: bool) -> dict[str, Any]:
    unsaid = "source inconnue" if whole else ""
    parts = [count[name]["label"] for name in ("closing_kind", "extra_kind", "gender", "crisis") if count.get(name)]
    if count.get("horizon") and count["horizon"]["code"] != NOW:
        parts.append(count["horizon"]["label"])
    return {
        "label": " – ".join((count["status"]["label"], *parts)),
        "count": count["count"],
        "time": time_shown(count["observed_at"], now),
        "source": count["source"]["label"] if count.get("source") else unsaid,
        "comment": count.get("comment"),
    }


def _history(place: str, now: datetime) -> dict[str, Any] | None:
    """Return the week of what was free in a place, drawn; ``None`` where fewer than two things were said."""
    known = services()
    key = {"status": AVAILABLE, "horizon": NOW}
    asked = TimelineQuestion(place=place, start=now - HISTORY, end=now + timedelta(minutes=10), key=key)
    every = series(known.gateway, known.beds.indices, asked, POINTS)
    longest: list[dict[str, Any]] = max((each["points"] for each in every), key=len, default=[])
    return sparkline(longest, asked.start, now) if len(longest) > 1 else None


def _span(entry: Mapping[str, Any]) -> dict[str, str]:
    days = entry.get("days") or list(range(1, 8))
    named = "tous les jours" if len(days) == 7 else ", ".join(DAYS[day - 1] for day in days)
    start, end = entry.get("start"), entry.get("end")
    times = f"{start[:5] if start else '00:00'} – {end[:5] if end else '24:00'}" if start or end else "24 h sur 24"
    dates = " ".join(
        f"{word} {entry[name]}" for name, word in (("valid_from", "du"), ("valid_to", "au")) if entry.get(name)
    )
    kind = entry["kind"]["label"] if entry.get("kind") else "Horaires"
    return {"kind": kind, "days": named, "times": times if entry.get("open", True) else "fermé", "dates": dates}


def _open_now(unit: Mapping[str, Any], now: datetime) -> dict[str, str] | None:
    """Return whether the unit is open now in its own time; ``None`` where no hours are known."""
    if not unit.get("hours"):
        return None
    insee = next((place["insee"] for place in unit["places"]), unit["site"].get("insee"))
    local = now.astimezone(time_zone(department_of(insee)) if insee else f.PARIS)
    opened = is_open([_hours(each) for each in unit["hours"]], local)
    return {"state": "open" if opened else "closed", "words": "Ouvert maintenant" if opened else "Fermé maintenant"}


def _hours(entry: Mapping[str, Any]) -> OpeningHours:
    start, end = entry.get("start"), entry.get("end")
    return OpeningHours(
        kind=entry["kind"]["code"] if entry.get("kind") else None,
        open=entry.get("open", True),
        days=tuple(entry.get("days", ())),
        start=time.fromisoformat(start) if start else None,
        end=time.fromisoformat(end) if end else None,
        valid_from=_day(entry.get("valid_from")),
        valid_to=_day(entry.get("valid_to")),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _similar(unit: Mapping[str, Any], places: list[dict[str, Any]], asked: Criteria) -> list[dict[str, Any]]:
    """Return the nearest other units of the same activities."""
    point = next((place["point"] for place in places if place["point"]), None)
    if point is None:
        return []
    known = services()
    origin = point_origin(Point(point["lat"], point["lon"]), known.gazetteer)
    criteria = Criteria(
        as_of=asked.as_of,
        access=access(),
        origin=origin,
        origin_department=department_at(origin, known.gazetteer),
        activities=tuple(each["code"] for each in unit["activities"]),
        tension_departments=asked.tension_departments,
        tension_regions=asked.tension_regions,
    )
    found = known.search.search(criteria, Page(size=SIMILAR + 1))
    lines = [results.line(each, criteria, known.gazetteer, has_origin=True) for each in found.results]
    return [line for line in lines if line["id"] != unit["id"]][:SIMILAR]
