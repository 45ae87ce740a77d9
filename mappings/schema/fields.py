"""Fields of the exchange schemas: codes of a list, bounded text, FINESS, ages, points."""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_dump, post_load, validate

from mappings.age import Age
from mappings.errors import FieldError, shorten
from mappings.geo import Point
from mappings.nomenclature import nomenclature

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""What no text holds, and no XML document could."""
_EMPTY: tuple[Any, ...] = (None, [], {}, ())


class Record(Schema):
    """A schema of one frozen dataclass: unknown fields are refused, empty ones are not written."""

    class Meta:
        """Refuse what the model does not know."""

        unknown = RAISE

    model: typing.ClassVar[type]
    repeated: typing.ClassVar[bool] = False
    """Whether sources repeat the very same record from unit to unit: then it is read and written once."""

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Any:
        """Make the dataclass; its own rules become field errors."""
        try:
            return self.model(**data)
        except ValueError as error:
            raise ValidationError(str(error)) from None

    @post_dump
    def compact(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Leave out what is absent."""
        return {name: value for name, value in data.items() if value not in _EMPTY}


class Text(fields.String):
    """Text of bounded length without control characters; surrounding blanks are dropped."""

    def __init__(self, limit: int = 500, **kwargs: Any) -> None:
        """Set the longest text taken, in characters."""
        super().__init__(**kwargs)
        self.limit = limit

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs)).strip()
        if len(text) > self.limit:
            raise ValidationError(f"{shorten(text)!r} is longer than {self.limit} characters")
        if CONTROL.search(text):
            raise ValidationError(f"{shorten(text)!r} holds control characters")
        if not text and self.required:
            raise ValidationError("must not be empty")
        return text


class Whole(validate.Regexp):
    """A pattern that the whole text is, not only its beginning."""

    def __call__(self, value: Any) -> Any:
        """Return the value, or refuse it."""
        if self.regex.fullmatch(value) is None:
            raise ValidationError(self._format_error(value))
        return value


class Code(fields.Field[str]):
    """A code of a national list, active or retired (retired codes stay readable)."""

    def __init__(self, list_id: str, **kwargs: Any) -> None:
        """Bind to a list such as ``R211``."""
        super().__init__(metadata={"description": f"code of list {list_id}"}, **kwargs)
        self.list_id = list_id

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError(f"{shorten(value)!r} is not a code: codes are strings, leading zeros count")
        if value not in nomenclature()[self.list_id].concepts:
            raise ValidationError(f"{shorten(value)!r} is not a code of list {self.list_id}")
        return value


class Many(fields.List[Any]):
    """A JSON array as a tuple, repeated items dropped, order kept."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        items = super()._deserialize(value, attr, data, **kwargs)
        return tuple(items) if len(items) < 2 else tuple(dict.fromkeys(items))


def codes(list_id: str, **kwargs: Any) -> Many:
    """Return a field of several codes of one list."""
    return Many(Code(list_id), **kwargs)


FINESS = re.compile(r"(\d{2}|2[AB])\d{7}")


class Finess(fields.String):
    """A FINESS number: nine characters, department first."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if not FINESS.fullmatch(text):
            raise ValidationError(f"{shorten(text)!r} is not a FINESS number (nine characters, e.g. 760780239)")
        return text


class AgeField(fields.Field[Age]):
    """An age as ``{"value": 16, "unit": "a"}``; a bare number is in years."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else {"value": value.value, "unit": value.unit}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Age:
        number, unit = value, "a"
        if isinstance(value, Mapping):
            if unknown := value.keys() - {"value", "unit"}:
                raise ValidationError(f"unknown field {shorten(sorted(unknown)[0])!r} in an age")
            number, unit = value.get("value"), value.get("unit", "a")
        if isinstance(number, bool) or not isinstance(number, int) or not isinstance(unit, str):
            raise ValidationError(f"{shorten(value)!r} is not an age: a whole number and a unit a, mo, wk or d")
        try:
            return Age(number, unit)
        except ValueError as error:
            raise ValidationError(str(error)) from None


class PointField(fields.Field[Point]):
    """A WGS84 point as ``{"lat": 49.44, "lon": 1.1}``."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else {"lat": value.lat, "lon": value.lon}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Point:
        if not isinstance(value, Mapping) or value.keys() != {"lat", "lon"}:
            raise ValidationError(f"{shorten(value)!r} is not a point: give lat and lon")
        lat, lon = value["lat"], value["lon"]
        if any(isinstance(n, bool) or not isinstance(n, int | float) for n in (lat, lon)):
            raise ValidationError("lat and lon are numbers in degrees")
        try:
            return Point(float(lat), float(lon))
        except ValueError as error:
            raise ValidationError(str(error)) from None


def field_errors(messages: Any, data: Any = None, path: str = "") -> list[FieldError]:
    """Flatten marshmallow messages to one error a field, its path in dots, with the value given."""
    if isinstance(messages, str):
        return [FieldError(path or "unit", messages, "" if data is None else shorten(data))]
    if isinstance(messages, list):
        return [error for message in messages for error in field_errors(message, data, path)]
    errors: list[FieldError] = []
    for key, inner in messages.items():
        name = "" if key == "_schema" else str(key)
        errors += field_errors(inner, _inside(data, key), ".".join(filter(None, (path, name))))
    return errors


def _inside(data: Any, key: Any) -> Any:
    """Return what the data holds under a key of the messages, if anything."""
    if isinstance(data, Mapping):
        return data.get(key)
    return data[key] if isinstance(data, list) and isinstance(key, int) and key < len(data) else None
