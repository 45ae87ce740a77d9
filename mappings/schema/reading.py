"""Read records as their schemas say, several times faster: what ``load`` does field by field, worked out once.

A reader is made from the exchange schema itself, so that a field added there is read here. It reads what is right and
raises ``Irregular`` on anything else, without saying what: the schema is asked then, and names every field, value and
rule. So there is one set of rules and one set of messages; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from marshmallow import ValidationError, fields, missing

from mappings.age import Age
from mappings.capacity import Capacity, CapacityKey, key_problems
from mappings.geo import Point
from mappings.nomenclature import nomenclature
from mappings.schema.fields import CONTROL, FINESS, AgeField, Code, Finess, Many, PointField, Record, Text
from mappings.schema.place import CapacitySchema, PlaceSchema

Reader = Callable[[Any], Any]
_KEPT = 4096
"""Texts of dates kept read: sources repeat them from line to line."""
_RECORDS_KEPT = 256
"""Records of each repeated kind kept read: those of a site follow each other."""
_AS_JSON = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
"""So that what is no JSON has no JSON."""


class Irregular(Exception):
    """What is read is not plainly right; the schema will say why, or that it is right all the same."""


def record_reader(schema: Record) -> Reader:
    """Return the reader of one dataclass; it raises ``Irregular`` where the schema has to be asked."""
    if isinstance(schema, CapacitySchema):
        return _capacity(schema)
    readers = {name: _nullable(field) for name, field in schema.fields.items()}
    required = frozenset(name for name, field in schema.fields.items() if field.required)
    defaults = {name: field.load_default for name, field in schema.fields.items() if field.load_default is not missing}
    model = schema.model
    distinct = _distinct_counts if isinstance(schema, PlaceSchema) else None

    def read(data: Any) -> Any:
        if type(data) is not dict or not required <= data.keys():
            raise Irregular
        try:
            values = {name: readers[name](value) for name, value in data.items()}
            record = model(**(defaults | values if defaults else values))
        except (KeyError, ValueError, TypeError, ValidationError):
            raise Irregular from None
        if distinct is not None:
            distinct(record)
        return record

    return read


def _distinct_counts(place: Any) -> None:
    """Two counts for one key are for the schema to refuse."""
    counts = place.capacities
    if len(counts) > 1 and len({count.key for count in counts}) < len(counts):
        raise Irregular


def _capacity(schema: CapacitySchema) -> Reader:
    """Return the reader of a bed count, a flat record that becomes a key and a count."""
    readers = {name: _nullable(field) for name, field in schema.fields.items()}
    required = frozenset(name for name, field in schema.fields.items() if field.required)
    defaults = {name: schema.fields[name].load_default for name in schema.KEY}
    defaults = {name: value for name, value in defaults.items() if value is not missing}

    @lru_cache(_KEPT)
    def key_of(*parts: tuple[str, Any]) -> CapacityKey:
        key = CapacityKey(**(defaults | dict(parts)))
        if key_problems(key):
            raise Irregular
        return key

    key_names = frozenset(schema.KEY)

    def read(data: Any) -> Capacity:
        if type(data) is not dict or not required <= data.keys():
            raise Irregular
        try:
            values = {name: readers[name](value) for name, value in data.items()}
        except (KeyError, ValueError, TypeError, ValidationError):
            raise Irregular from None
        parts = [(name, value) for name, value in values.items() if name in key_names]
        rest = {name: value for name, value in values.items() if name not in key_names}
        return Capacity(key=key_of(*parts), **rest)

    return read


def _nullable(field: fields.Field[Any]) -> Reader:
    """Return the reader of one field with its validators; ``null`` only where the schema takes it."""
    read = _validated(field)
    if not field.allow_none:
        return read
    return lambda value: None if value is None else read(value)


def _validated(field: fields.Field[Any]) -> Reader:
    read, validators = _plain(field), tuple(field.validators)
    if not validators:
        return read

    def checked(value: Any) -> Any:
        found = read(value)
        for validate in validators:
            validate(found)
        return found

    if isinstance(field, fields.String):
        return _kept(checked)
    return checked


def _plain(field: fields.Field[Any]) -> Reader:
    """Return what reads the value of one field, without its validators."""
    if isinstance(field, fields.Nested):
        schema: Record = field.schema  # type: ignore[assignment]
        return _recalled(record_reader(schema)) if schema.repeated else record_reader(schema)
    if isinstance(field, Many):
        return _codes(field.inner) if isinstance(field.inner, Code) else _many(_nullable(field.inner))
    for kind, make in _MAKERS.items():
        if isinstance(field, kind):
            return make(field)
    return field.deserialize


def _kept(read: Reader) -> Reader:
    """Keep what texts were read as; anything but text is for the schema."""
    known = lru_cache(_KEPT)(read)

    def read_text(value: Any) -> Any:
        if type(value) is not str:
            raise Irregular
        return known(value)

    return read_text


def _recalled(read: Reader) -> Reader:
    """Read what has the same JSON once; what is the same is then one and the same record."""
    known: dict[bytes, Any] = {}

    def recall(data: Any) -> Any:
        text = orjson.dumps(data, option=_AS_JSON)
        record = known.get(text)
        if record is None:
            record = read(data)
            if len(known) >= _RECORDS_KEPT:
                known.clear()
            known[text] = record
        return record

    return recall


def _code(field: Any) -> Reader:
    known = {code: code for code in nomenclature()[field.list_id].concepts}
    return known.__getitem__


def _codes(field: Code) -> Reader:
    known = frozenset(nomenclature()[field.list_id].concepts)

    def read(values: Any) -> tuple[str, ...]:
        if type(values) is not list or not known.issuperset(values):
            raise Irregular
        return tuple(values) if len(values) < 2 else tuple(dict.fromkeys(values))

    return read


def _many(item: Reader) -> Reader:
    def read(values: Any) -> tuple[Any, ...]:
        if type(values) is not list:
            raise Irregular
        items = [item(value) for value in values]
        return tuple(items) if len(items) < 2 else tuple(dict.fromkeys(items))

    return read


def _text(field: Any) -> Reader:
    limit, required = field.limit, field.required

    def read(value: Any) -> str:
        if type(value) is not str:
            raise Irregular
        text = value.strip()
        if len(text) > limit or (required and not text) or (not text.isprintable() and CONTROL.search(text)):
            raise Irregular
        return text

    return read


def _finess(_: Any) -> Reader:
    def read(value: Any) -> str:
        if type(value) is not str or not FINESS.fullmatch(value):
            raise Irregular
        return value

    return read


def _age(_: Any) -> Reader:
    @lru_cache(_KEPT)
    def known(value: int, unit: str) -> Age:
        return Age(value, unit)

    def read(value: Any) -> Age:
        if type(value) is not dict or value.keys() != {"value", "unit"} or type(value["value"]) is not int:
            raise Irregular
        return known(value["value"], value["unit"])

    return read


def _point(_: Any) -> Reader:
    def read(value: Any) -> Point:
        if type(value) is not dict or value.keys() != {"lat", "lon"}:
            raise Irregular
        lat, lon = value["lat"], value["lon"]
        if type(lat) is not float or type(lon) is not float:
            raise Irregular
        return Point(lat, lon)

    return read


def _boolean(_: Any) -> Reader:
    def read(value: Any) -> bool:
        if value is not True and value is not False:
            raise Irregular
        return bool(value)

    return read


def _aware(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise Irregular
    return moment


def _integer(_: Any) -> Reader:
    def read(value: Any) -> int:
        if type(value) is not int:
            raise Irregular
        return value

    return read


_MAKERS: dict[type[fields.Field[Any]], Callable[[Any], Reader]] = {
    Code: _code,
    Text: _text,
    Finess: _finess,
    AgeField: _age,
    PointField: _point,
    fields.Boolean: _boolean,
    fields.Integer: _integer,
    fields.AwareDateTime: lambda field: _aware,
    fields.Time: lambda field: _kept(field.deserialize),
    fields.Date: lambda field: _kept(field.deserialize),
}
"""By kind of field; any other is read by the schema's own field."""
