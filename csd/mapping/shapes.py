"""Shapes of the records in our extension, made from the exchange schemas: the same names, in camel case.

A scalar is an attribute, a record an element, a list repeated elements. A field that is added to the schema of units
is carried from that moment; the XSD, written by hand, then refuses it in the tests until it is described there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from marshmallow import Schema, fields

from mappings.schema.fields import AgeField, PointField
from mappings.schema.place import CapacitySchema, ContactSchema, PlaceSchema
from mappings.schema.unit import LegalEntitySchema, SiteSchema, UnitSchema


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value of one word or text, and how it is read back."""

    read: Callable[[str], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """Named values; ``names`` maps the XML name to that of the JSON shape. Each record shape is one of its own kind."""

    fields: Mapping[str, Shape]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Many:
    """A list."""

    item: Shape


Shape = Scalar | Record | Many


def _same(text: str) -> str:
    return text


def _boolean(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text.strip()]


TEXT, MOMENT, WHOLE, NUMBER, FLAG = Scalar(str), Scalar(_same), Scalar(int), Scalar(float), Scalar(_boolean)


@cache
def xml_name(name: str) -> str:
    """Return a JSON name in camel case."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def record(shapes: Mapping[str, Shape]) -> Record:
    """Return the shape of a record."""
    return Record(dict(shapes), {xml_name(name): name for name in shapes})


_PLAIN: tuple[tuple[type[fields.Field[Any]], Shape], ...] = (
    (AgeField, record({"value": WHOLE, "unit": TEXT})),
    (PointField, record({"lat": NUMBER, "lon": NUMBER})),
    (fields.AwareDateTime, MOMENT),
    (fields.Boolean, FLAG),
    (fields.Float, NUMBER),
    (fields.Integer, WHOLE),
)


@cache
def _of_schema(schema: type[Schema]) -> Record:
    return record({name: _of_field(field) for name, field in schema().fields.items()})


def _of_field(field: fields.Field[Any]) -> Shape:
    if isinstance(field, fields.List):
        return Many(_of_field(field.inner))
    if isinstance(field, fields.Nested):
        return _of_schema(type(field.schema))
    return next((shape for kind, shape in _PLAIN if isinstance(field, kind)), TEXT)


def _with(shape: Record, changes: Mapping[str, Shape]) -> Record:
    """Return a shape with some fields of another shape, or more."""
    return record({**shape.fields, **changes})


_CONTACTS = Many(_with(_of_schema(ContactSchema), {"unnamed": FLAG}))
SITE_WHOLE = _of_schema(SiteSchema)
UNIT = _with(_of_schema(UnitSchema), {"contacts": _CONTACTS})
"""What may stand in the extension of a facility; ``csd.mapping.facility`` says what does."""
PLACE, CAPACITY = _of_schema(PlaceSchema), _of_schema(CapacitySchema)
SITE = _with(SITE_WHOLE, {"contacts": _CONTACTS})
LEGAL_ENTITY = _with(_of_schema(LegalEntitySchema), {"unnamed": FLAG})
