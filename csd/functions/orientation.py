"""The orientation function: the question of the JSON search in the envelope of a stored function.

CSD's four functions cannot say place, activity, mode, public, age, acts, equipment and free beds in one request. This
one can: its parameters are those of ``/orientations``, under the same names and rules, so it makes the same
``Criteria`` and gives the same order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache

from lxml import etree

from csd.envelope import Call, Element, elements, local_name
from csd.functions.describe import Described
from csd.functions.parameters import text_of
from csd.mapping.identity import ROR
from csd.names import CSD
from mappings.errors import FieldError, InvalidInput, shorten
from mappings.nomenclature import CRITERIA, nomenclature
from orientation.answer import Answer, Result
from orientation.criteria import Criteria, Page
from orientation.question.build import CODES
from orientation.question.fields import Parameter
from orientation.question.schema import SCHEMA
from orientation.search import SearchService

URN = f"{ROR}:stored-function:orientation"
PAGE = 100
"""Results asked for at a time, as many as a page of the JSON search may have."""
_ELSEWHERE = ("size", "cursor", "facets", "format", "peers")
"""Parameters of the JSON search whose place ``start`` and ``max`` take, or which have none here: peers that asked each
other's peers would never end."""
_OWN = {
    "codedType": "a code of one of the lists, by the list's OID: the same as the parameter of that list",
    "geocode": "latitude and longitude of the origin: the same as lat and lon",
    "start": "rank of the first one to return, from 1",
    "max": "how many to return; absent or below 0, all",
    "sites": "whole: each facility carries its site in our extension, so that the answer stands by itself",
}
_NUMBER = re.compile(r"-?\d{1,9}", re.ASCII)


@dataclass(slots=True)
class Asked:
    """The parameters of the search, each with its values, and which part of the answer is wanted."""

    arguments: dict[str, list[str]] = field(default_factory=dict)
    start: int = 1
    maximum: int | None = None
    whole_sites: bool = False


def described() -> Described:
    """Return what the function is and takes."""
    shared = []
    for name, each in SCHEMA.fields.items():
        assert isinstance(each, Parameter)
        if name not in _ELSEWHERE:
            shared.append((name, f"{each.doc} It {each.rule}.{' May be repeated.' if each.repeatable else ''}"))
    return Described(
        URN,
        "Finds the facilities (units) that suit a patient, the most suitable or nearest first. The answer is a CSD "
        "document whose facilities stand in the order of their rank; an extension of each gives rank, distance, the "
        "reasons of its rank, and its beds with their age. A peculiar function of this project, not of the profile.",
        (*shared, *_OWN.items()),
    )


def asked_of(call: Call) -> Asked:
    """Read the parameters of a call; ``InvalidInput`` for what is none. What is empty filters nothing."""
    asked = Asked()
    errors: list[FieldError] = []
    for element in call.parameters:
        try:
            _read(element, asked)
        except InvalidInput as error:
            errors += error.errors
    if errors:
        raise InvalidInput(errors[:20])
    return asked


def _read(element: Element, asked: Asked) -> None:
    name = local_name(element)
    if etree.QName(element).namespace != CSD:
        raise InvalidInput([FieldError(shorten(name), f"must be in the namespace {CSD}")])
    if name == "geocode":
        _read_geocode(element, asked)
    elif name == "codedType":
        _read_code(element, asked)
    elif value := text_of(element):
        _read_value(name, value, asked)


def _read_value(name: str, value: str, asked: Asked) -> None:
    if name == "start":
        asked.start = max(1, _whole(name, value))
    elif name == "max":
        number = _whole(name, value)
        asked.maximum = number if number >= 0 else None
    elif name == "sites":
        asked.whole_sites = _whole_sites(value)
    elif name in _ELSEWHERE:
        raise InvalidInput([FieldError(name, "is none here: start and max say which part is wanted")])
    else:
        # An unknown name passes: the question's own reader refuses it, and names the nearest known one.
        asked.arguments.setdefault(name, []).append(value)


def _whole_sites(value: str) -> bool:
    if value != "whole":
        raise InvalidInput([FieldError("sites", "must be whole, or absent", shorten(value))])
    return True


def _whole(name: str, value: str) -> int:
    if not _NUMBER.fullmatch(value):
        raise InvalidInput([FieldError(name, "must be a whole number", shorten(value))])
    return int(value)


def _read_geocode(element: Element, asked: Asked) -> None:
    names = {"latitude": "lat", "longitude": "lon"}
    for child in elements(element):
        if (name := names.get(local_name(child))) and (value := text_of(child)):
            asked.arguments.setdefault(name, []).append(value)


def _read_code(element: Element, asked: Asked) -> None:
    code, scheme = (element.get("code") or "").strip(), (element.get("codingScheme") or "").strip()
    if not code:
        return
    parameter = _parameters_by_oid().get(scheme)
    if parameter is None:
        rule = "must bear the OID of a list that is a parameter here, as /api/v1/nomenclatures gives it"
        raise InvalidInput([FieldError("codedType/@codingScheme", rule, shorten(scheme))])
    asked.arguments.setdefault(parameter, []).append(code)


@cache
def _parameters_by_oid() -> dict[str, str]:
    """Return the parameter of each list, by OID; one that only ranks needs its name said."""
    found: dict[str, str] = {}
    for name in CODES.values():
        if name in CRITERIA:
            codes = nomenclature()[CRITERIA[name]]
            found |= {part.oid: name for part in codes.parts or (codes,)}
    return found


def ranked(search: SearchService, criteria: Criteria, asked: Asked) -> tuple[Answer, Iterator[Result]]:
    """Return the first page found and the results wanted, in the order of the JSON search.

    Further pages go on from the last result seen within the radius that the first page settled on, as cursors do.
    """
    last = None if asked.maximum is None else asked.start - 1 + asked.maximum
    first = search.search(criteria, Page(size=PAGE if last is None else max(1, min(PAGE, last))))
    return first, _from(_all(search, first, last), asked)


def _all(search: SearchService, first: Answer, last: int | None) -> Iterator[Result]:
    found, seen = first, 0
    settled = replace(first.criteria, radius_m=first.radius_m)
    while True:
        yield from found.results
        seen += len(found.results)
        if found.next_after is None or (last is not None and seen >= last):
            return
        size = PAGE if last is None else min(PAGE, last - seen)
        found = search.search(settled, Page(size=size, after=found.next_after, first_rank=seen + 1))


def _from(results: Iterator[Result], asked: Asked) -> Iterator[Result]:
    last = None if asked.maximum is None else asked.start - 1 + asked.maximum
    for result in results:
        if last is not None and result.rank > last:
            return
        if result.rank >= asked.start:
            yield result
