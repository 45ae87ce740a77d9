"""From the parameters of a request to what they ask: each rule of the table in docs/csd.md, once.

Words of a rule are those of the functions' official description: "if present and contains a non-empty value". So what
is empty filters nothing, whatever it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from csd.entity import FACILITY, KINDS, NEEDLE_CHARACTERS, ORGANIZATION, PROVIDER, parse_instant
from csd.envelope import Call, Element, elements, local_name
from csd.functions.search import Coded, EntitySearch, OtherId
from csd.names import CSD
from mappings.errors import FieldError, InvalidInput, shorten

MAX_VALUES = 100
"""Most values of all parameters of one request."""
_INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d{1,18}\.\d*|\.\d+)([eE][+-]?\d{1,3})?|[+-]?\d{1,18}[eE][+-]?\d{1,3}", re.ASCII)

NAMED = (ORGANIZATION, FACILITY)


@dataclass(slots=True)
class Reading:
    """What was read so far: criteria by name, what was passed over, what breaks a rule."""

    criteria: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    errors: list[FieldError] = field(default_factory=list)

    def once(self, name: str, value: Any, parameter: str) -> None:
        """Keep a criterion that may be given once."""
        if name in self.criteria:
            self.errors.append(FieldError(parameter, "must be given once"))
        self.criteria[name] = value

    def add(self, name: str, value: Any) -> None:
        """Keep one more of a criterion whose every value must hold."""
        self.criteria[name] = (*self.criteria.get(name, ()), value)


Reader = Callable[[Element, Reading], None]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: which searches know it, how it is read, what it does in words."""

    kinds: Sequence[str]
    read: Reader
    does: str


def search_of(kind: str, call: Call) -> EntitySearch:
    """Return what a call asks of a kind of entity; ``InvalidInput`` names each parameter that breaks a rule."""
    reading = Reading()
    for element in call.parameters:
        _read(kind, element, reading, loose=call.loose)
    given = sum(len(value) if isinstance(value, tuple) else 1 for value in reading.criteria.values())
    if given > MAX_VALUES:
        reading.errors.append(FieldError("requestParams", f"must hold at most {MAX_VALUES} values", str(given)))
    if reading.errors:
        raise InvalidInput(reading.errors[:20])
    return EntitySearch(kind=kind, warnings=tuple(dict.fromkeys(reading.warnings)), **reading.criteria)


def _read(kind: str, element: Element, reading: Reading, *, loose: bool) -> None:
    name = local_name(element)
    known = PARAMETERS.get(name)
    namespace = etree.QName(element).namespace
    if known is not None and namespace != CSD:
        where = shorten(namespace) if namespace else "none"
        reading.errors.append(FieldError(name, f"must be in the namespace {CSD}, not in {where}"))
    elif known is not None and kind in known.kinds:
        known.read(element, reading)
    elif loose and known is None:
        reading.errors.append(FieldError(shorten(name), "is no parameter: the parameters stand in requestParams"))
    else:
        reading.warnings.append(f"{shorten(name)} is no parameter of {kind}-search and was passed over")


def text_of(element: Element) -> str:
    """Return all text of an element, without blanks around."""
    return "".join(element.itertext()).strip()


def _attribute(element: Element, *names: str) -> str:
    """Return the first of some attributes that is not empty, as the older schemas spelt them."""
    return next((value.strip() for name in names if (value := element.get(name)) and value.strip()), "")


def _id(element: Element, reading: Reading) -> None:
    if wanted := entity_id_of(element):
        reading.once("entity_id", wanted, "id")


def entity_id_of(element: Element) -> str:
    """Return an entity id in any spelling of the schema's history."""
    return _attribute(element, "entityID", "urn", "oid")


def _needle(criterion: str) -> Reader:
    def read(element: Element, reading: Reading) -> None:
        wanted = text_of(element)
        if len(wanted) > NEEDLE_CHARACTERS:
            rule = f"must have at most {NEEDLE_CHARACTERS} characters"
            reading.errors.append(FieldError(local_name(element), rule, shorten(wanted)))
        elif wanted:
            reading.once(criterion, wanted, local_name(element))

    return read


def _coded_value(element: Element) -> Coded | None:
    """Return a coded value; a scheme alone names no code and so filters nothing."""
    code = _attribute(element, "code")
    return Coded(code, _attribute(element, "codingScheme", "codingSchema")) if code else None


def _coded_type(element: Element, reading: Reading) -> None:
    if wanted := _coded_value(element):
        reading.once("coded", wanted, "codedType")


def _each_coded(criterion: str) -> Reader:
    def read(element: Element, reading: Reading) -> None:
        if wanted := _coded_value(element):
            reading.add(criterion, wanted)

    return read


def _address(element: Element, reading: Reading) -> None:
    for line in elements(element):
        value = text_of(line)
        if local_name(line) != "addressLine" or not value:
            continue
        component = _attribute(line, "component")
        if not component:
            rule = "must name the component of the address that it asks for"
            reading.errors.append(FieldError("addressLine/@component", rule, shorten(value)))
        reading.add("address", (component, value))


def _record(element: Element, reading: Reading) -> None:
    if status := _attribute(element, "status"):
        reading.once("status", status, "record/@status")
    if said := _attribute(element, "updated"):
        moment = parse_instant(said)
        if moment is None:
            rule = "must be a date and time such as 2015-01-20T08:00:00Z"
            reading.errors.append(FieldError("record/@updated", rule, shorten(said)))
        reading.once("updated", moment, "record/@updated")


def _other_id(element: Element, reading: Reading) -> None:
    wanted = OtherId(_attribute(element, "assigningAuthorityName"), _attribute(element, "code"), text_of(element))
    if wanted != OtherId():
        reading.once("other_id", wanted, "otherID")


def _linked(criterion: str, name: str) -> Reader:
    def read(element: Element, reading: Reading) -> None:
        for each in elements(element):
            if local_name(each) == name and (wanted := entity_id_of(each)):
                reading.add(criterion, wanted)

    return read


def _parent(element: Element, reading: Reading) -> None:
    if any(name in element.attrib for name in ("entityID", "urn", "oid")):
        reading.once("parent", entity_id_of(element), "parent")


def _start(element: Element, reading: Reading) -> None:
    number = _whole(element, reading)
    if number is not None:
        if number < 1:
            reading.warnings.append(f"start={number} is before the first: 1 is understood")
        reading.once("start", max(1, number), "start")


def _max(element: Element, reading: Reading) -> None:
    number = _whole(element, reading)
    if number is not None:
        reading.once("maximum", number if number >= 0 else None, "max")


def _whole(element: Element, reading: Reading) -> int | None:
    """Return a whole number; ``None``, as if absent, for what is no number; a fraction is refused."""
    said, name = text_of(element), local_name(element)
    if _INTEGER.fullmatch(said):
        return int(said)
    if _DECIMAL.fullmatch(said):
        if float(said).is_integer() and abs(float(said)) < 10**18:
            return int(float(said))
        reading.errors.append(FieldError(name, "must be a whole number", shorten(said)))
    elif said:
        reading.warnings.append(f"{name}={shorten(said)} is no number and was passed over")
    return None


PARAMETERS = {
    "id": Parameter(KINDS, _id, "the entity of that entityID, whatever its case"),
    "primaryName": Parameter(NAMED, _needle("primary_name"), "primaryName contains it, whatever its case"),
    "name": Parameter(NAMED, _needle("name"), "primaryName or an otherName contains it, whatever its case"),
    "commonName": Parameter((PROVIDER,), _needle("name"), "a commonName contains it, whatever its case"),
    "codedType": Parameter(KINDS, _coded_type, "a codedType of that code and codingScheme, whatever their case"),
    "address": Parameter((*NAMED, PROVIDER), _address, "each addressLine equals one of that component, any case"),
    "record": Parameter(KINDS, _record, "status equal, whatever its case; updated at that time or after"),
    "start": Parameter(KINDS, _start, "position of the first one to return, from 1"),
    "max": Parameter(KINDS, _max, "how many to return; below 0, all"),
    "otherID": Parameter((*NAMED, PROVIDER), _other_id, "one otherID of that authority, code and text"),
    "organizations": Parameter((FACILITY, PROVIDER), _linked("organizations", "organization"), "linked to each"),
    "facilities": Parameter((PROVIDER,), _linked("facilities", "facility"), "linked to each"),
    "language": Parameter((PROVIDER,), _each_coded("languages"), "speaks each"),
    "cadre": Parameter((PROVIDER,), _each_coded("cadres"), "bears each of these codes as codedType"),
    "parent": Parameter((ORGANIZATION,), _parent, "that parent; an empty entityID: those without parent"),
}
"""Element → parameter, in the order in which they are described."""
