"""Facility → unit in its JSON shape, with the organizations it names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lxml import etree

from csd.mapping import shapes
from csd.mapping.coded import UNIT
from csd.mapping.common import (
    merge,
    merge_contacts,
    our_extension,
    read_address,
    read_contact_points,
    read_contacts,
    read_other_ids,
)
from csd.mapping.facility import EXTENSION
from csd.mapping.hours import read_hours
from csd.mapping.identity import UNIT_ID
from csd.mapping.organization import read_site
from csd.mapping.records import read_record
from csd.names import tag
from mappings.errors import FieldError, InvalidInput, shorten

Json = dict[str, Any]
Organizations = Callable[[str], etree._Element | None]
"""Gives the organization of an entity id."""

_IDS = {"id": UNIT_ID}


def unit_of(facility: etree._Element, organizations: Organizations) -> Json:
    """Read the JSON shape of the unit that a facility is; ``InvalidInput`` where the two parts do not fit.

    What the facility of another maker lacks (field, mode of care, ages …) is absent: the schema of units says so.
    """
    ours = our_extension(facility, EXTENSION)
    rest = {} if ours is None else read_record(ours, shapes.UNIT, "unit")
    found = _home(facility)
    found["site"] = rest.pop("site", None) or _site(facility, organizations)
    lists = {
        "contacts": (read_contacts(facility), merge_contacts),
        "mailboxes": (read_contact_points(facility), merge),
        "places": (places_at(facility), merge),
    }
    for field, (items, put_together) in lists.items():
        whole = items if ours is None else put_together(items, rest.pop(field, []), field)
        if whole:
            found[field] = whole
    if ours is None:
        found |= _of_another_maker(facility)
    return found | rest


def _home(facility: etree._Element) -> Json:
    """Read what stands in CSD's own elements whole."""
    found: Json = read_other_ids(facility, _IDS)
    found.setdefault("id", facility.get("entityID", ""))
    found["name"] = facility.findtext(tag("primaryName")) or ""
    return found | UNIT.read(facility.iterfind(tag("codedType")))


def _of_another_maker(facility: etree._Element) -> Json:
    """Read what our own facilities have in the extension."""
    record = facility.find(tag("record"))
    hours = read_hours(facility)
    found: Json = {"hours": hours} if hours else {}
    if record is not None and record.get("updated"):
        found["updated_at"] = record.get("updated")
    if record is not None and record.get("created"):
        found["created_at"] = record.get("created")
    return found


def _site(facility: etree._Element, organizations: Organizations) -> Json:
    """Return the site: the first organization that the facility names."""
    named = facility.find(f"{tag('organizations')}/{tag('organization')}")
    if named is None:
        raise InvalidInput([FieldError("site", "the facility names no organization")])
    entity_id = named.get("entityID", "")
    organization = organizations(entity_id)
    if organization is None:
        raise InvalidInput([FieldError("site", "no organization of this id is in the document", shorten(entity_id))])
    parent = organization.find(tag("parent"))
    return read_site(organization, None if parent is None else organizations(parent.get("entityID", "")))


def places_at(facility: etree._Element, wanted: Callable[[etree._Element], bool] = lambda address: True) -> list[Json]:
    """Read a place off each address that is wanted, the point on the first."""
    places = []
    for number, element in enumerate(filter(wanted, facility.iterfind(tag("address")))):
        address, insee = read_address(element)
        place: Json = {"id": f"{facility.get('entityID', '')}@{number + 1}"}
        place |= {name: value for name, value in (("address", address), ("insee", insee)) if value}
        places.append(place)
    geocode = facility.find(tag("geocode"))
    if geocode is not None and places:
        places[0]["point"] = {"lat": _degrees(geocode, "latitude"), "lon": _degrees(geocode, "longitude")}
    return places


def _degrees(geocode: etree._Element, name: str) -> float:
    text = geocode.findtext(tag(name)) or ""
    try:
        return float(text)
    except ValueError:
        raise InvalidInput([FieldError(f"geocode.{name}", "is no number", shorten(text))]) from None
