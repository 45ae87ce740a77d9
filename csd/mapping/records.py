"""Records of our extension ↔ XML, as their shapes say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from lxml import etree

from csd.mapping.identity import ROR
from csd.mapping.shapes import MOMENT, Many, Record, Scalar, Shape, xml_name
from mappings.errors import FieldError, InvalidInput, shorten

Json = dict[str, Any]

_DECLARED: dict[str | None, str] = {None: ROR}
_MOST_OFFSET = timedelta(hours=14)
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """Return text that XML can hold; what it cannot (units are refused that hold such) becomes U+FFFD."""
    return text if text.isprintable() else _NO_XML.sub("\ufffd", text)


@cache
def _tag(name: str) -> str:
    return f"{{{ROR}}}{xml_name(name)}"


def add_record(parent: etree._Element, name: str, value: Mapping[str, Any], shape: Record) -> etree._Element:
    """Add a record of our namespace, declared here, to an element of CSD."""
    element = etree.SubElement(parent, _tag(name), nsmap=_DECLARED)
    _fill(element, value, shape)
    return element


def _fill(element: etree._Element, value: Mapping[str, Any], shape: Record) -> None:
    for field, inner in shape.fields.items():
        if field in value:
            _add_field(element, field, value[field], inner)


def _add_field(element: etree._Element, name: str, value: Any, shape: Shape) -> None:
    if isinstance(shape, Scalar):
        element.set(xml_name(name), _text(value, shape))
    elif isinstance(shape, Record):
        _fill(etree.SubElement(element, _tag(name)), value, shape)
    else:
        for item in value:
            _add_item(element, name, item, shape.item)


def _add_item(element: etree._Element, name: str, item: Any, shape: Shape) -> None:
    if isinstance(shape, Record):
        _fill(etree.SubElement(element, _tag(name)), item, shape)
    else:
        etree.SubElement(element, _tag(name)).text = _text(item, shape)


def _text(value: Any, shape: Shape) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if shape is MOMENT:
        return date_time(datetime.fromisoformat(value))
    return clean(value) if isinstance(value, str) else repr(value)


def date_time(moment: datetime) -> str:
    """Write an aware time as ``xs:dateTime``, whose offset is of whole minutes and at most 14 hours."""
    offset = moment.utcoffset() or timedelta()
    if abs(offset) > _MOST_OFFSET or offset % timedelta(minutes=1):
        moment = moment.astimezone(UTC)
    return moment.isoformat()


def read_record(element: etree._Element, shape: Record, path: str) -> Json:
    """Read a record; ``InvalidInput`` names what is unknown or no number, and where."""
    found: Json = {}
    for name, text in element.attrib.items():
        field, inner = _known(str(name), shape, path)
        if not isinstance(inner, Scalar):
            raise _wrong(f"{path}.{field}", "is an element, not an attribute")
        found[field] = _scalar(str(text), inner, f"{path}.{field}")
    for child in element:
        field, inner = _known(_local(child), shape, path)
        where = f"{path}.{field}"
        if isinstance(inner, Many):
            found.setdefault(field, []).append(_item(child, inner.item, where))
        elif isinstance(inner, Record):
            if field in found:
                raise _wrong(where, "stands twice")
            found[field] = read_record(child, inner, where)
        else:
            raise _wrong(where, "is an attribute, not an element")
    return found


def _known(name: str, shape: Record, path: str) -> tuple[str, Shape]:
    field = shape.names.get(name)
    if field is None:
        raise _wrong(path, f"unknown {shorten(name)!r} in the extension")
    return field, shape.fields[field]


def _local(element: etree._Element) -> str:
    """Return the name of an element of our namespace; any other is unknown by its whole name."""
    return str(element.tag).removeprefix(f"{{{ROR}}}")


def _item(element: etree._Element, shape: Shape, path: str) -> Any:
    return read_record(element, shape, path) if isinstance(shape, Record) else _scalar(element.text or "", shape, path)


def _scalar(text: str, shape: Shape, path: str) -> Any:
    assert isinstance(shape, Scalar)
    try:
        return shape.read(text)
    except (ValueError, KeyError):
        raise _wrong(path, "is not of its type", text) from None


def _wrong(path: str, rule: str, value: str = "") -> InvalidInput:
    return InvalidInput([FieldError(path, rule, shorten(value) if value else "")])
