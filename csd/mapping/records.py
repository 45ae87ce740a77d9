"""Records of our extension read off XML, as their shapes say; ``csd.mapping.writing`` writes them."""

from __future__ import annotations

from typing import Any

from lxml import etree

from csd.mapping.identity import ROR
from csd.mapping.shapes import Many, Record, Scalar, Shape
from mappings.errors import FieldError, InvalidInput, shorten

Json = dict[str, Any]


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
