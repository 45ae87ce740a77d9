"""Parts that facilities and organizations share: identifiers, addresses, contacts, the record; both ways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree

from csd.mapping.coded import CHANNEL, add_coded, coding
from csd.mapping.identity import ROR
from csd.mapping.records import clean
from csd.names import CSD, tag
from mappings.beds import instant
from mappings.errors import FieldError, InvalidInput
from mappings.nomenclature import nomenclature

Json = dict[str, Any]
ACTIVE, INACTIVE = "Active", "Inactive"
"""``record/@status``; the codes of the Connectathon's value sets."""
COMMUNE = "communeCode"
"""Component of an address line that holds the INSEE code of a commune."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookkeeping:
    """What a directory says of one of its entities: ``record``."""

    created: datetime
    updated: datetime
    status: str = ACTIVE
    source: str | None = None


def is_active(entity: etree._Element) -> bool:
    """Say whether an entity is still there; one that says nothing of it is."""
    record = entity.find(tag("record"))
    return record is None or record.get("status", "").casefold() != INACTIVE.casefold()


def add_text(parent: etree._Element, name: str, text: str, **attributes: str) -> etree._Element:
    """Add an element of CSD that holds text."""
    element = etree.SubElement(parent, tag(name), {key: clean(value) for key, value in attributes.items()})
    element.text = clean(text)
    return element


def add_other_ids(parent: etree._Element, record: Mapping[str, Any], authorities: Mapping[str, str]) -> None:
    """Add an ``otherID`` for each identifier that a record has; the identifier is the code, as the schema has it."""
    for field, authority in authorities.items():
        if field in record:
            add_other_id(parent, authority, record[field])


def add_other_id(parent: etree._Element, authority: str, code: str) -> None:
    """Add one identifier."""
    etree.SubElement(parent, tag("otherID"), code=clean(code), assigningAuthorityName=authority)


def read_other_ids(element: etree._Element, authorities: Mapping[str, str]) -> Json:
    """Read identifiers by their authority, be they in the code or, as later practice has it, in the text."""
    fields = {authority: field for field, authority in authorities.items()}
    found: Json = {}
    for other in element.iterfind(tag("otherID")):
        field = fields.get(other.get("assigningAuthorityName", ""))
        if field is not None:
            found.setdefault(field, (other.text or "").strip() or other.get("code", ""))
    return found


def add_address(parent: etree._Element, address: Mapping[str, Any], areas: Mapping[str, str]) -> None:
    """Add an address with, after its lines, the codes of the areas it lies in; none when there is nothing to say."""
    lines = [("streetAddress", line) for line in address.get("lines", ())]
    lines += [(name, address[field]) for field, name in _LINES.items() if field in address]
    lines += areas.items()
    if lines:
        element = etree.SubElement(parent, tag("address"), type="Practice")
        for component, text in lines:
            add_text(element, "addressLine", text, component=component)


_LINES = {"postcode": "postalCode", "commune": "city"}


def read_address(element: etree._Element) -> tuple[Json, str | None]:
    """Return an address and the INSEE code of its commune."""
    names = {name.casefold(): field for field, name in _LINES.items()}
    address: Json = {}
    insee = None
    for line in element.iterfind(tag("addressLine")):
        component, text = line.get("component", "").casefold(), line.text or ""
        if component == COMMUNE.casefold():
            insee = text
        elif component in names:
            address[names[component]] = text
        elif component in {"streetaddress", ""}:
            address.setdefault("lines", []).append(text)
    return address, insee


def add_contacts(parent: etree._Element, contacts: Iterable[Mapping[str, Any]]) -> list[Json]:
    """Add persons to call; return what of each has no home in CSD, in the same order."""
    return [_add_contact(parent, contact) for contact in contacts]


def _add_contact(parent: etree._Element, contact: Mapping[str, Any]) -> Json:
    person = etree.SubElement(etree.SubElement(parent, tag("contact")), tag("person"))
    name = contact.get("name")
    add_text(etree.SubElement(person, tag("name")), "commonName", _role(contact) if name is None else name)
    rest = {field: value for field, value in contact.items() if field not in {"name", "telecoms"}}
    if name is None:
        rest["unnamed"] = True
    telecoms = [add_contact_point(person, telecom) for telecom in contact.get("telecoms", ())]
    return rest | ({"telecoms": telecoms} if telecoms else {})


def _role(contact: Mapping[str, Any]) -> str:
    """Return what to call a contact without a name."""
    for field, list_id in (("function", "R251"), ("nature", "R287")):
        if field in contact:
            return nomenclature().label(list_id, contact[field])
    return "Contact"


def add_contact_point(parent: etree._Element, telecom: Mapping[str, Any]) -> Json:
    """Add a way to reach someone; return what of it has no home in CSD."""
    point = etree.SubElement(parent, tag("contactPoint"))
    add_coded(point, "codedType", coding(CHANNEL, telecom["channel"])).text = clean(telecom["value"])
    if "usage" in telecom:
        add_text(point, "purpose", telecom["usage"])
    return {field: value for field, value in telecom.items() if field not in {"channel", "value", "usage"}}


def read_contacts(element: etree._Element) -> list[Json]:
    """Read persons to call; a contact that is a provider of the directory is none of a unit's."""
    return [_read_person(person) for person in element.iterfind(f"{tag('contact')}/{tag('person')}")]


def _read_person(person: etree._Element) -> Json:
    name = person.findtext(f"{tag('name')}/{tag('commonName')}")
    telecoms = read_contact_points(person)
    return {"name": name or ""} | ({"telecoms": telecoms} if telecoms else {})


_CHANNELS = {"bp": "2", "fax": "6", "email": "3"}
"""Contact points of the Connectathon's value set → R200."""


def read_contact_points(element: etree._Element) -> list[Json]:
    """Read ways to reach someone."""
    found = []
    for point in element.iterfind(tag("contactPoint")):
        coded = point.find(tag("codedType"))
        if coded is not None:
            telecom = {"channel": _channel(coded), "value": coded.text or ""}
            purpose = point.findtext(tag("purpose"))
            found.append(telecom if purpose is None else telecom | {"usage": purpose})
    return found


def _channel(coded: etree._Element) -> str:
    """Return the channel (R200) of a contact point, also of one coded as the Connectathon does."""
    code = coded.get("code", "")
    return code if coded.get("codingScheme") == nomenclature()[CHANNEL].oid else _CHANNELS.get(code.casefold(), code)


def merge(homes: Sequence[Json], rests: Sequence[Json], field: str) -> list[Json]:
    """Put what stands in CSD's own elements together with what the extension says of each, by their order.

    ``InvalidInput`` when they are not equally many: then nobody knows which belong together.
    """
    if len(homes) != len(rests):
        rule = f"{len(rests)} in the extension and {len(homes)} beside it: nobody knows which belong together"
        raise InvalidInput([FieldError(field, rule)])
    return [home | rest for home, rest in zip(homes, rests, strict=True)]


def merge_contacts(homes: Sequence[Json], rests: Sequence[Json], field: str) -> list[Json]:
    """Put contacts together, each with its telecoms, as ``merge`` does."""
    merged = merge(homes, rests, field)
    for contact, home, rest in zip(merged, homes, rests, strict=True):
        if contact.pop("unnamed", False):
            del contact["name"]
        if "telecoms" in contact:
            contact["telecoms"] = merge(home.get("telecoms", ()), rest.get("telecoms", ()), f"{field}.telecoms")
    return merged


def add_extension(parent: etree._Element, kind: str) -> etree._Element:
    """Add an extension of ours and return it, to hold one child."""
    return etree.SubElement(parent, tag("extension"), type=kind, urn=ROR)


def our_extension(element: etree._Element, kind: str) -> etree._Element | None:
    """Return the child of our extension of a kind, ``None`` where there is none."""
    for extension in element.iterfind(tag("extension")):
        if extension.get("urn") == ROR and extension.get("type") == kind and len(extension):
            return extension[0]
    return None


def add_record(parent: etree._Element, kept: Bookkeeping) -> None:
    """Add the record, always the last of an entity."""
    record = etree.SubElement(parent, tag("record"))
    record.set("created", instant(min(kept.created, kept.updated)))
    record.set("updated", instant(kept.updated))
    record.set("status", kept.status)
    if kept.source is not None:
        record.set("sourceDirectory", kept.source)


def new_entity(kind: str, entity_id: str) -> etree._Element:
    """Return an empty entity."""
    return etree.Element(tag(kind), {"entityID": entity_id}, nsmap={None: CSD})
