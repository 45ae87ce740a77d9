"""Parts that facilities and organizations share: identifiers, addresses, contacts, the record; both ways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree

from csd.mapping.coded import CHANNEL, coded_head
from csd.mapping.identity import ROR
from csd.mapping.text import attribute, content, element, said
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


def other_ids(record: Mapping[str, Any], authorities: Mapping[str, str]) -> str:
    """Write an ``otherID`` for each identifier that a record has; the identifier is the code, as the schema has it."""
    return "".join([other_id(name, record[field]) for field, name in authorities.items() if field in record])


def other_id(authority: str, code: str) -> str:
    """Write one identifier."""
    return said("otherID", "", code=code, assigningAuthorityName=authority)


def read_other_ids(element: etree._Element, authorities: Mapping[str, str]) -> Json:
    """Read identifiers by their authority, be they in the code or, as later practice has it, in the text."""
    fields = {authority: field for field, authority in authorities.items()}
    found: Json = {}
    for other in element.iterfind(tag("otherID")):
        field = fields.get(other.get("assigningAuthorityName", ""))
        if field is not None:
            found.setdefault(field, (other.text or "").strip() or other.get("code", ""))
    return found


def address(record: Mapping[str, Any], areas: str) -> str:
    """Write an address with, after its lines, those of the areas it lies in; none when there is nothing to say."""
    lines = [address_line("streetAddress", line) for line in record.get("lines", ())]
    lines += [address_line(name, record[field]) for field, name in _LINES.items() if field in record]
    inner = "".join(lines) + areas
    return f'<address type="Practice">{inner}</address>' if inner else ""


def address_line(component: str, text: str) -> str:
    """Write a line of an address."""
    return element("addressLine", content(text), f' component="{component}"')


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


def contacts(found: Iterable[Mapping[str, Any]]) -> tuple[str, list[Json]]:
    """Write persons to call; return what of each has no home in CSD beside it, in the same order."""
    every = [_contact(each) for each in found]
    return "".join([text for text, _ in every]), [rest for _, rest in every]


def _contact(contact: Mapping[str, Any]) -> tuple[str, Json]:
    name = contact.get("name")
    common = said("commonName", _role(contact) if name is None else name)
    text, telecoms = contact_points(contact.get("telecoms", ()))
    rest = {field: value for field, value in contact.items() if field not in {"name", "telecoms"}}
    if name is None:
        rest["unnamed"] = True
    if telecoms:
        rest["telecoms"] = telecoms
    return f"<contact><person><name>{common}</name>{text}</person></contact>", rest


def _role(contact: Mapping[str, Any]) -> str:
    """Return what to call a contact without a name."""
    for field, list_id in (("function", "R251"), ("nature", "R287")):
        if field in contact:
            return nomenclature().label(list_id, contact[field])
    return "Contact"


def contact_points(found: Iterable[Mapping[str, Any]]) -> tuple[str, list[Json]]:
    """Write ways to reach someone; return what of each has no home in CSD beside it, in the same order."""
    every = list(found)
    rests = [
        {field: value for field, value in telecom.items() if field not in {"channel", "value", "usage"}}
        for telecom in every
    ]
    return "".join([_contact_point(telecom) for telecom in every]), rests


def _contact_point(telecom: Mapping[str, Any]) -> str:
    coded = element("codedType", content(telecom["value"]), coded_head(CHANNEL, telecom["channel"]))
    purpose = said("purpose", telecom["usage"]) if "usage" in telecom else ""
    return f"<contactPoint>{coded}{purpose}</contactPoint>"


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


def extension(kind: str, inner: str) -> str:
    """Write an extension of ours."""
    return f'<extension type="{kind}" urn="{ROR}">{inner}</extension>'


def our_extension(element: etree._Element, kind: str) -> etree._Element | None:
    """Return the child of our extension of a kind, ``None`` where there is none."""
    for extension in element.iterfind(tag("extension")):
        if extension.get("urn") == ROR and extension.get("type") == kind and len(extension):
            return extension[0]
    return None


def bookkeeping(kept: Bookkeeping) -> str:
    """Write the record, always the last of an entity."""
    return said("record", "", **record_attributes(kept))


def record_attributes(kept: Bookkeeping) -> dict[str, str]:
    """Return the attributes of a record."""
    times = {"created": instant(min(kept.created, kept.updated)), "updated": instant(kept.updated)}
    return {**times, "status": kept.status} | ({} if kept.source is None else {"sourceDirectory": kept.source})


def begin(kind: str, entity_id: str) -> str:
    """Write the tag that begins an entity."""
    return f'<{kind} xmlns="{CSD}" entityID="{attribute(entity_id)}">'
