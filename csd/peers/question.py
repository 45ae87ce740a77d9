"""Criteria → the parameters of our orientation function, or of CSD's search of facilities, as a peer takes them."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from csd.functions.orientation import URN
from csd.mapping.coded import Coding, coding
from csd.names import CSD, SEARCHES, tag
from orientation.criteria import Criteria
from orientation.question.build import CODES

_LISTS = {"activities": "R211", "acts": "R210", "specialisations": "R245", "modes": "R213"}
"""Criterion → its list, those that leave the fewest first: CSD's search takes one code and no more."""
_SPOKEN = {"a": "y"}
"""Unit of age → how the parameter writes it, where that differs."""


def orientation_request(criteria: Criteria, most: int) -> bytes:
    """Return the question whole, for the first ``most`` results; each facility is to carry its site."""
    request, parameters = call_of(URN)
    for name, value in (*_values(criteria), ("max", str(most)), ("sites", "whole")):
        etree.SubElement(parameters, tag(name)).text = value
    return etree.tostring(request)


def facility_request(criteria: Criteria, most: int) -> bytes:
    """Return a search for the first ``most`` facilities, by the one code asked for that leaves the fewest, if any."""
    found = next(_lone_codes(criteria), None)
    return search_request(SEARCHES["facility"], most, coding(*found) if found is not None else None)


def search_request(urn: str, most: int, coded_type: Coding | None = None) -> bytes:
    """Return one of CSD's own searches, for the first ``most`` entities, those of a coded type where one is given."""
    request, parameters = call_of(urn)
    if coded_type is not None:
        etree.SubElement(parameters, tag("codedType"), code=coded_type.code, codingScheme=coded_type.scheme)
    etree.SubElement(parameters, tag("start")).text = "1"
    etree.SubElement(parameters, tag("max")).text = str(most)
    return etree.tostring(request)


def call_of(urn: str) -> tuple[etree._Element, etree._Element]:
    """Return the request that calls a stored function, and its parameters, still empty."""
    request = etree.Element(tag("careServicesRequest"), nsmap={None: CSD})
    function = etree.SubElement(request, tag("function"), urn=urn, encapsulated="false")
    return request, etree.SubElement(function, tag("requestParams"))


def _lone_codes(criteria: Criteria) -> Iterator[tuple[str, str]]:
    """Yield (list, code) for each criterion of one code that every result must bear."""
    for field, list_id in _LISTS.items():
        codes = getattr(criteria, field)
        if len(codes) == 1 and not (field == "activities" and criteria.related):
            yield list_id, codes[0]


def _values(criteria: Criteria) -> Iterator[tuple[str, str]]:
    yield from _where(criteria)
    for field, name in CODES.items():
        for code in getattr(criteria, field):
            yield name, code
    for commune in criteria.communes:
        yield "commune", commune
    beds = criteria.beds
    single = {
        "radius": f"{criteria.radius_m}m" if criteria.radius_m is not None and criteria.origin else None,
        "equipment_weight_min": _number(criteria.equipment_weight_min),
        "related": "true" if criteria.related else None,
        "age": _age(criteria),
        "use_case": criteria.use_case,
        "open_at": criteria.open_at.isoformat() if criteria.open_at else None,
        "q": criteria.text,
        "sort": criteria.sort,
        "beds_min": str(beds.minimum) if beds and beds.minimum is not None else None,
        "beds_gender": beds.gender if beds else None,
        "beds_horizon": beds.horizon if beds else None,
        "beds_max_age": f"{beds.max_age_s // 60}m" if beds and beds.max_age_s is not None else None,
    }
    yield from ((name, value) for name, value in single.items() if value is not None)


def _where(criteria: Criteria) -> Iterator[tuple[str, str]]:
    """Say the origin: a commune as such, since all of it counts as inside; else the point."""
    origin = criteria.origin
    if origin is None:
        return
    if origin.precision == "commune" and origin.insee is not None and origin.communes:
        yield "place", f"insee:{origin.insee}"
    else:
        yield "lat", f"{origin.point.lat:.9f}"
        yield "lon", f"{origin.point.lon:.9f}"


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:f}"


def _age(criteria: Criteria) -> str | None:
    return None if criteria.age is None else f"{criteria.age.value}{_SPOKEN.get(criteria.age.unit, criteria.age.unit)}"
