"""What an orientation says of a facility: its rank, its distance, the reasons, and the beds that it was ranked by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

from csd.mapping.common import add_extension
from csd.mapping.identity import ROR
from csd.mapping.records import clean
from csd.mapping.shapes import xml_name
from csd.names import tag

EXTENSION = "orientation"
Json = Mapping[str, Any]


def add_result(facility: etree._Element, result: Json) -> None:
    """Add the extension of a result (``rank``, ``distance_m``, ``why``, ``place``, ``beds``) before the record."""
    extension = add_extension(facility, EXTENSION)
    record = facility.find(tag("record"))
    assert record is not None
    record.addprevious(extension)
    element = etree.SubElement(extension, _name("orientation"), nsmap={"ror": ROR})
    _set(element, {"rank": result["rank"], "distance_m": result["distance_m"], "place": result["place"]})
    for reason in result["why"]:
        why = etree.SubElement(element, _name("why"), reason=reason["reason"])
        why.text = reason["label"]
    if result["beds"] is not None:
        beds = {**result["beds"], "source": (result["beds"]["source"] or {}).get("code")}
        _set(etree.SubElement(element, _name("beds")), beds)


def _name(name: str) -> str:
    return f"{{{ROR}}}{name}"


def _set(element: etree._Element, values: Json) -> None:
    """Write what is known; what is not known is absent, and never zero."""
    for name, value in values.items():
        if value is not None:
            text = str(value).lower() if isinstance(value, bool) else clean(str(value))
            element.set(xml_name(name), text)
