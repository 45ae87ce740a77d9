"""Units of every kind, made from the exchange schema itself: a field added there is tried here."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

from hypothesis import strategies as st
from marshmallow import Schema, fields

from mappings.errors import InvalidInput
from mappings.nomenclature import nomenclature
from mappings.schema.fields import AgeField, Code, Finess, PointField, Text
from mappings.schema.place import CapacitySchema
from mappings.schema.unit import AgeRangeSchema, UnitSchema, unit_from_dict, unit_to_dict

_REGEXPS = {
    "siret": r"\A[0-9]{14}\Z",
    "siren": r"\A[0-9]{9}\Z",
    "postcode": r"\A[0-9]{5}\Z",
    "psychiatric_sectors": r"\A(75|2A|973)[GI][0-9]{2}\Z",
}
INSEE = ("76540", "75115", "2A004", "97411", "99138", "13055")
_SPECIAL = st.sampled_from(("<b>&amp;\"'", "ligne 1\nligne 2", "tab\tici", "]]>", "Œuvre à l’hôpital", "x"))
_TEXT = _SPECIAL | st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=20
)
_ZONES = st.sampled_from((UTC, timezone(timedelta(hours=2)), timezone(-timedelta(hours=9, minutes=30))))
_MOMENTS = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=_ZONES).map(datetime.isoformat)
_DATES = st.dates(date(1900, 1, 2), date(2100, 1, 1)).map(date.isoformat)
_TIMES = st.times().map(lambda each: each.replace(microsecond=0)).map(time.isoformat)


def of_field(name: str, field: fields.Field[Any]) -> st.SearchStrategy[Any]:
    """Return valid values of a field."""
    if isinstance(field, fields.List):
        return st.lists(of_field(name, field.inner), min_size=1 if field.required else 0, max_size=3)
    if isinstance(field, fields.Nested):
        return of_schema(type(field.schema))
    if isinstance(field, Code):
        return st.sampled_from(sorted(nomenclature()[field.list_id].concepts))
    if name == "insee":
        return st.sampled_from(INSEE)
    if name in _REGEXPS:
        return st.from_regex(_REGEXPS[name])
    return _of_kind(field)


def _of_kind(field: fields.Field[Any]) -> st.SearchStrategy[Any]:
    kinds: list[tuple[type[fields.Field[Any]], st.SearchStrategy[Any]]] = [
        (Finess, st.from_regex(r"\A(76|2B)[0-9]{7}\Z")),
        (
            AgeField,
            st.builds(lambda n, unit: {"value": n, "unit": unit}, st.integers(0, 40), st.sampled_from(("a", "mo"))),
        ),
        (PointField, st.builds(lambda lat, lon: {"lat": lat, "lon": lon}, st.floats(-90, 90), st.floats(-180, 180))),
        (Text, _TEXT.map(str.strip).filter(bool) if field.required else _TEXT.map(str.strip)),
        (fields.Boolean, st.booleans()),
        (fields.Integer, st.integers(1, 7)),
        (fields.Float, st.floats(0, 10_000)),
        (fields.AwareDateTime, _MOMENTS),
        (fields.Date, _DATES),
        (fields.Time, _TIMES),
    ]
    return next(values for kind, values in kinds if isinstance(field, kind))


def of_schema(schema: type[Schema]) -> st.SearchStrategy[dict[str, Any]]:
    """Return valid JSON of a record."""
    if schema is AgeRangeSchema:
        return st.builds(_range, st.integers(0, 60), st.integers(0, 60))
    if schema is CapacitySchema:
        return _counts()
    found = {name: of_field(name, field) for name, field in schema().fields.items()}
    required = {name for name, field in schema().fields.items() if field.required}
    return st.fixed_dictionaries(
        {name: found[name] for name in found if name in required},
        optional={name: found[name] for name in found if name not in required},
    )


def _range(low: int, more: int) -> dict[str, Any]:
    return {"min": {"value": low, "unit": "a"}, "max": {"value": low + more, "unit": "a"}}


@st.composite
def _counts(draw: st.DrawFn) -> dict[str, Any]:
    """Return a count that some rule allows."""
    status = draw(st.sampled_from(("01", "02", "05", "06")))
    count: dict[str, Any] = {
        "kind": draw(st.sampled_from(("01", "02"))),
        "status": status,
        "count": draw(st.integers(0, 50)),
        "observed_at": draw(_MOMENTS),
    }
    if draw(st.booleans()):
        count["source"], count["comment"] = "01", draw(_TEXT.map(str.strip))
    extra = {"02": ("gender", "01"), "05": ("closing_kind", "01"), "06": ("extra_kind", "02")}.get(status)
    if extra and draw(st.booleans()):
        count[extra[0]] = extra[1]
    return count


def _valid(data: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the schema reads of it, written again; ``None`` for what a rule between fields refuses."""
    try:
        return unit_to_dict(unit_from_dict(data))
    except InvalidInput:
        return None


units = of_schema(UnitSchema).map(_valid).filter(lambda data: data is not None)
"""Units in their JSON shape, as the index holds them."""
