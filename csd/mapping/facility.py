"""Unit → facility: the unit at its places, everything it says in CSD's own elements or else in our extension."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from functools import lru_cache
from typing import Any

from lxml import etree

from csd.mapping import shapes
from csd.mapping.coded import EQUIPMENT, UNIT, add_coded, coding
from csd.mapping.common import (
    COMMUNE,
    Bookkeeping,
    add_address,
    add_contact_point,
    add_contacts,
    add_extension,
    add_other_id,
    add_record,
    add_text,
    new_entity,
)
from csd.mapping.hours import add_hours
from csd.mapping.identity import UNIT_ID, facility_id, service_id, site_id
from csd.mapping.records import add_record as add_rest
from csd.names import tag
from mappings.errors import InvalidInput
from mappings.territory import department_of, region_of

Json = dict[str, Any]

EXTENSION = "unit"
_AT_HOME = frozenset({"id", "name", "site", *UNIT.one, *UNIT.many})
"""Fields of a unit that CSD has a home for, whole."""
_PLACE_AT_HOME = frozenset({"insee", "address"})


def facility(unit: Mapping[str, Any], kept: Bookkeeping, *, with_site: bool = False) -> etree._Element:
    """Return the facility of a unit in its JSON shape.

    ``with_site`` carries the site whole in the extension: needed where its organization, as the directory holds it,
    says something else. A place is an ``address``; the first one's point is the ``geocode``.
    """
    places = unit.get("places", ())
    rest = {field: value for field, value in unit.items() if field not in _AT_HOME}
    element = new_entity("facility", facility_id(unit["id"]))
    add_other_id(element, UNIT_ID, unit["id"])
    for coded in UNIT.codings(unit):
        add_coded(element, "codedType", coded)
    for code in sorted(equipment_codes(unit)):
        add_coded(element, "codedType", coding(EQUIPMENT, code))
    add_text(element, "primaryName", unit["name"])
    for place in places:
        add_address(element, place.get("address", {}), areas(place["insee"]))
    _put(rest, "contacts", add_contacts(element, unit.get("contacts", ())))
    _add_geocode(element, places)
    _put(rest, "mailboxes", [add_contact_point(element, each) for each in unit.get("mailboxes", ())])
    _add_organizations(element, unit)
    add_hours(element, unit)
    _put(rest, "places", [_place_rest(position, place) for position, place in enumerate(places)])
    if with_site:
        rest["site"] = unit["site"]
    add_rest(add_extension(element, EXTENSION), EXTENSION, rest, shapes.UNIT)
    add_record(element, kept)
    return element


def _put(rest: Json, field: str, items: list[Json]) -> None:
    """Set what the extension says of a list, if there is one."""
    if items:
        rest[field] = items


def equipment_codes(unit: Mapping[str, Any]) -> set[str]:
    """Return the types of equipment in service at any place of a unit."""
    return {
        item["code"]
        for place in unit.get("places", ())
        for item in place.get("equipment", ())
        if item.get("in_service") != 0
    }


@lru_cache(maxsize=65_536)
def areas(insee: str | None) -> Mapping[str, str]:
    """Return the areas that a commune lies in, by the component of the address line that names each."""
    if insee is None:
        return {}
    found = {COMMUNE: insee, "country": "FR"}
    with suppress(InvalidInput):
        department = department_of(insee)
        found |= {"department": department, "region": region_of(department)}
    return found


def _add_geocode(element: etree._Element, places: Any) -> None:
    """Add the point of the first place; it says WGS84, the precision is in the extension."""
    point = places[0].get("point") if places else None
    if point is not None:
        geocode = etree.SubElement(element, tag("geocode"))
        add_text(geocode, "latitude", decimal(point["lat"]))
        add_text(geocode, "longitude", decimal(point["lon"]))
        add_text(geocode, "coordinateSystem", "WGS84")


def decimal(number: float) -> str:
    """Write a number as ``xs:decimal``, which has no exponent; nothing is rounded."""
    return format(Decimal(repr(number)), "f")


def _place_rest(position: int, place: Mapping[str, Any]) -> Json:
    """Return what of a place stands in the extension."""
    rest = {field: value for field, value in place.items() if field not in _PLACE_AT_HOME}
    if position == 0:
        rest.pop("point", None)
    if place.get("address") == {}:
        rest["address"] = {}
    return rest


def services_of(unit: Mapping[str, Any]) -> list[str]:
    """Return the entity ids of the kinds of care that a unit gives."""
    return [service_id(activity, unit["care_mode"]) for activity in unit["activities"]]


def _add_organizations(element: etree._Element, unit: Mapping[str, Any]) -> None:
    organizations = etree.SubElement(element, tag("organizations"))
    site = etree.SubElement(organizations, tag("organization"), entityID=site_id(unit["site"]))
    for service in services_of(unit):
        etree.SubElement(site, tag("service"), entityID=service)
