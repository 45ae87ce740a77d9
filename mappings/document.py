"""Unit ↔ index document: what a question can filter, rank and count on, and the unit itself to show."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from mappings.age import meant_for
from mappings.beds import summarise, summary_to_dict
from mappings.capacity import Capacity
from mappings.fold import fold, name_words
from mappings.hours import opening_fields
from mappings.nomenclature import freshness_class, nomenclature
from mappings.quality import judged
from mappings.schema.unit import unit_from_dict, unit_to_dict
from mappings.territory import department_of, region_of, time_zone
from mappings.unit import CareLocation, Closing, Equipment, Unit

WEIGHT_LIMIT = "001"
"""R340 code of the greatest weight an equipment bears."""


def unit_to_document(unit: Unit) -> dict[str, Any]:
    """Return the document of a unit; empty fields are left out.

    Only places that work are searchable (R203); all of them stay in ``unit``. The counts that the unit carries give
    the first bed summary; later ones come from the store of record.
    """
    freshness = freshness_class(unit.activities)
    insee = unit.places[0].insee if unit.places else unit.site.insee
    written = unit_to_dict(unit)
    places = [place_entry(place, freshness, place.capacities) for place in unit.places if place.is_open]
    document: dict[str, Any] = {
        "id": unit.id,
        "content_hash": content_hash(written),
        "field": unit.field,
        "activities": unit.activities,
        "care_mode": unit.care_mode,
        "reception": unit.reception,
        "acts": unit.acts,
        "specialisations": unit.specialisations,
        "competences": unit.competences,
        "expertise": unit.expertise,
        "professions": unit.professions,
        "publics": unit.publics,
        "offer_type": unit.offer_type,
        "site_category": unit.site.category,
        "site_category_path": _category_path(unit.site.category),
        "finess": unit.site.finess,
        "legal_finess": unit.site.legal_entity.finess if unit.site.legal_entity else None,
        "source_region": unit.region,
        "sensitive": unit.sensitive,
        "age_min": unit.age.min.days,
        "age_max": unit.age.max_days,
        "meant_for": meant_for(unit.age),
        "closed": _closed_spans(unit),
        "names": (names := _names(unit)),
        "name_words": sorted(set(name_words(names))),
        "updated_at": unit.updated_at.isoformat(timespec="milliseconds"),
        "quality": judged(unit),
        "place_ids": tuple(place.id for place in unit.places),
        "one_place": len(places) == 1,
        **as_stored(places),
        "unit": without_counts(written),
    }
    if insee:
        document["time_zone"] = time_zone(department_of(insee)).key
    document.update(opening_fields(unit.hours))
    return {name: value for name, value in document.items() if value not in (None, (), [])}


def content_hash(written: dict[str, Any]) -> str:
    """Return 32 hex digits of a unit's JSON shape, whose fields come in the order of the schema.

    A delta rewrites a unit when they differ. Bed summaries that came later are not part of it; the counts that the
    source gives are.
    """
    text = json.dumps(written, separators=(",", ":"), ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def without_counts(written: dict[str, Any]) -> dict[str, Any]:
    """Return a unit's JSON shape without its bed counts: the store of record is where they are true."""
    places = [
        {name: value for name, value in place.items() if name != "capacities"} for place in written.get("places", ())
    ]
    return written | ({"places": places} if places else {})


def document_to_unit(document: dict[str, Any]) -> Unit:
    """Read back the unit that a document was made of, without its bed counts."""
    return unit_from_dict(document["unit"])


def place_entry(place: CareLocation, freshness: str, capacities: Iterable[Capacity]) -> dict[str, Any]:
    """Return what a question can ask of one place, with its bed summary."""
    department = department_of(place.insee)
    entry: dict[str, Any] = {
        "id": place.id,
        "insee": place.insee,
        "department": department,
        "region": region_of(department),
        "freshness": freshness,
    }
    if place.point is not None:
        entry["point"] = {"lat": place.point.lat, "lon": place.point.lon}
    in_service = [item for item in place.equipment if item.in_service != 0]
    if in_service:
        entry["equipment"] = sorted({item.code for item in in_service})
        entry["equipment_limits"] = sorted(_weight_tokens(in_service))
    beds = summary_to_dict(summarise(capacities))
    if beds is not None:
        entry["beds"] = beds
    return {name: value for name, value in entry.items() if value not in (None, [])}


def as_stored(places: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the entries of a unit's places under the names they are stored by.

    The only place lies flat in the document, where it is searched and sorted several times faster; several have a row
    each, so that one and the same place has to meet all that is asked of places. Either is an array: the engine puts
    a new array in the place of the old one, while it would merge objects and keep counts that are no more.
    """
    return {"place" if len(places) == 1 else "places": places}


def places_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the entries of the places of a stored unit, however it stores them."""
    return document.get("place") or list(document.get("places", ()))


def weight_token(equipment: str, kilograms: float) -> str:
    """Return the keyword that orders an equipment's weight limits: type, then grams on nine digits."""
    return f"{equipment}|{round(kilograms * 1000):09d}"


def _category_path(category: str | None) -> tuple[str, ...]:
    """Return the category and the aggregates above it, so that asking for one finds what is below."""
    return (category, *nomenclature()["site_category"].ancestors(category)) if category else ()


def _weight_tokens(items: Iterable[Equipment]) -> set[str]:
    return {
        weight_token(item.code, limit.value) for item in items for limit in item.limits if limit.kind == WEIGHT_LIMIT
    }


def _closed_spans(unit: Unit) -> list[dict[str, str]]:
    """Return the days on which the unit, its site or its legal entity is closed."""
    entity = unit.site.legal_entity
    closings = (unit.closing, unit.site.closing, entity.closing if entity else None)
    return [span for span in map(_span, closings) if span is not None]


def _span(closing: Closing | None) -> dict[str, str] | None:
    if closing is None:
        return None
    start = closing.closed_from.isoformat() if closing.closed_from else "1900-01-01"
    if closing.reopens_on is None:
        return {"gte": start}
    end = closing.reopens_on.isoformat()
    return {"gte": start, "lt": end} if start < end else None


def _names(unit: Unit) -> str:
    """Return the folded names a person may type for this unit."""
    entity = unit.site.legal_entity
    names = [unit.name, unit.site.name, unit.site.usual_name, entity.name if entity else None]
    names += [place.address.commune if place.address else None for place in unit.places]
    names += [place.name for place in unit.places]
    return fold(" ".join(dict.fromkeys(name for name in names if name)))
