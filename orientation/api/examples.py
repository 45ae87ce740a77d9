"""Schemas and examples of answers in the OpenAPI document; a test holds them against real answers."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def record(**properties: Json) -> Json:
    """Return the schema of an object."""
    return {"type": "object", "properties": properties}


def many(items: Json) -> Json:
    """Return the schema of an array."""
    return {"type": "array", "items": items}


def maybe(schema: Json) -> Json:
    """Return a schema that null satisfies too."""
    return {"anyOf": [schema, {"type": "null"}]}


TEXT: Json = {"type": "string"}
WHOLE: Json = {"type": "integer"}
DEGREES: Json = {"type": "number"}
FLAG: Json = {"type": "boolean"}
TIME: Json = {"type": "string", "format": "date-time"}
CODED = record(code=TEXT, label=TEXT)

BEDS = record(
    available=maybe(WHOLE),
    horizon=TEXT,
    gender=maybe(TEXT),
    kind={"type": "string", "enum": ["bed", "place"]},
    observed_at=TIME,
    age_s=WHOLE,
    stale=FLAG,
    source=maybe(CODED),
    **{name: maybe(WHOLE) for name in ("installed", "closed", "reopenable", "extra_with_staff", "extra_without_staff")},
)

UNIT = record(
    id=TEXT,
    name=TEXT,
    activities=many(CODED),
    care_mode=CODED,
    field=CODED,
    offer_type=maybe(CODED),
    reception=many(CODED),
    age=record(min={"type": "object"}, max={"type": "object"}, label=TEXT),
    **{name: many(CODED) for name in ("publics", "acts", "specialisations", "competences", "expertise", "equipment")},
    site=record(
        finess=maybe(TEXT),
        name=TEXT,
        category=maybe(CODED),
        legal_entity=maybe(record(finess=maybe(TEXT), name=maybe(TEXT))),
    ),
    place=maybe(
        record(
            id=TEXT,
            name=maybe(TEXT),
            lat=maybe(DEGREES),
            lon=maybe(DEGREES),
            precision=maybe(TEXT),
            address=maybe(TEXT),
            commune=maybe(TEXT),
            insee=TEXT,
            department=maybe(CODED),
        )
    ),
    contacts=many({"type": "object"}),
    hours=many({"type": "object"}),
    region=maybe(CODED),
    sensitive=FLAG,
    fictitious=FLAG,
    updated_at=TIME,
)

UNDERSTOOD = record(
    span=many(WHOLE),
    text=TEXT,
    kind=TEXT,
    code=maybe(TEXT),
    codes=many(TEXT),
    label=TEXT,
    confidence=DEGREES,
    parameter=maybe(TEXT),
    alternatives=many(record(kind=TEXT, codes=many(TEXT), label=TEXT)),
)
"""A part of a free text (`q`)."""

ANSWER_SCHEMA = record(
    query=record(
        origin=maybe(record(lat=DEGREES, lon=DEGREES, label=TEXT, precision=TEXT, insee=maybe(TEXT))),
        radius_m=maybe(WHOLE),
        widened=FLAG,
        as_of=TIME,
        criteria={"type": "object"},
        understood=many(UNDERSTOOD),
    ),
    total=WHOLE,
    results=many(
        record(
            rank=WHOLE,
            distance_m=maybe(WHOLE),
            why=many(record(reason=TEXT, label=TEXT)),
            unit=UNIT,
            beds=maybe(BEDS),
        )
    ),
    facets={
        "type": "object",
        "additionalProperties": many(record(code=TEXT, label=TEXT, count=WHOLE, selected=FLAG)),
    },
    next=maybe(TEXT),
    warnings=many(TEXT),
    took_ms=WHOLE,
)

QUESTION = {"place": "Rouen", "activity": ["124"], "age": "35y", "radius": "30km"}

_ROUEN = {"lat": 49.4431, "lon": 1.0993, "label": "Rouen (76)", "precision": "commune", "insee": "76540"}

ANSWER: Json = {
    "query": {
        "origin": _ROUEN,
        "radius_m": 30000,
        "widened": False,
        "as_of": "2026-11-24T09:00:00+00:00",
        "criteria": {
            "activity": [{"code": "124", "label": "Réanimation chirurgicale"}],
            "age": "35 ans",
            "sort": "suitability",
        },
        "understood": [],
    },
    "total": 0,
    "results": [],
    "facets": {"activity": [{"code": "124", "label": "Réanimation chirurgicale", "count": 0, "selected": True}]},
    "next": None,
    "warnings": ["Aucune unité ne répond à tous les critères dans cette zone."],
    "took_ms": 7,
}
COMMUNE = record(
    name=TEXT,
    insee=TEXT,
    department=TEXT,
    postcodes=many(TEXT),
    population=maybe(WHOLE),
    place=TEXT,
    lat=maybe(DEGREES),
    lon=maybe(DEGREES),
)
CONCEPT = record(code=TEXT, label=TEXT, short_label=TEXT, parent=TEXT, valid_from=TEXT, valid_to=TEXT, active=FLAG)
LIST = record(
    id=TEXT,
    title=TEXT,
    version=TEXT,
    source=TEXT,
    system=TEXT,
    oid=TEXT,
    value_set=TEXT,
    codes=WHOLE,
    active=WHOLE,
)
