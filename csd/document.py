"""A ``CSD`` document as it is sent: four directories in their order, entity after entity, never held as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from csd.entity import KINDS
from csd.names import CSD

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_BLOCK = 32 * 1024


def csd_document(entities: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Yield a document that holds, by kind, the XML of some entities; directories without any stand empty."""
    yield f'<CSD xmlns="{CSD}">'
    for kind in KINDS:
        yield f"<{kind}Directory>"
        yield from entities.get(kind, ())
        yield f"</{kind}Directory>"
    yield "</CSD>"


def in_blocks(parts: Iterable[str]) -> Iterator[bytes]:
    """Yield text in UTF-8, gathered into blocks worth a packet."""
    held: list[str] = []
    size = 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= _BLOCK:
            yield "".join(held).encode()
            held, size = [], 0
    if held:
        yield "".join(held).encode()
