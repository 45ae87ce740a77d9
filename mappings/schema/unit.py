"""Schema of a unit, and the functions that read and write one."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate

from mappings.age import AgeRange
from mappings.errors import InvalidInput
from mappings.schema.fields import AgeField, Code, Finess, Many, Record, Text, Whole, codes, field_errors
from mappings.schema.place import INSEE, AddressSchema, ContactSchema, PlaceSchema, TelecomSchema
from mappings.schema.reading import Irregular, record_reader
from mappings.schema.writing import record_writer
from mappings.unit import Closing, Division, InternalOrganization, LegalEntity, OpeningHours, Site, Unit

SECTOR = r"(\d{2}|2[AB]|97\d)[GI]\d{2}"
"""Psychiatric sector: department, G (adults) or I (children), two digits (ME 2.4 rule RG_RECH_10)."""


class AgeRangeSchema(Record):
    """Both bounds inclusive in completed units."""

    model = AgeRange
    min = AgeField(required=True)
    max = AgeField(required=True)


class ClosingSchema(Record):
    """A closing and its planned end."""

    model = Closing
    kind = Code("R286")
    closed_from = fields.Date()
    reopens_on = fields.Date()


class HoursSchema(Record):
    """A span of opening, in the territory's own time."""

    model = OpeningHours
    repeated = True
    kind = Code("R252")
    open = fields.Boolean(truthy={True}, falsy={False})
    days = Many(fields.Integer(strict=True, validate=validate.Range(1, 7, error="a day is 1 (Monday) to 7")))
    start = fields.Time()
    end = fields.Time()
    valid_from = fields.Date()
    valid_to = fields.Date()
    comment = Text(500)


class DivisionSchema(Record):
    """A territorial division."""

    model = Division
    kind = Code("R201", required=True)
    code = Text(20, required=True)


class LegalEntitySchema(Record):
    """Entité juridique."""

    model = LegalEntity
    finess = Finess()
    name = Text(200)
    siren = fields.String(validate=Whole(r"\d{9}", error="a SIREN has nine digits"))
    national_id = Text(40)
    legal_status = Code("R72")
    status_group = Code("R69")
    address = fields.Nested(AddressSchema)
    closing = fields.Nested(ClosingSchema)


class SiteSchema(Record):
    """Entité géographique."""

    model = Site
    repeated = True
    name = Text(200, required=True)
    finess = Finess()
    siret = fields.String(validate=Whole(r"\d{14}", error="a SIRET has fourteen digits"))
    national_id = Text(40)
    usual_name = Text(200)
    category = Code("site_category")
    public_service = Code("R73")
    accessibility = codes("R202")
    financial_aid = codes("R241")
    helipad = fields.Boolean(truthy={True}, falsy={False})
    orsan_level = Code("R284")
    opened_on = fields.Date()
    closing = fields.Nested(ClosingSchema)
    address = fields.Nested(AddressSchema)
    insee = fields.String(validate=Whole(INSEE, error="a commune is an INSEE code of five characters"))
    health_territory = Code("J249")
    contacts = Many(fields.Nested(ContactSchema))
    telecoms = Many(fields.Nested(TelecomSchema))
    comment = Text(2000)
    legal_entity = fields.Nested(LegalEntitySchema)


class OrganizationSchema(Record):
    """A level between site and unit."""

    model = InternalOrganization
    repeated = True
    id = Text(200, required=True)
    name = Text(200, required=True)
    kind = Code("R207")


class UnitSchema(Record):
    """Unité opérationnelle."""

    model = Unit
    id = Text(200, required=True)
    name = Text(300, required=True)
    field = Code("R227", required=True)
    activities = codes("R211", required=True, validate=validate.Length(1, error="a unit has at least one activity"))
    care_mode = Code("R213", required=True)
    site = fields.Nested(SiteSchema, required=True)
    updated_at = fields.AwareDateTime(required=True, default_timezone=None)
    age = fields.Nested(AgeRangeSchema, required=True)
    sensitive = fields.Boolean(truthy={True}, falsy={False})
    offer_type = Code("R244")
    activity_family = Code("J51")
    reception = codes("R338")
    stay_duration = Code("R240")
    acts = codes("R210")
    acts_outside_office = codes("R210")
    specialisations = codes("R245")
    competences = codes("R243")
    professions = codes("R356")
    expertise = codes("expertise")
    management = codes("R236")
    annual_opening = Code("R238")
    no_consent_care = fields.Boolean(truthy={True}, falsy={False})
    psychiatric_sectors = Many(fields.String(validate=Whole(SECTOR, error="a sector is written like 76G01 or 76I02")))
    intervention_areas = Many(fields.Nested(DivisionSchema))
    publics = codes("R239")
    age_classes = codes("R208")
    closing = fields.Nested(ClosingSchema)
    hours = Many(fields.Nested(HoursSchema))
    contacts = Many(fields.Nested(ContactSchema))
    mailboxes = Many(fields.Nested(TelecomSchema))
    organizations = Many(fields.Nested(OrganizationSchema))
    places = Many(fields.Nested(PlaceSchema))
    region = Code("R30")
    comment = Text(2000)
    entry_template = Text(100)
    created_at = fields.AwareDateTime(default_timezone=None)
    fictitious = fields.Boolean(truthy={True}, falsy={False})


_UNIT = UnitSchema()
_READ = record_reader(_UNIT)
_WRITE = record_writer(_UNIT)


def unit_from_dict(data: Any) -> Unit:
    """Read a unit from its JSON shape; ``InvalidInput`` names every field, value and rule broken."""
    unit: Unit
    try:
        unit = _READ(data)
    except Irregular:
        unit = _judged(data)
    return unit


def _judged(data: Any) -> Unit:
    """Have the schema itself read a unit that is not plainly right."""
    try:
        unit: Unit = _UNIT.load(data)
    except ValidationError as error:
        raise InvalidInput(field_errors(error.messages, data)) from None
    return unit


def unit_to_dict(unit: Unit) -> dict[str, Any]:
    """Write a unit in its JSON shape, codes only, absent things left out."""
    written: dict[str, Any] = _WRITE(unit)
    return written
