"""One result as a line that can be called."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from mappings.gazetteer import Gazetteer
from orientation.answer import Result
from orientation.criteria import Criteria
from orientation.pages import elsewhere
from orientation.pages.bed_words import beds_shown
from orientation.pages.french import distance
from orientation.pages.phones import phones
from orientation.render.contacts import Sight
from orientation.render.result import result

MAX_ACTIVITIES = 3


def line(found: Result, criteria: Criteria, gazetteer: Gazetteer, has_origin: bool) -> dict[str, Any]:
    """Return a result as its line shows it; one of another directory has no page here, and tells what came of it."""
    written = result(found, criteria, gazetteer)
    unit, place = written["unit"], written["unit"]["place"] or {}
    numbers = phones(unit["contacts"], criteria.use_case)
    near = {"near": f"{criteria.origin.point.lat},{criteria.origin.point.lon}"} if criteria.origin else {}
    activities = [each["label"] for each in unit["activities"]]
    return {
        "rank": written["rank"],
        "id": unit["id"],
        "url": None if found.source else unit_url(unit["id"], **near),
        "source": elsewhere.told(written, criteria.as_of) if found.source else None,
        "name": unit["name"],
        "activities": activities[:MAX_ACTIVITIES],
        "others": len(activities[MAX_ACTIVITIES:]),
        "mode": unit["care_mode"]["label"],
        "age": unit["age"]["label"],
        "site": unit["site"]["name"],
        "commune": place.get("commune"),
        "department": (place.get("department") or {}).get("code"),
        "distance": _distance(written["distance_m"], place) if has_origin else None,
        "approximate": place.get("precision") == "commune" and written["distance_m"] != 0,
        "lat": place.get("lat"),
        "lon": place.get("lon"),
        "beds": beds_shown(written["beds"], criteria.as_of) if Sight.of(found.unit, criteria.access).counts else None,
        "phone": numbers[0] if numbers else None,
        "others_phones": numbers[1:4],
        "why": [reason["label"] for reason in written["why"]],
        "fictitious": unit["fictitious"],
    }


def unit_url(unit_id: str, **query: str) -> str:
    """Return the address of the page of a unit."""
    return f"/units/{quote(unit_id, safe='/')}" + (f"?{urlencode(query)}" if query else "")


def _distance(metres: int | None, place: dict[str, Any]) -> str:
    if metres is None:
        return "distance inconnue"
    if metres == 0 and place.get("precision") == "commune":
        return "même commune"
    return distance(metres)
