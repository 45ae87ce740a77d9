"""Write units as ROR NDJSON, one a line, as fast as a load test needs.

Each line equals ``orjson.dumps(unit_to_dict(unit))``: the writer is made from the exchange schema itself, so
that a field added there is written here, but it calls no schema at run time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from operator import attrgetter
from typing import IO, Any

import orjson
from marshmallow import fields

from mappings.age import Age
from mappings.capacity import Capacity
from mappings.geo import Point
from mappings.schema.fields import AgeField, PointField, Record
from mappings.schema.place import CapacitySchema
from mappings.schema.unit import UnitSchema
from mappings.unit import Site, Unit

Writer = Callable[[Any], Any]

_ABSENT: tuple[Any, ...] = (None, [], {}, ())
LINES_A_WRITE = 256


def write_ndjson(units: Iterable[Unit], stream: IO[bytes]) -> int:
    """Write units to a binary stream, one JSON object a line; return how many."""
    count = 0
    lines: list[bytes] = []
    site: Site | None = None
    fragment = orjson.Fragment(b"")
    for unit in units:
        if unit.site is not site:
            site, fragment = unit.site, orjson.Fragment(orjson.dumps(_write_site(unit.site)))
        lines.append(orjson.dumps(_write_unit(unit, fragment), option=orjson.OPT_APPEND_NEWLINE))
        count += 1
        if len(lines) == LINES_A_WRITE:
            stream.write(b"".join(lines))
            lines.clear()
    stream.write(b"".join(lines))
    return count


def unit_to_json(unit: Unit) -> bytes:
    """Return one unit as the bytes of a line, without its end."""
    return orjson.dumps(_write_unit(unit, _write_site(unit.site)))


def _write_unit(unit: Unit, site: Any) -> dict[str, Any]:
    """Return the JSON shape of a unit whose site is already written."""
    written: dict[str, Any] = {}
    for name, value, write in zip(_UNIT_NAMES, _UNIT_VALUES(unit), _UNIT_WRITERS, strict=True):
        if name == "site":
            written[name] = site
        elif value is not None and value != ():
            written[name] = value if write is None else write(value)
    return written


def _record(schema: Record) -> Writer:
    """Return the writer of one dataclass, its fields in the order of the schema, absent ones left out."""
    if isinstance(schema, CapacitySchema):
        return _capacity(schema)
    names = tuple(schema.fields)
    writers = tuple(_field(field) for field in schema.fields.values())
    values = attrgetter(*names)

    def write(record: Any) -> dict[str, Any]:
        return {
            name: value if inner is None else inner(value)
            for name, value, inner in zip(names, values(record), writers, strict=True)
            if value is not None and value != ()
        }

    return write


def _capacity(schema: CapacitySchema) -> Writer:
    """Return the writer of a bed count, whose key and count make one flat record."""
    names = tuple(schema.fields)
    values = attrgetter(*(f"key.{name}" if name in schema.KEY else name for name in names))

    def write(capacity: Capacity) -> dict[str, Any]:
        written = {name: value for name, value in zip(names, values(capacity), strict=True) if value is not None}
        written["observed_at"] = capacity.observed_at.isoformat()
        return written

    return write


def _field(field: fields.Field[Any]) -> Writer | None:
    """Return what writes one field; None where the value is written as it is."""
    if isinstance(field, fields.Nested):
        return _record(field.schema)  # type: ignore[arg-type]
    if isinstance(field, fields.List):
        inner = _field(field.inner)
        return None if inner is None else lambda values: [inner(value) for value in values]
    if isinstance(field, fields.DateTime | fields.Date | fields.Time):
        return _iso
    if isinstance(field, AgeField):
        return _age
    return _point if isinstance(field, PointField) else None


def _iso(moment: datetime | date | time) -> str:
    return moment.isoformat()


def _age(age: Age) -> dict[str, Any]:
    return {"value": age.value, "unit": age.unit}


def _point(point: Point) -> dict[str, float]:
    return {"lat": point.lat, "lon": point.lon}


_SCHEMA = UnitSchema()
_UNIT_NAMES = tuple(_SCHEMA.fields)
_UNIT_VALUES = attrgetter(*_UNIT_NAMES)
_UNIT_WRITERS = tuple(_field(field) for field in _SCHEMA.fields.values())
_write_site = _record(_SCHEMA.fields["site"].schema)  # type: ignore[attr-defined]
