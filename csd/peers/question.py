"""Criteria → the parameters of our orientation function, as a peer takes them."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from csd.functions.orientation import URN
from csd.names import CSD, tag
from orientation.criteria import Criteria
from orientation.question.build import CODES

_SPOKEN = {"a": "y"}
"""Unit of age → how the parameter writes it, where that differs."""


def orientation_request(criteria: Criteria, most: int) -> bytes:
    """Return the question whole, for the first ``most`` results; each facility is to carry its site."""
    request = etree.Element(tag("careServicesRequest"), nsmap={None: CSD})
    function = etree.SubElement(request, tag("function"), urn=URN, encapsulated="false")
    parameters = etree.SubElement(function, tag("requestParams"))
    for name, value in (*_values(criteria), ("max", str(most)), ("sites", "whole")):
        etree.SubElement(parameters, tag(name)).text = value
    return etree.tostring(request)


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
