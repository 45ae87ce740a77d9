"""JSON Schema 2020-12 of a unit, from the marshmallow schemas that read one."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from mappings.nomenclature import nomenclature
from mappings.schema.fields import AgeField, Code, Finess, PointField, Text
from mappings.schema.unit import UnitSchema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MAX_ENUM = 100
"""Codes of longer lists are not spelt out: ``x-code-list`` names the list."""

_PLAIN: tuple[tuple[type[fields.Field[Any]], dict[str, Any]], ...] = (
    (fields.Boolean, {"type": "boolean"}),
    (fields.Integer, {"type": "integer"}),
    (fields.Float, {"type": "number"}),
    (fields.DateTime, {"type": "string", "format": "date-time"}),
    (fields.Date, {"type": "string", "format": "date"}),
    (fields.Time, {"type": "string", "pattern": r"^\d{2}:\d{2}(:\d{2})?$"}),
    (fields.String, {"type": "string"}),
)

_AGE: dict[str, Any] = {
    "oneOf": [
        {"type": "integer", "minimum": 0, "maximum": 150},
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["value"],
            "properties": {
                "value": {"type": "integer", "minimum": 0},
                "unit": {"enum": ["a", "mo", "wk", "d"], "default": "a"},
            },
        },
    ]
}

_POINT: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["lat", "lon"],
    "properties": {
        "lat": {"type": "number", "minimum": -90, "maximum": 90},
        "lon": {"type": "number", "minimum": -180, "maximum": 180},
    },
}


def unit_json_schema() -> dict[str, Any]:
    """Return the schema of one line of ROR NDJSON; records used in several places are under ``$defs``."""
    definitions: dict[str, Any] = {}
    root = _record(UnitSchema(), definitions)
    return {
        "$schema": DIALECT,
        "$id": "/api/v1/schemas/unit.json",
        "title": "Unit",
        **root,
        "$defs": definitions,
    }


def _record(schema: Schema, definitions: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {"type": "object", "additionalProperties": False}
    if schema.__doc__:
        described["description"] = schema.__doc__.strip()
    required = [name for name, field in schema.fields.items() if field.required]
    if required:
        described["required"] = required
    described["properties"] = {name: _field(field, definitions) for name, field in schema.fields.items()}
    return described


def _field(field: fields.Field[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if isinstance(field, fields.Nested):
        return _reference(field.schema, definitions)
    if isinstance(field, fields.List):
        return {"type": "array", "items": _field(field.inner, definitions), **_rules(field, of_array=True)}
    described = {**_value(field), **_rules(field, of_array=False)}
    return {"anyOf": [described, {"type": "null"}]} if field.allow_none else described


def _reference(schema: Schema, definitions: dict[str, Any]) -> dict[str, Any]:
    name = type(schema).__name__.removesuffix("Schema")
    if name not in definitions:
        definitions[name] = {}
        definitions[name] = _record(schema, definitions)
    return {"$ref": f"#/$defs/{name}"}


def _value(field: fields.Field[Any]) -> dict[str, Any]:
    if isinstance(field, Code):
        return _code(field.list_id)
    if isinstance(field, AgeField):
        return _AGE
    if isinstance(field, PointField):
        return _POINT
    if isinstance(field, Finess):
        return {"type": "string", "pattern": r"^(\d{2}|2[AB])\d{7}$"}
    if isinstance(field, Text):
        return {"type": "string", "maxLength": field.limit, **({"minLength": 1} if field.required else {})}
    return dict(next(shape for kind, shape in _PLAIN if isinstance(field, kind)))


def _code(list_id: str) -> dict[str, Any]:
    """Return the codes where they are few, the list's name always."""
    codes = [concept.code for concept in nomenclature()[list_id]]
    described: dict[str, Any] = {"type": "string", "x-code-list": list_id}
    return described | ({"enum": codes} if len(codes) <= MAX_ENUM else {})


def _rules(field: fields.Field[Any], *, of_array: bool) -> dict[str, Any]:
    """Return the keywords of the validators of a field."""
    found: dict[str, Any] = {}
    for rule in field.validators:
        if isinstance(rule, validate.Range):
            found |= _bounds(rule.min, rule.max, "minimum", "maximum")
        elif isinstance(rule, validate.Length):
            size = "Items" if of_array else "Length"
            found |= _bounds(rule.min, rule.max, f"min{size}", f"max{size}")
        elif isinstance(rule, validate.Regexp):
            found["pattern"] = f"^({rule.regex.pattern!s})$"
    return found


def _bounds(low: Any, high: Any, least: str, most: str) -> dict[str, Any]:
    return {name: bound for name, bound in ((least, low), (most, high)) if bound is not None}
