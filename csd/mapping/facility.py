"""Unit → facility: the unit at its places, everything it says in CSD's own elements or else in our extension."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from csd.mapping import shapes
from csd.mapping.coded import EQUIPMENT, UNIT, coded
from csd.mapping.common import (
    COMMUNE,
    Bookkeeping,
    address,
    address_line,
    begin,
    bookkeeping,
    contact_points,
    contacts,
    extension,
    other_id,
)
from csd.mapping.hours import hours
from csd.mapping.identity import UNIT_ID, facility_id, service_id, site_id
from csd.mapping.text import said
from csd.mapping.writing import DECLARED, Around, around, written
from mappings.errors import InvalidInput
from mappings.territory import department_of, region_of

Json = dict[str, Any]

EXTENSION = "unit"
_AT_HOME = frozenset({"id", "name", "site", *UNIT.one, *UNIT.many})
"""Fields of a unit that CSD has a home for, whole."""
_PLACE_AT_HOME = frozenset({"insee", "address"})


@dataclass(frozen=True, slots=True)
class FacilityText:
    """A facility written but for the counts of its places, which change by the minute."""

    head: str
    unit: Around
    places: tuple[Around, ...]
    record: str

    def holding(self, counts: Sequence[str], more: str = "") -> str:
        """Write the whole of it, with the counts of each place and, before the record, what else there is to say."""
        places = "".join([place.holding(text) for place, text in zip(self.places, counts, strict=True)])
        return f"{self.head}{extension(EXTENSION, self.unit.holding(places))}{more}{self.record}</facility>"

    @property
    def length(self) -> int:
        """Characters that it takes."""
        return len(self.head) + len(self.record) + sum(each.length for each in (self.unit, *self.places))


def facility(unit: Mapping[str, Any], kept: Bookkeeping, *, with_site: bool = False) -> str:
    """Write the facility of a unit in its JSON shape, with the counts that the unit carries."""
    found = [counts(place.get("capacities", ())) for place in unit.get("places", ())]
    return facility_text(unit, kept, with_site=with_site).holding(found)


def counts(found: Iterable[Mapping[str, Any]]) -> str:
    """Write the bed counts of a place."""
    return "".join([written("capacities", each, shapes.CAPACITY) for each in found])


def facility_text(unit: Mapping[str, Any], kept: Bookkeeping, *, with_site: bool = False) -> FacilityText:
    """Write the facility of a unit in its JSON shape but for bed counts.

    ``with_site`` carries the site whole in the extension: needed where its organization, as the directory holds it,
    says something else. A place is an ``address``; the first one's point is the ``geocode``.
    """
    places = unit.get("places", ())
    rest = {field: value for field, value in unit.items() if field not in _AT_HOME}
    people, contact_rests = contacts(unit.get("contacts", ()))
    mailboxes, mailbox_rests = contact_points(unit.get("mailboxes", ()))
    rest |= {name: rests for name, rests in (("contacts", contact_rests), ("mailboxes", mailbox_rests)) if rests}
    if with_site:
        rest["site"] = unit["site"]
    parts = [
        begin("facility", facility_id(unit["id"])),
        other_id(UNIT_ID, unit["id"]),
        UNIT.written(unit),
        *[coded(EQUIPMENT, code) for code in sorted(equipment_codes(unit))],
        said("primaryName", unit["name"]),
        *[address(place.get("address", {}), area_lines(place["insee"])) for place in places],
        people,
        _geocode(places),
        mailboxes,
        _organizations(unit),
        hours(unit),
    ]
    return FacilityText(
        "".join(parts),
        around(EXTENSION, rest, shapes.UNIT, "places", DECLARED),
        tuple(_place(position, place) for position, place in enumerate(places)),
        bookkeeping(kept),
    )


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


@lru_cache(maxsize=65_536)
def area_lines(insee: str | None) -> str:
    """Write the lines of an address for the areas that a commune lies in."""
    return "".join([address_line(component, text) for component, text in areas(insee).items()])


def _geocode(places: Sequence[Mapping[str, Any]]) -> str:
    """Write the point of the first place; it says WGS84, the precision is in the extension."""
    point = places[0].get("point") if places else None
    if point is None:
        return ""
    return (
        f"<geocode><latitude>{decimal(point['lat'])}</latitude><longitude>{decimal(point['lon'])}</longitude>"
        "<coordinateSystem>WGS84</coordinateSystem></geocode>"
    )


def decimal(number: float) -> str:
    """Write a number as ``xs:decimal``, which has no exponent; nothing is rounded."""
    return format(Decimal(repr(number)), "f")


def _place(position: int, place: Mapping[str, Any]) -> Around:
    """Write what of a place stands in the extension."""
    rest = {field: value for field, value in place.items() if field not in _PLACE_AT_HOME}
    if position == 0:
        rest.pop("point", None)
    if place.get("address") == {}:
        rest["address"] = {}
    return around("places", rest, shapes.PLACE, "capacities")


def services_of(unit: Mapping[str, Any]) -> list[str]:
    """Return the entity ids of the kinds of care that a unit gives."""
    return [service_id(activity, unit["care_mode"]) for activity in unit["activities"]]


def _organizations(unit: Mapping[str, Any]) -> str:
    services = "".join([f'<service entityID="{each}"/>' for each in services_of(unit)])
    return f'<organizations><organization entityID="{site_id(unit["site"])}">{services}</organization></organizations>'
