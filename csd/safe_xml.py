"""The one way by which XML from outside is read: bounded, and without anything that XML can do to its reader.

No document type (hence no entities, no default attributes, no external subset), no network, no processing beyond the
tree; bytes, depth, attributes, and the size of one entity of a stream are bounded. Gzip is opened only where it is
asked for, and refused when it grows beyond its bound or beyond all reason. Everything refused is an ``UnsafeXml``
with the reason.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import IO

from lxml import etree

from mappings.errors import RorError

MAX_BYTES = 2 * 1024 * 1024
"""Bound of a request; a document that is loaded as a stream is bounded entity by entity."""
MAX_DEPTH = 100
MAX_ELEMENT_BYTES = 4 * 1024 * 1024
"""Bound of one element that is kept as a whole while a document is streamed."""
MAX_ATTRIBUTES = 1_000
_MAX_RATIO, _RATIO_FROM = 250, 8 * 1024 * 1024
"""XML of this kind packs 10 to 60 times; a bomb packs 1,000 times. Judged once this many bytes came out."""
_CHUNK = 64 * 1024

Event = tuple[str, etree._Element]


class UnsafeXml(RorError):
    """XML that is not well formed, or that would do more than be read."""


class XmlTooLarge(UnsafeXml):
    """XML beyond a bound of size."""


def parse(data: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> etree._Element:
    """Return the root of a document, comments and processing instructions dropped.

    ``UnsafeXml`` says what is wrong: not well formed, a document type, too deep; ``XmlTooLarge`` for too many bytes.
    The encoding is what the document declares or its byte order mark shows.
    """
    if len(data) > max_bytes:
        raise XmlTooLarge(f"the document has {len(data)} bytes, at most {max_bytes} are read")
    chunks = (data[at : at + _CHUNK] for at in range(0, max(len(data), 1), _CHUNK))
    root: etree._Element | None = None
    for _, element in _Reader(max_depth).events(chunks):
        root = element if root is None else root
    if root is None:
        raise UnsafeXml("there is no element")
    return root


def stream(
    chunks: Iterable[bytes],
    depth: int,
    *,
    above: Callable[[int, etree._Element], None],
    max_element: int = MAX_ELEMENT_BYTES,
    max_depth: int = MAX_DEPTH,
) -> Iterator[etree._Element]:
    """Yield each whole element at a depth (the root is at 1) of a document of any length; it is emptied afterwards.

    ``above`` is given every element that begins above that depth, with its depth, and may refuse it. Memory holds one
    such element, at most ``max_element`` bytes of it; what stands between two of them is bounded alike. Raises as
    ``parse`` does, after everything before the fault was yielded.
    """
    reader = _Reader(max_depth)
    counted = _Counted(chunks, max_element)
    for event, element in reader.events(counted):
        if event == "start" and reader.depth < depth:
            counted.since = 0
            above(reader.depth, element)
        elif event == "end" and reader.depth < depth:
            counted.since = 0
            if reader.depth == depth - 1:
                yield element
            _forget(element)


def _forget(element: etree._Element) -> None:
    """Free an element and those before it; the parser itself holds on to the last one."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def file_chunks(source: IO[bytes]) -> Iterator[bytes]:
    """Yield the bytes of an open file, unpacked where they are gzip."""
    head = source.read(_CHUNK)
    packed = head[:2] == b"\x1f\x8b"
    rest = iter(lambda: source.read(_CHUNK), b"")
    chunks = _with_head(head, rest)
    yield from inflated(chunks) if packed else chunks


def watched_chunks(
    source: IO[bytes], size: int | None, watch: Callable[[int, int | None], None] | None
) -> Iterator[bytes]:
    """Yield the bytes of an open file as ``file_chunks`` does, and say how far it is and how long."""
    for chunk in file_chunks(source):
        if watch is not None and size:
            watch(source.tell(), size)
        yield chunk


def _with_head(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest


def inflated(chunks: Iterable[bytes], *, max_bytes: int | None = None) -> Iterator[bytes]:
    """Yield the bytes of a gzip stream; ``XmlTooLarge`` beyond ``max_bytes``, or when it grows beyond all reason."""
    machine = zlib.decompressobj(wbits=31)
    came = grown = 0
    for chunk in chunks:
        came += len(chunk)
        rest = chunk
        while rest:
            if machine.eof:
                machine = zlib.decompressobj(wbits=31)
            try:
                out = machine.decompress(rest, 4 * _CHUNK)
            except zlib.error as error:
                raise UnsafeXml(f"not gzip: {error}") from None
            grown += len(out)
            if (max_bytes is not None and grown > max_bytes) or (grown > _RATIO_FROM and grown > came * _MAX_RATIO):
                raise XmlTooLarge(f"{came} bytes of gzip hold {grown} bytes or more: not opened further")
            yield out
            rest = machine.unused_data if machine.eof else machine.unconsumed_tail
    if not machine.eof:
        raise UnsafeXml("the gzip stream ends in the middle")


class _Counted:
    """Chunks of bytes, with what came since the counter was last set back."""

    def __init__(self, chunks: Iterable[bytes], most: int) -> None:
        self._chunks, self._most = chunks, most
        self.since = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            for at in range(0, len(chunk), _CHUNK):
                piece = chunk[at : at + _CHUNK]
                self.since += len(piece)
                if self.since > self._most + _CHUNK:
                    raise XmlTooLarge(f"one element is larger than {self._most} bytes")
                yield piece


class _Reader:
    """A pull parser that judges every element as it begins, so that nothing grows before it is judged."""

    def __init__(self, max_depth: int) -> None:
        self._parser = etree.XMLPullParser(
            events=("start", "end"),
            resolve_entities=False,
            load_dtd=False,
            dtd_validation=False,
            attribute_defaults=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
            recover=False,
        )
        self._max_depth = max_depth
        self.depth = 0

    def events(self, chunks: Iterable[bytes]) -> Iterator[Event]:
        """Yield ("start" or "end", element) as the bytes come; ``depth`` is how many elements are then open."""
        for chunk in chunks:
            yield from self._step(self._parser.feed, chunk)
        yield from self._step(self._parser.close)

    def _step(self, act: Callable[..., object], *arguments: bytes) -> Iterator[Event]:
        """Let the parser act; yield what it found, even before a fault."""
        fault: etree.XMLSyntaxError | None = None
        try:
            act(*arguments)
        except etree.XMLSyntaxError as error:
            fault = error
        for event, element in self._parser.read_events():
            if event == "start":
                self._judge(element)
            else:
                self.depth -= 1
            yield event, element
        if fault is not None:
            raise UnsafeXml(_not_well_formed(fault)) from None

    def _judge(self, element: etree._Element) -> None:
        if self.depth == 0 and element.getroottree().docinfo.internalDTD is not None:
            raise UnsafeXml("a document type (DOCTYPE) is not read")
        self.depth += 1
        if self.depth > self._max_depth:
            raise UnsafeXml(f"elements are nested deeper than {self._max_depth}")
        if len(element.attrib) > MAX_ATTRIBUTES:
            raise UnsafeXml(f"an element has more than {MAX_ATTRIBUTES} attributes")


def _not_well_formed(error: etree.XMLSyntaxError) -> str:
    """Say where and why; libxml2's own words, without the source they came from."""
    line, column = error.position if error.position else (0, 0)
    reason = (error.msg or "no element at all").split(", line ")[0]
    if "Document is empty" in reason:
        return "the document is empty"
    return f"not well-formed XML: {reason} (line {line}, column {column})"
