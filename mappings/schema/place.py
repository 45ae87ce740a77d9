"""Schemas of places and what hangs on them: address, telecoms, equipment, bed counts."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_dump, validate, validates_schema

from mappings.capacity import MAX_COUNT, Capacity, CapacityKey, key_problems
from mappings.schema.fields import Code, Many, PointField, Record, Text, Whole
from mappings.unit import Address, CareLocation, Contact, Dwelling, Equipment, EquipmentLimit, Telecom

INSEE = r"(\d{2}|2[AB])\d{3}"


class AddressSchema(Record):
    """A postal address."""

    model = Address
    repeated = True
    lines = Many(Text(120))
    postcode = fields.String(validate=Whole(r"\d{5}", error="a postcode has five digits"))
    commune = Text(100)


class TelecomSchema(Record):
    """A way to reach someone."""

    model = Telecom
    channel = Code("R200", required=True)
    value = Text(200, required=True)
    usage = Text(200)
    confidentiality = Code("R283")


class ContactSchema(Record):
    """Whom to call."""

    model = Contact
    name = Text(200)
    function = Code("R251")
    nature = Code("R287")
    description = Text(500)
    confidentiality = Code("R283")
    telecoms = Many(fields.Nested(TelecomSchema))


class CapacitySchema(Record):
    """One count of beds or places for one key, flat."""

    model = Capacity
    kind = Code("R329", required=True)
    status = Code("R330", required=True)
    horizon = Code("R331", load_default="01")
    gender = Code("R332", load_default=None)
    closing_kind = Code("R333", load_default=None)
    extra_kind = Code("R334", load_default=None)
    crisis = Code("R336", load_default=None)
    assignment = Code("R337", load_default="01")
    count = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(0, MAX_COUNT, error=f"a count is between 0 and {MAX_COUNT}"),
    )
    observed_at = fields.AwareDateTime(required=True, default_timezone=None)
    source = Code("R335")
    comment = Text(500)

    KEY = ("kind", "status", "horizon", "gender", "closing_kind", "extra_kind", "crisis", "assignment")

    @validates_schema
    def check_key(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a combination of key parts that means nothing."""
        problems = key_problems(CapacityKey(**{name: data[name] for name in self.KEY}))
        if problems:
            raise ValidationError({name: [rule] for name, rule in problems})

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Capacity:
        """Split the flat record into key and count."""
        key = CapacityKey(**{name: data.pop(name) for name in self.KEY})
        return Capacity(key=key, **data)

    @pre_dump
    def flatten(self, capacity: Capacity, **_: Any) -> dict[str, Any]:
        """Write key and count as one flat record."""
        key = {name: getattr(capacity.key, name) for name in self.KEY}
        rest = {name: getattr(capacity, name) for name in ("count", "observed_at", "source", "comment")}
        return key | rest


class LimitSchema(Record):
    """What the most tolerant machine bears."""

    model = EquipmentLimit
    kind = Code("R340", required=True)
    value = fields.Float(required=True, allow_nan=False, validate=validate.Range(0, 10_000))
    unit = Text(20)


class EquipmentSchema(Record):
    """Equipment at a place."""

    model = Equipment
    repeated = True
    code = Code("R212", required=True)
    in_service = fields.Integer(strict=True, validate=validate.Range(0, MAX_COUNT))
    limits = Many(fields.Nested(LimitSchema))


class DwellingSchema(Record):
    """Lodgings of one type."""

    model = Dwelling
    kind = Code("R242", required=True)
    count = fields.Integer(required=True, strict=True, validate=validate.Range(0, MAX_COUNT))


class PlaceSchema(Record):
    """A place of care."""

    model = CareLocation
    id = Text(200, required=True)
    insee = fields.String(required=True, validate=Whole(INSEE, error="a commune is an INSEE code of five characters"))
    name = Text(200)
    sync_id = Text(200)
    sync_name = Text(200)
    directions = Text(2000)
    function = Code("R343")
    status = Code("R203")
    address = fields.Nested(AddressSchema)
    point = PointField()
    geo_reliable = fields.Boolean(truthy={True}, falsy={False})
    geo_precision = Text(30)
    rejected_point = PointField()
    telecoms = Many(fields.Nested(TelecomSchema))
    equipment = Many(fields.Nested(EquipmentSchema))
    capacities = Many(fields.Nested(CapacitySchema))
    dwellings = Many(fields.Nested(DwellingSchema))

    @validates_schema(skip_on_field_errors=True)
    def check_counts(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse two counts for one key: which one holds is not for us to guess."""
        keys = [capacity.key for capacity in data.get("capacities", ())]
        if len(set(keys)) < len(keys):
            raise ValidationError({"capacities": ["two counts have the same key"]})
