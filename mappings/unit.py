"""What a unit is: the smallest part of a hospital that delivers one homogeneous care.

Names follow the ROR exposition model (ME 3.0) in the English of FHIR. Every code is a string of the list named
beside it (leading zeros count) and is kept without its label, which is resolved when it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from mappings.age import AgeRange
from mappings.capacity import Capacity
from mappings.geo import Point

STRICTEST = "3"
"""R283 level of what bears none: the model makes a level mandatory, and what is not said to be free is not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telecom:
    """One way to reach a contact: channel (R200), address, confidentiality level (R283)."""

    channel: str
    value: str
    usage: str | None = None
    confidentiality: str = STRICTEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Whom to call: a function (R251) or a nature (R287); its level and each telecom's both apply."""

    name: str | None = None
    function: str | None = None
    nature: str | None = None
    description: str | None = None
    confidentiality: str = STRICTEST
    telecoms: tuple[Telecom, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address; ``commune`` is its printed name, the INSEE code is the place's."""

    lines: tuple[str, ...] = ()
    postcode: str | None = None
    commune: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """A span of opening (R252) in the territory's own time; days are ISO (1 = Monday … 7 = Sunday).

    ``days`` empty means every day, ``start`` and ``end`` both absent mean the whole day; an ``end`` at or before
    ``start`` runs into the next day. With ``valid_from`` or ``valid_to`` the entry is an exception that replaces
    the weekly entries of the days it covers.
    """

    kind: str | None = None
    open: bool = True
    days: tuple[int, ...] = ()
    start: time | None = None
    end: time | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A closing (R286: PRO provisional, DEF for good) from a day, and the day it is meant to end."""

    kind: str | None = None
    closed_from: date | None = None
    reopens_on: date | None = None

    def covers(self, day: date) -> bool:
        """Say whether the unit is closed on that day; the day of reopening is open."""
        if self.closed_from is not None and day < self.closed_from:
            return False
        return self.reopens_on is None or day < self.reopens_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """A territorial division: type (R201), code in that type's own list."""

    kind: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EquipmentLimit:
    """The most tolerant machine's limit (R340: 001 weight in kg, 002 diameter in cm)."""

    kind: str
    value: float
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """Equipment (R212) at a place; ``in_service`` 0 means it is no longer there, absent means not counted."""

    code: str
    in_service: int | None = None
    limits: tuple[EquipmentLimit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dwelling:
    """Lodgings of one type (R242)."""

    kind: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CareLocation:
    """Where a unit's care takes place; a bed zone, which several units may share.

    ``insee`` is the only mandatory datum of place. A place without ``point`` is put at its commune's centre by the
    indexer, which then sets ``geo_precision`` to ``commune``; so is one whose point is too far from its commune to be
    believed, which is kept as ``rejected_point`` for whoever must correct it.
    """

    id: str
    insee: str
    name: str | None = None
    sync_id: str | None = None
    sync_name: str | None = None
    directions: str | None = None
    function: str | None = None
    status: str | None = None
    address: Address | None = None
    point: Point | None = None
    geo_reliable: bool | None = None
    geo_precision: str | None = None
    rejected_point: Point | None = None
    telecoms: tuple[Telecom, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    capacities: tuple[Capacity, ...] = ()
    dwellings: tuple[Dwelling, ...] = ()

    @property
    def is_open(self) -> bool:
        """Say whether the place works (R203: 1 closed for good, 2 temporarily, 3 operational, absent unknown)."""
        return self.status not in {"1", "2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalEntity:
    """The entity that answers for a site in law (entité juridique)."""

    finess: str | None = None
    name: str | None = None
    siren: str | None = None
    national_id: str | None = None
    legal_status: str | None = None
    status_group: str | None = None
    address: Address | None = None
    closing: Closing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A hospital site or practice (entité géographique); FINESS is the preferred key but not always there."""

    name: str
    finess: str | None = None
    siret: str | None = None
    national_id: str | None = None
    usual_name: str | None = None
    category: str | None = None
    public_service: str | None = None
    accessibility: tuple[str, ...] = ()
    financial_aid: tuple[str, ...] = ()
    helipad: bool | None = None
    orsan_level: str | None = None
    opened_on: date | None = None
    closing: Closing | None = None
    address: Address | None = None
    insee: str | None = None
    health_territory: str | None = None
    contacts: tuple[Contact, ...] = ()
    telecoms: tuple[Telecom, ...] = ()
    comment: str | None = None
    legal_entity: LegalEntity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalOrganization:
    """A level between site and unit (R207: pôle, service, UF, UE)."""

    id: str
    name: str
    kind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One unité opérationnelle: a place, a care activity, a mode of care, for a patientèle.

    Lists: field R227, activities R211, care_mode R213, reception R338, stay_duration R240, acts R210,
    specialisations R245, competences R243, professions R356, expertise R344 and R253, publics R239, age_classes
    R208, offer_type R244, management R236, annual_opening R238, region R30.
    """

    id: str
    name: str
    field: str
    activities: tuple[str, ...]
    care_mode: str
    site: Site
    updated_at: datetime
    age: AgeRange
    sensitive: bool = False
    offer_type: str | None = None
    activity_family: str | None = None
    reception: tuple[str, ...] = ()
    stay_duration: str | None = None
    acts: tuple[str, ...] = ()
    acts_outside_office: tuple[str, ...] = ()
    specialisations: tuple[str, ...] = ()
    competences: tuple[str, ...] = ()
    professions: tuple[str, ...] = ()
    expertise: tuple[str, ...] = ()
    management: tuple[str, ...] = ()
    annual_opening: str | None = None
    no_consent_care: bool | None = None
    psychiatric_sectors: tuple[str, ...] = ()
    intervention_areas: tuple[Division, ...] = ()
    publics: tuple[str, ...] = ()
    age_classes: tuple[str, ...] = ()
    closing: Closing | None = None
    hours: tuple[OpeningHours, ...] = ()
    contacts: tuple[Contact, ...] = ()
    mailboxes: tuple[Telecom, ...] = ()
    organizations: tuple[InternalOrganization, ...] = ()
    places: tuple[CareLocation, ...] = ()
    region: str | None = None
    comment: str | None = None
    entry_template: str | None = None
    created_at: datetime | None = None
    fictitious: bool = False
