"""A facility of another maker as a unit, as far as national codes say what it is, and no further.

CSD has no home for the field, the mode of care or the ages of a unit. A facility that bears them as ``codedType`` of
the national lists, or whose services all do and alike, is a unit; nothing is supposed of any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from csd.entity import parse_instant
from csd.mapping.coded import CHANNEL, UNIT
from csd.mapping.common import our_extension, read_contact_points, read_contacts, read_other_ids
from csd.mapping.facility import EXTENSION
from csd.mapping.hours import read_hours
from csd.mapping.identity import SITE_IDS
from csd.mapping.organization import read_site
from csd.mapping.reading import places_at, unit_of
from csd.names import tag
from mappings.beds import instant
from mappings.errors import InvalidInput, RorError
from mappings.gazetteer import Found, Gazetteer
from mappings.nomenclature import nomenclature
from mappings.schema.unit import unit_from_dict
from mappings.unit import Unit

Json = dict[str, Any]
Known = Callable[[str], etree._Element | None]
"""Gives the entity of an id."""
UNREADABLE, UNCODED = "unreadable", "uncoded"
NEEDED = ("activities", "field", "care_mode", "age", "places")
_ELSEWHERE = frozenset({"billing", "mailing"})
"""Types of address at which nobody is cared for."""

_CLASSES: tuple[tuple[str, Json, Json], ...] = (
    ("01", {"value": 0, "unit": "d"}, {"value": 28, "unit": "d"}),
    ("02", {"value": 29, "unit": "d"}, {"value": 1, "unit": "a"}),
    ("03", {"value": 2, "unit": "a"}, {"value": 11, "unit": "a"}),
    ("04", {"value": 12, "unit": "a"}, {"value": 15, "unit": "a"}),
    ("05", {"value": 16, "unit": "a"}, {"value": 21, "unit": "a"}),
    ("06", {"value": 22, "unit": "a"}, {"value": 64, "unit": "a"}),
    ("10", {"value": 65, "unit": "a"}, {"value": 74, "unit": "a"}),
    ("11", {"value": 75, "unit": "a"}, {"value": 120, "unit": "a"}),
)
"""Classes of R208 in the order of age, each with its first and last age in completed units."""


class NoUnit(RorError):
    """A facility that cannot be taken for a unit; ``reason`` is a word of ``orientation.peers.judging.REASONS``."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads facilities of a peer; what it names is looked up in what else of the peer is at hand."""

    gazetteer: Gazetteer
    organization: Known = lambda entity_id: None
    service: Known = lambda entity_id: None

    def unit(self, facility: etree._Element) -> tuple[Unit, Json]:
        """Return the unit that a facility is, and its JSON shape; ``NoUnit`` says why it is none."""
        ours = our_extension(facility, EXTENSION) is not None
        try:
            data = unit_of(facility, self.organization) if ours else self._plain(facility)
            return unit_from_dict(data), data
        except InvalidInput as error:
            wanting = not ours and any(each.field.partition(".")[0] in NEEDED for each in error.errors)
            raise NoUnit(UNCODED if wanting else UNREADABLE) from None

    def _plain(self, facility: etree._Element) -> Json:
        record = facility.find(tag("record"))
        updated = parse_instant(record.get("updated")) if record is not None else None
        found: Json = {
            "id": facility.get("entityID", ""),
            "name": facility.findtext(tag("primaryName")) or "",
            "updated_at": instant(updated) if updated is not None else None,
            "hours": read_hours(facility),
            "contacts": [_reachable(each) for each in read_contacts(facility)],
            "mailboxes": _by_known_channels(read_contact_points(facility)),
            "site": self._site(facility),
            "places": [self._placed(each) for each in places_at(facility, _is_of_care)] or None,
            **self._coded(facility),
        }
        if "age_classes" in found:
            found["age"] = _ages(found["age_classes"])
        return {name: value for name, value in found.items() if value not in (None, [])}

    def _coded(self, facility: etree._Element) -> Json:
        """Return what the codes of a facility say, and those of its services where these differ by activity alone."""
        own = UNIT.read(facility.iterfind(tag("codedType")))
        if "activities" in own:
            return own
        services = [UNIT.read(each.iterfind(tag("codedType"))) for each in self._services(facility)]
        activities = sorted({code for each in services for code in each.pop("activities", ())})
        if not activities or any(each != services[0] for each in services):
            return own
        return services[0] | own | {"activities": activities}

    def _services(self, facility: etree._Element) -> Iterator[etree._Element]:
        path = f"{tag('organizations')}/{tag('organization')}/{tag('service')}"
        for entity_id in dict.fromkeys(each.get("entityID", "") for each in facility.iterfind(path)):
            service = self.service(entity_id)
            if service is not None:
                yield service

    def _site(self, facility: etree._Element) -> Json:
        """Return the organization that a facility names first, else the facility itself, which is a place of care."""
        named = facility.find(f"{tag('organizations')}/{tag('organization')}")
        organization = None if named is None else self.organization(named.get("entityID", ""))
        if organization is None:
            return {"name": facility.findtext(tag("primaryName")) or "", **read_other_ids(facility, SITE_IDS)}
        parent = organization.find(tag("parent"))
        return read_site(organization, None if parent is None else self.organization(parent.get("entityID", "")))

    def _placed(self, place: Json) -> Json:
        """Give a place the code of its commune where its postcode and town mean one commune and no other."""
        address = place.get("address", {})
        if "insee" not in place and address.get("postcode") and address.get("commune"):
            found = self.gazetteer.resolve(f"{address['postcode']} {address['commune']}")
            if isinstance(found, Found) and found.origin.insee is not None:
                return place | {"insee": found.origin.insee}
        return place


def _is_of_care(address: etree._Element) -> bool:
    return address.get("type", "").casefold() not in _ELSEWHERE


def _ages(classes: list[str]) -> Json | None:
    """Return the ages of some classes, ``None`` where a class between them is missing or one is unknown."""
    held = [number for number, (code, _, _) in enumerate(_CLASSES) if code in classes]
    if len(held) != len(set(classes)) or held != list(range(held[0], held[-1] + 1)):
        return None
    return {"min": _CLASSES[held[0]][1], "max": _CLASSES[held[-1]][2]}


def _reachable(contact: Json) -> Json:
    """Return a contact without the telecoms whose channel is none of ours."""
    telecoms = _by_known_channels(contact.pop("telecoms", []))
    return contact | ({"telecoms": telecoms} if telecoms else {})


def _by_known_channels(telecoms: list[Json]) -> list[Json]:
    return [each for each in telecoms if each["channel"] in nomenclature()[CHANNEL] and each["value"].strip()]
