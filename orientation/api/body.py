"""Bodies of requests that write: one JSON value, or lines of them read as they come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import orjson
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import ClientDisconnected

from beds.importing import MAX_LINE, Line
from beds.verdict import against_rules
from mappings.errors import FieldError, shorten
from orientation.errors import MalformedBody

_BLOCK = 64 * 1024


def json_object(data: bytes) -> dict[str, Any]:
    """Read an object; ``MalformedBody`` for anything else."""
    said = json_value(data)
    if not isinstance(said, dict):
        raise MalformedBody("the body must be a JSON object")
    return said


def json_value(data: bytes) -> Any:
    """Read any JSON; ``MalformedBody`` for what is none."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise MalformedBody(f"the body is not JSON in UTF-8: {shorten(error)}") from None


def lines_of(stream: IO[bytes]) -> Iterator[Line]:
    """Yield the numbered lines of a body without holding it.

    A line that is too long is passed over and refused; one that the sender did not finish is refused as cut,
    since half a count might read as another count.
    """
    buffer = b""
    number = 1
    skipping = cut = False
    while True:
        block, cut = _read(stream, cut)
        if not block:
            break
        *whole, buffer = (buffer + block).split(b"\n")
        for line in whole:
            yield number, _too_long() if skipping else line
            number += 1
            skipping = False
        if len(buffer) > MAX_LINE:
            skipping, buffer = True, b""
    if cut:
        yield number, against_rules([FieldError("line", "the body ended before its end: this line is cut")])
    elif buffer.strip() or skipping:
        yield number, _too_long() if skipping else buffer


def _read(stream: IO[bytes], cut: bool) -> tuple[bytes, bool]:
    """Read a block; say whether the sender went away, in which case what the server still holds is read."""
    while True:
        try:
            return stream.read(_BLOCK), cut
        except (ClientDisconnected, OSError, ParseException):
            if cut:
                return b"", cut
            cut = True


def _too_long() -> Any:
    return against_rules([FieldError("line", f"is longer than {MAX_LINE} bytes")])
