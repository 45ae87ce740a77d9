"""Unit ↔ index document: what a question can filter, rank and count on, and the unit itself to show."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import orjson

from mappings.age import meant_for
from mappings.beds import summarise, summary_to_dict
from mappings.capacity import Capacity
from mappings.fold import fold, name_words
from mappings.hours import opening_fields
from mappings.nomenclature import freshness_class, nomenclature
from mappings.quality import judged
from mappings.schema.unit import unit_from_dict, unit_to_dict
from mappings.territory import department_of, region_of, time_zone
from mappings.unit import CareLocation, Closing, Equipment, OpeningHours, Unit

WEIGHT_LIMIT = "001"
"""R340 code of the greatest weight an equipment bears."""


Beds = Mapping[str, dict[str, Any] | None]
"""Bed summary to show by id of place, ``None`` for none."""


def unit_to_document(unit: Unit, beds: Beds | None = None) -> dict[str, Any]:
    """Return the document of a unit; empty fields are left out.

    Only places that work are searchable (R203); all of them stay in ``unit``. ``beds`` are what the store of record
    says of the unit's places; without, the counts that the unit carries give the summaries.
    """
    return document_and_json(unit, beds)[0]


def document_and_json(unit: Unit, beds: Beds | None = None) -> tuple[dict[str, Any], bytes]:
    """Return the document of a unit and, written once for all who need it, the JSON of its ``unit``."""
    freshness = freshness_class(unit.activities)
    insee = unit.places[0].insee if unit.places else unit.site.insee
    written = unit_to_dict(unit)
    text = orjson.dumps(written)
    bare = without_counts(written)
    places = [_place_entry(place, freshness, _beds_of(place, beds)) for place in unit.places if place.is_open]
    names = _names(unit)
    document: dict[str, Any] = {
        "id": unit.id,
        "content_hash": _hash_of(written, text),
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
        "names": " ".join(filter(None, map(fold, names))),
        "name_words": sorted({word for name in names for word in _words(name)}),
        "updated_at": unit.updated_at.isoformat(timespec="milliseconds"),
        "quality": judged(unit),
        "place_ids": tuple(place.id for place in unit.places),
        "one_place": len(places) == 1,
        **as_stored(places),
        "unit": bare,
    }
    if insee:
        document["time_zone"] = time_zone(department_of(insee)).key
    document.update(_opening(unit.hours))
    kept = {name: value for name, value in document.items() if value not in (None, (), [])}
    return kept, text if bare is written else orjson.dumps(bare)


_TINY = re.compile(rb"\de-\d")
"""A number that is nearly zero: the two writers of JSON have different forms for it (1e-05, 1e-5)."""


def content_hash(written: dict[str, Any]) -> str:
    """Return 32 hex digits of a unit's JSON shape, whose fields come in the order of the schema.

    A delta rewrites a unit when they differ. Bed summaries that came later are not part of it; the counts that the
    source gives are.
    """
    return _hash_of(written, orjson.dumps(written))


def _hash_of(written: dict[str, Any], text: bytes) -> str:
    """Return the hash of a JSON shape and its JSON."""
    if b"0.0000" in text or (b"e-" in text and _TINY.search(text)):
        # As the hashes of earlier versions were made.
        text = json.dumps(written, separators=(",", ":"), ensure_ascii=False).encode()
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def without_counts(written: dict[str, Any]) -> dict[str, Any]:
    """Return a unit's JSON shape without its bed counts: the store of record is where they are true."""
    places = written.get("places", ())
    if not any("capacities" in place for place in places):
        return written
    bare = [{name: value for name, value in place.items() if name != "capacities"} for place in places]
    return written | {"places": bare}


def document_to_unit(document: dict[str, Any]) -> Unit:
    """Read back the unit that a document was made of, without its bed counts."""
    return unit_from_dict(document["unit"])


def place_entry(place: CareLocation, freshness: str, capacities: Iterable[Capacity]) -> dict[str, Any]:
    """Return what a question can ask of one place, with the summary of its bed counts."""
    return _place_entry(place, freshness, summary_to_dict(summarise(capacities)))


def _beds_of(place: CareLocation, beds: Beds | None) -> dict[str, Any] | None:
    return summary_to_dict(summarise(place.capacities)) if beds is None else beds[place.id]


def _place_entry(place: CareLocation, freshness: str, beds: dict[str, Any] | None) -> dict[str, Any]:
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


@lru_cache(maxsize=4096)
def _opening(hours: tuple[OpeningHours, ...]) -> dict[str, Any]:
    """Return the fields of opening hours, which many units share."""
    return opening_fields(hours)


@lru_cache(maxsize=1024)
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


def _names(unit: Unit) -> list[str]:
    """Return the names a person may type for this unit, each once."""
    entity = unit.site.legal_entity
    names = [unit.name, unit.site.name, unit.site.usual_name, entity.name if entity else None]
    names += [place.address.commune if place.address else None for place in unit.places]
    names += [place.name for place in unit.places]
    return list(dict.fromkeys(name for name in names if name))


@lru_cache(maxsize=8192)
def _words(name: str) -> tuple[str, ...]:
    """Return the words of a name, which most units share with others."""
    return tuple(name_words(name))
