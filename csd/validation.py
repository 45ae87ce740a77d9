"""Checks of what we write and of what is loaded: CSD as this product takes it to be, and our extension."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import as_file, files

from lxml import etree

from csd.mapping.identity import ROR
from csd.names import tag

SCHEMAS = ("csd", "ror", "xml")
"""Files of ``csd/schema``."""


@cache
def schema(name: str) -> etree.XMLSchema:
    """Return a schema of ours: ``csd`` or ``ror``."""
    with as_file(files("csd.schema")) as folder:
        return etree.XMLSchema(etree.parse(folder / f"{name}.xsd"))


def faults(element: etree._Element) -> list[str]:
    """Return what is wrong with an entity or a document, extensions of ours included; nothing when it is valid."""
    return [*_against("csd", element), *_of_extensions(element)]


def _of_extensions(element: etree._Element) -> Iterator[str]:
    for extension in element.iter(tag("extension")):
        if extension.get("urn") == ROR:
            for child in extension:
                yield from _against("ror", child)


def _against(name: str, element: etree._Element) -> Iterator[str]:
    judge = schema(name)
    # ``validate`` looks at an element of a larger tree as the root of its own.
    if not judge.validate(element):
        for entry in judge.error_log:
            yield entry.message
