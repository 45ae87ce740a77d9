"""Lines of a file or of standard input: gzip or plain, bounded in memory, damage reported rather than raised."""

from __future__ import annotations

import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from indexer.rejection import SourceError

MAX_LINE = 4 * 1024 * 1024
"""Longest line read, in bytes: the largest real unit is some tens of kilobytes."""
STDIN = "-"
_CHUNK = 256 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_GZIP_WINDOW = 31
"""zlib's code for a 32 kB window with a gzip header and checksum."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end; ``None`` in place of a text longer than the limit."""

    number: int
    text: bytes | None


class Gunzip(io.RawIOBase):
    """Decompresses as it is read; ``damage`` says, at the end, that the file was cut or corrupt."""

    def __init__(self, source: BinaryIO) -> None:
        """Read from the start of a gzip stream of one or several members."""
        self._source = source
        self._inflate = zlib.decompressobj(_GZIP_WINDOW)
        self._pending = b""
        self.damage: str | None = None

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill the buffer with at most its size; 0 at the end or at the damage, whichever comes first."""
        while self.damage is None:
            if not self._pending:
                self._pending = self._source.read(_CHUNK)
            at_end = not self._pending
            if self._inflate.eof:
                self._pending = self._pending.lstrip(b"\0")
                if not self._pending:
                    if at_end:
                        return 0
                    continue
                self._inflate = zlib.decompressobj(_GZIP_WINDOW)
            try:
                plain = self._inflate.decompress(self._pending, len(buffer))
            except zlib.error as error:
                self.damage = f"the gzip stream is corrupt ({error})"
                return 0
            self._pending = self._inflate.unconsumed_tail or self._inflate.unused_data
            if plain:
                buffer[: len(plain)] = plain
                return len(plain)
            if at_end and not self._inflate.eof:
                self.damage = "the gzip stream is cut short"
        return 0


@dataclass(slots=True)
class Lines:
    """The lines of one opened source; ``damage`` is known once they are all read."""

    stream: IO[bytes]
    raw: Gunzip | None
    size: int | None
    compressed: BinaryIO
    limit: int = MAX_LINE

    @property
    def damage(self) -> str | None:
        """Say what stopped the reading before the end, if anything did."""
        return self.raw.damage if self.raw else None

    def __iter__(self) -> Iterator[Line]:
        """Yield each line with its number from 1; a byte order mark at the very start is dropped."""
        number = 0
        while text := self.stream.readline(self.limit + 1):
            number += 1
            if len(text) > self.limit and not text.endswith(b"\n"):
                self._skip_line()
                yield Line(number, None)
                continue
            if number == 1:
                text = text.removeprefix(_BOM)
            yield Line(number, text.rstrip(b"\r\n"))

    def _skip_line(self) -> None:
        while (part := self.stream.readline(_CHUNK)) and not part.endswith(b"\n"):
            pass


@contextmanager
def open_lines(source: Path | str, limit: int = MAX_LINE) -> Iterator[Lines]:
    """Open a path, or standard input for ``-``; gzip is recognised by its first bytes, not by its name."""
    with opened(source) as (file, size):
        yield _lines(file, size, limit)


@contextmanager
def opened(source: Path | str) -> Iterator[tuple[BinaryIO, int | None]]:
    """Open a path, or standard input for ``-``; yield it and its size in bytes, if it has one."""
    if str(source) == STDIN:
        yield sys.stdin.buffer, None
        return
    path = Path(source)
    try:
        file = path.open("rb")
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror}") from error
    with file:
        yield file, path.stat().st_size if path.is_file() else None


def _lines(source: BinaryIO, size: int | None, limit: int) -> Lines:
    buffered = source if isinstance(source, io.BufferedReader) else io.BufferedReader(source)  # type: ignore[type-var]
    if buffered.peek(2)[:2] != _GZIP_MAGIC:
        return Lines(buffered, None, size, buffered, limit)
    raw = Gunzip(buffered)
    return Lines(io.BufferedReader(raw, _CHUNK), raw, size, buffered, limit)
