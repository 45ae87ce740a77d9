"""One unit, whole: every field of the schema, labelled, with all its places and their counts.

The renderer is made once from the schema of units, so that a field added there is shown here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from marshmallow import Schema, fields

from mappings.document import places_of
from mappings.gazetteer import Gazetteer
from mappings.geo import Point, distance_m
from mappings.schema.fields import Code
from mappings.schema.place import CapacitySchema, ContactSchema, TelecomSchema
from mappings.schema.unit import AgeRangeSchema, SiteSchema, UnitSchema
from mappings.territory import department_of
from orientation.access import seen_count
from orientation.criteria import Criteria
from orientation.render.beds import beds
from orientation.render.contacts import Sight
from orientation.render.labels import coded, department
from orientation.render.result import age_range, commune_name, metres

Json = dict[str, Any]
Writer = Callable[[Any, Sight], Any]
Counts = Mapping[str, Sequence[Mapping[str, Any]]]
_DEFENCE = frozenset({"helipad", "orsan_level"})
"""What a site is in a crisis (zonePoser, niveauRecoursORSAN)."""
HIDDEN = object()
"""What a writer returns for what the profile may not see."""


def whole(
    document: Mapping[str, Any],
    counts: Counts,
    criteria: Criteria,
    gazetteer: Gazetteer,
    near: Point | None = None,
) -> Json:
    """Return the unit of an index document with the counts of its places, by id, from the store of record.

    With ``near``, it has the metres to it and to each of its places.
    """
    sight = Sight.of(document["unit"], criteria.access)
    written: Json = _record(UnitSchema)(document["unit"], sight)
    entries = {entry["id"]: entry for entry in places_of(document)}
    written["places"] = [
        {
            **place,
            **_territory(place, entries.get(place["id"]), gazetteer, near),
            "beds": beds(entries.get(place["id"]), sight, criteria),
            "capacities": capacities(counts.get(place["id"], ()), sight),
        }
        for place in written.get("places", ())
    ]
    if near is not None:
        known = [place["distance_m"] for place in written["places"] if place["distance_m"] is not None]
        written["distance_m"] = min(known, default=None)
    return written


def _territory(place: Json, entry: Mapping[str, Any] | None, gazetteer: Gazetteer, near: Point | None) -> Json:
    """Return where a place is, as the index knows it; a closed place has no entry there."""
    point = (entry or {}).get("point") or place.get("point")
    found: Json = {
        # In one order: a document that was updated since it was loaded has another, and who may not see counts
        # would see that some were written.
        "point": {"lat": point["lat"], "lon": point["lon"]} if point else None,
        "commune": commune_name(place["insee"], gazetteer),
        "department": department(department_of(place["insee"])),
    }
    if near is not None:
        found["distance_m"] = metres(distance_m(near, Point(point["lat"], point["lon"]))) if point else None
    return found


def capacities(records: Sequence[Mapping[str, Any]], sight: Sight) -> list[Json]:
    """Return the counts of a place that may be shown, labelled."""
    write = _record(CapacitySchema)
    return [one for record in records if (one := write(record, sight)) is not HIDDEN]


@cache
def _record(schema: type[Schema]) -> Writer:
    """Return the writer of the records of a schema."""
    if schema is AgeRangeSchema:
        return lambda value, sight: age_range(value)
    writers = {name: _writer(field) for name, field in schema().fields.items()}

    def write(value: Mapping[str, Any], sight: Sight) -> Any:
        if schema in {ContactSchema, TelecomSchema} and not sight.level(value):
            return HIDDEN
        if schema is CapacitySchema:
            seen = seen_count(value, sight.sees)
            if seen is None:
                return HIDDEN
            value = seen
        if schema is SiteSchema and not sight.access.sees_defence:
            value = {name: inner for name, inner in value.items() if name not in _DEFENCE}
        shown = ((name, writers[name](inner, sight)) for name, inner in value.items() if name in writers)
        return {name: inner for name, inner in shown if inner is not HIDDEN}

    return write


def _list_writer(inner: Writer) -> Writer:
    """Return the writer of a list; one of which nothing may be seen is left out, as one that is empty is."""

    def write(value: Any, sight: Sight) -> Any:
        seen = [one for each in value if (one := inner(each, sight)) is not HIDDEN]
        return seen if seen or not value else HIDDEN

    return write


def _writer(field: fields.Field[Any]) -> Writer:
    """Return the writer of one field."""
    if isinstance(field, Code):
        list_id = field.list_id
        return lambda value, sight: coded(list_id, value)
    if isinstance(field, fields.Nested):
        return _record(type(field.schema))
    if isinstance(field, fields.List):
        return _list_writer(_writer(field.inner))
    return lambda value, sight: value
