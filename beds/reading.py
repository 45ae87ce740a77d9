"""From what a sender wrote to writes: each refused with the field and the rule it breaks, the others kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from beds.records import KEY_PARTS, OPS, Write
from mappings.capacity import MAX_COUNT, CapacityKey
from mappings.errors import FieldError, InvalidInput, shorten
from mappings.schema.fields import Code, Text, field_errors
from mappings.schema.place import CapacitySchema

MAX_AHEAD = timedelta(minutes=5)
"""How far in the future an observation may lie: clocks of hospitals differ by this much, not by more."""


class WriteSchema(CapacitySchema):
    """One write: an operation, the key, the count and where it comes from."""

    place = Text(200, required=True)
    op = fields.String(load_default="add", validate=validate.OneOf(OPS, error="an operation is replace, add or delete"))
    count = fields.Integer(
        strict=True, validate=validate.Range(0, MAX_COUNT, error=f"a count is between 0 and {MAX_COUNT}")
    )
    observed_at = fields.AwareDateTime(default_timezone=None)
    source = Code("R335")

    @validates_schema
    def check_operation(self, data: dict[str, Any], **_: Any) -> None:
        """Require of a count its number, time and source; a delete may leave them out."""
        if data.get("op") == "delete":
            return
        missing = [name for name in ("count", "observed_at", "source") if name not in data]
        if missing:
            raise ValidationError({name: ["is required"] for name in missing})

    @validates_schema
    def check_key(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse a combination that means nothing, once both parts it needs are there."""
        if "kind" in data and "status" in data:
            super().check_key({**dict.fromkeys(KEY_PARTS), **data}, **kwargs)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Split the flat record into key and rest."""
        key = CapacityKey(**{name: data.pop(name) for name in KEY_PARTS})
        return {"key": key, **data}


_SCHEMA = WriteSchema()


def read_write(said: Any, now: datetime, place: str | None = None) -> Write:
    """Read one write; ``InvalidInput`` names every field, value and rule broken.

    ``place`` is the zone that the address of the request names: the write then names none. A delete without a
    time is one of now.
    """
    if not isinstance(said, Mapping):
        raise InvalidInput([FieldError("", "a write is a JSON object", shorten(said))])
    if place is not None:
        if "place" in said:
            raise InvalidInput([FieldError("place", "is given by the address", shorten(said["place"]))])
        said = {**said, "place": place}
    try:
        values: dict[str, Any] = _SCHEMA.load(said)
    except ValidationError as error:
        raise InvalidInput(field_errors(error.messages, said)) from None
    values.setdefault("observed_at", now)
    check_time(values["observed_at"], now)
    return Write(**values)


def check_time(observed_at: datetime, now: datetime) -> None:
    """Refuse an observation of the future."""
    if observed_at > now + MAX_AHEAD:
        rule = "lies more than 5 minutes in the future: check the clock of the sender"
        raise InvalidInput([FieldError("observed_at", rule, observed_at.isoformat())])
