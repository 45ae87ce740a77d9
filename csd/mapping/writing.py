"""Records of our extension written as XML, as their shapes say; ``csd.mapping.records`` reads them.

A shape is looked through once: thereafter writing a record is a look at each of its fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from csd.mapping.identity import ROR
from csd.mapping.shapes import MOMENT, TEXT, Many, Record, Scalar, Shape, xml_name
from csd.mapping.text import attribute, content, element

Json = Mapping[str, Any]
_Say = Callable[[Any], str]

DECLARED = f' xmlns="{ROR}"'
"""Head of the outermost element of a record, which stands inside an element of CSD."""
_MOST_OFFSET = timedelta(hours=14)


def date_time(moment: datetime) -> str:
    """Write an aware time as ``xs:dateTime``, whose offset is of whole minutes and at most 14 hours."""
    offset = moment.utcoffset() or timedelta()
    if abs(offset) > _MOST_OFFSET or offset % timedelta(minutes=1):
        moment = moment.astimezone(UTC)
    return moment.isoformat()


def written(name: str, value: Json, shape: Record, head: str = "") -> str:
    """Write a record as an element of that name; ``head`` holds attributes that stand before its own."""
    form = _form(shape)
    return element(name, form.inner(value), head + form.head(value))


@dataclass(frozen=True, slots=True)
class Around:
    """An element written but for some of its children, which come later, each time others.

    ``alone`` says that it has no others: without any it is an empty tag.
    """

    before: str
    after: str
    alone: bool

    def holding(self, inner: str) -> str:
        """Write the whole of it."""
        return f"{self.before[:-1]}/>" if self.alone and not inner else f"{self.before}{inner}{self.after}"

    @property
    def length(self) -> int:
        """Characters that it takes."""
        return len(self.before) + len(self.after)


def around(name: str, value: Json, shape: Record, field: str, head: str = "") -> Around:
    """Write a record but for one field, which holds records: what stands before them, and after."""
    form = _form(shape)
    fields = [each for each, _ in form.children]
    before, after = (
        form.inner({each: value[each] for each in part if each in value})
        for part in (fields[: fields.index(field)], fields[fields.index(field) + 1 :])
    )
    return Around(f"<{name}{head}{form.head(value)}>{before}", f"{after}</{name}>", not (before or after))


@dataclass(frozen=True, slots=True)
class _Form:
    """How the records of a shape are written: scalars as attributes, hence first, the rest as elements.

    Each field comes with what writes its value, in the order of the shape.
    """

    attributes: tuple[tuple[str, str, _Say], ...]
    children: tuple[tuple[str, _Say], ...]

    def head(self, value: Json) -> str:
        return "".join([f'{lead}{say(value[field])}"' for field, lead, say in self.attributes if field in value])

    def inner(self, value: Json) -> str:
        return "".join([say(value[field]) for field, say in self.children if field in value])


@cache
def _form(shape: Record) -> _Form:
    scalars = [(field, inner) for field, inner in shape.fields.items() if isinstance(inner, Scalar)]
    others = [(field, inner) for field, inner in shape.fields.items() if not isinstance(inner, Scalar)]
    return _Form(
        tuple((field, f' {xml_name(field)}="', _saying(attribute, inner)) for field, inner in scalars),
        tuple((field, _element_of(xml_name(field), inner)) for field, inner in others),
    )


def _element_of(name: str, shape: Shape) -> _Say:
    if isinstance(shape, Record):
        return lambda value: written(name, value, shape)
    assert isinstance(shape, Many)
    item = shape.item
    if isinstance(item, Record):
        return lambda values: "".join([written(name, value, item) for value in values])
    say = _saying(content, item)
    return lambda values: "".join([element(name, say(value)) for value in values])


def _saying(escape: Callable[[str], str], shape: Shape) -> _Say:
    """Return what writes a scalar; only text has anything to escape."""
    if shape is TEXT:
        return escape
    if shape is MOMENT:
        return lambda value: date_time(datetime.fromisoformat(value))
    return lambda value: ("true" if value else "false") if isinstance(value, bool) else repr(value)
