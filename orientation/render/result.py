"""One result of a search: the unit in short, its place that answers, its beds, and why it ranks there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from mappings.age import Age, AgeRange
from mappings.gazetteer import Gazetteer
from orientation.answer import Result, Source
from orientation.criteria import Criteria
from orientation.render.beds import beds
from orientation.render.contacts import Sight, contacts
from orientation.render.labels import all_coded, coded, department, region

Json = dict[str, Any]


def result(found: Result, criteria: Criteria, gazetteer: Gazetteer) -> Json:
    """Return a result as JSON."""
    sight = Sight.of(found.unit, criteria.access)
    written = {
        "rank": found.rank,
        "distance_m": metres(found.distance_m),
        "why": [{"reason": reason.reason, "label": reason.label} for reason in found.why],
        "unit": unit(found, sight, gazetteer),
        "beds": beds(found.place, sight, criteria),
    }
    return written if found.source is None else written | {"source": _source(found.source, found.unit, criteria)}


def _source(source: Source, data: Mapping[str, Any], criteria: Criteria) -> Json:
    """Return which other directory said it, how old it is, and when it was copied where it was not asked itself."""
    updated = datetime.fromisoformat(data["updated_at"])
    copied = source.copied_at
    return {
        "peer": source.code,
        "name": source.name,
        "region": region(source.region),
        "age_s": max(0, int((criteria.as_of - updated).total_seconds())),
        "copied_at": copied.isoformat(timespec="seconds") if copied is not None else None,
    }


def metres(distance: float | None) -> int | None:
    """Return whole metres: coordinates say no more."""
    return None if distance is None else round(distance)


def unit(found: Result, sight: Sight, gazetteer: Gazetteer) -> Json:
    """Return the unit in short."""
    data = found.unit
    return {
        "id": data["id"],
        "name": data["name"],
        "activities": all_coded("R211", data["activities"]),
        "care_mode": coded("R213", data["care_mode"]),
        "field": coded("R227", data["field"]),
        "offer_type": coded("R244", data.get("offer_type")),
        "reception": all_coded("R338", data.get("reception", ())),
        "age": age_range(data["age"]),
        "publics": all_coded("R239", data.get("publics", ())),
        "acts": all_coded("R210", data.get("acts", ())),
        "specialisations": all_coded("R245", data.get("specialisations", ())),
        "competences": all_coded("R243", data.get("competences", ())),
        "expertise": all_coded("expertise", data.get("expertise", ())),
        "equipment": _equipment(found),
        "site": site(data["site"]),
        "place": place(found, gazetteer),
        "contacts": contacts(data.get("contacts", ()), sight),
        "hours": data.get("hours", []),
        "region": coded("R30", data.get("region")),
        "sensitive": sight.sensitive,
        "fictitious": data.get("fictitious", False),
        "updated_at": data["updated_at"],
    }


def age_range(ages: Mapping[str, Any]) -> Json:
    """Return both bounds, inclusive, and what they say in French."""
    low, high = ages["min"], ages["max"]
    return {
        "min": low,
        "max": high,
        "label": _age_label(low["value"], low["unit"], high["value"], high["unit"]),
    }


@lru_cache(maxsize=1024)
def _age_label(low: int, low_unit: str, high: int, high_unit: str) -> str:
    return AgeRange(Age(low, low_unit), Age(high, high_unit)).label


def site(data: Mapping[str, Any]) -> Json:
    """Return the hospital site and the entity that answers for it."""
    entity = data.get("legal_entity")
    return {
        "finess": data.get("finess"),
        "name": data["name"],
        "category": coded("site_category", data.get("category")),
        "legal_entity": {"finess": entity.get("finess"), "name": entity.get("name")} if entity else None,
    }


def _equipment(found: Result) -> list[dict[str, str]]:
    """Return what is in service at the place that answers, else at any place of the unit."""
    if found.place is not None:
        return all_coded("R212", found.place.get("equipment", ()))
    codes = {
        item["code"]
        for each in found.unit.get("places", ())
        for item in each.get("equipment", ())
        if item.get("in_service") != 0
    }
    return all_coded("R212", sorted(codes))


def place(found: Result, gazetteer: Gazetteer) -> Json | None:
    """Return where it is: the point with its precision, the address, the commune and department."""
    entry = found.place
    if entry is None:
        return None
    detail = found.place_detail or {}
    point = entry.get("point") or {}
    insee = entry["insee"]
    return {
        "id": entry["id"],
        "name": detail.get("name"),
        "lat": point.get("lat"),
        "lon": point.get("lon"),
        "precision": detail.get("geo_precision"),
        "address": address(detail.get("address"), insee, gazetteer),
        "commune": commune_name(insee, gazetteer),
        "insee": insee,
        "department": department(entry["department"]),
    }


def commune_name(insee: str, gazetteer: Gazetteer) -> str | None:
    """Return the name of a commune, where it is known."""
    known = gazetteer.get(insee)
    return known.name if known else None


def address(data: Mapping[str, Any] | None, insee: str, gazetteer: Gazetteer) -> str | None:
    """Return the address on one line."""
    if not data:
        return None
    town = " ".join(filter(None, (data.get("postcode"), data.get("commune") or commune_name(insee, gazetteer))))
    return ", ".join(filter(None, (*data.get("lines", ()), town))) or None
