"""A CSD document as a source of units: each facility one unit, read as a stream, whatever its length."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO, Self

from lxml import etree

from csd import safe_xml
from csd.mapping.common import is_active
from csd.mapping.reading import unit_of
from csd.names import tag
from csd.older import modernise
from mappings.errors import FieldError, InvalidInput, shorten
from mappings.schema.unit import unit_from_dict
from mappings.unit import Unit

Watch = Callable[[int, int | None], None]

_KEPT = 2_000
"""Organizations that memory holds read: facilities of one site mostly follow each other."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A facility that is no unit: its id, and every field, value and rule broken."""

    identifier: str | None
    errors: list[FieldError]


@dataclass(frozen=True, slots=True)
class Passed:
    """A facility that is no more (``Inactive``), and so is no unit."""

    identifier: str | None


Found = Unit | Refused | Passed


class _Organizations:
    """The organizations of a document, on disk until a facility names them."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="ror-csd-")
        self._store = sqlite3.connect(Path(self._folder.name) / "organizations", isolation_level=None)
        self._store.execute("PRAGMA journal_mode = OFF")
        self._store.execute("PRAGMA synchronous = OFF")
        self._store.execute("BEGIN")
        self._store.execute("CREATE TABLE organization (id TEXT PRIMARY KEY, xml BLOB)")
        self.get = lru_cache(_KEPT)(self._get)

    def put(self, element: etree._Element) -> None:
        """Keep one; of two with one id the first holds."""
        row = (element.get("entityID", ""), etree.tostring(element, with_tail=False))
        self._store.execute("INSERT OR IGNORE INTO organization VALUES (?, ?)", row)

    def _get(self, entity_id: str) -> etree._Element | None:
        row = self._store.execute("SELECT xml FROM organization WHERE id = ?", (entity_id,)).fetchone()
        return None if row is None else safe_xml.parse(row[0], max_bytes=2 * safe_xml.MAX_ELEMENT_BYTES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._store.close()
        self._folder.cleanup()


def read_units(
    source: IO[bytes], *, size: int | None = None, watch: Watch | None = None
) -> Iterator[Unit | Refused | Passed]:
    """Yield a unit, or why it is none, for each facility of an open file, plain or gzip.

    Memory holds some entities; organizations wait on disk.
    ``UnsafeXml`` when the document is not read to its end: what came before was yielded.
    """
    with _Organizations() as organizations:
        for element in safe_xml.stream(safe_xml.watched_chunks(source, size, watch), 3, above=_check_above):
            modernise(element)
            if element.tag == tag("organization"):
                organizations.put(element)
            elif element.tag == tag("facility"):
                yield _read(element, organizations) if is_active(element) else Passed(element.get("entityID"))


def _check_above(depth: int, element: etree._Element) -> None:
    if depth == 1 and element.tag != tag("CSD"):
        raise safe_xml.UnsafeXml(f"the document is a {shorten(element.tag)}, not a {tag('CSD')}")


def _read(facility: etree._Element, organizations: _Organizations) -> Unit | Refused:
    try:
        data = unit_of(facility, organizations.get)
    except InvalidInput as error:
        return Refused(facility.get("entityID"), error.errors)
    try:
        return unit_from_dict(data)
    except InvalidInput as error:
        return Refused(data.get("id"), error.errors)
