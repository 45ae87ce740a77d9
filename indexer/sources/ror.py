"""Source: ROR NDJSON, one unit a line, in the JSON shape of ``mappings.schema.unit``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from indexer.ids import SeenIds
from indexer.progress import Watch
from indexer.recall import Recall
from indexer.rejection import SOURCE, Item, Recalled, Rejection, reject, repeated
from indexer.sources.lines import MAX_LINE, Line, open_lines
from mappings.errors import FieldError, InvalidInput, shorten
from mappings.schema.unit import unit_from_dict
from mappings.unit import Unit

_WATCH_EVERY = 200
"""Lines between two words about how far the reading is."""


def read_ror(
    source: Path | str, *, max_line: int = MAX_LINE, watch: Watch | None = None, recall: Recall | None = None
) -> Iterator[Item]:
    """Yield a unit, or the reason why not, for each line of a file or of standard input (``-``).

    Gzip or plain, UTF-8. Memory holds one line (at most ``max_line`` bytes) and a hash for each id seen. ``watch``
    is told how many bytes of the file were read. A source that ends in the middle is reported last, with all that
    came before it kept. ``SourceError`` when it cannot be opened. Lines that ``recall`` knows are not read; of the
    others it notes those that a unit is made of.
    """
    seen = SeenIds()
    number = 0
    with open_lines(source, max_line) as lines:
        for line in lines:
            number = line.number
            if watch is not None and number % _WATCH_EVERY == 0 and lines.size:
                watch(lines.compressed.tell(), lines.size)
            item = _read_line(line, max_line, recall)
            if item is None:
                continue
            if isinstance(item, Unit | Recalled):
                if not seen.add(item.id):
                    item = repeated(item.id, line.number)
                elif recall is not None and isinstance(item, Unit) and line.text is not None:
                    recall.note(item.id, line.text)
            yield item
        if lines.damage:
            yield Rejection(number, None, SOURCE, f"{lines.damage} after line {number}: what followed is lost")
    if number == 0:
        yield Rejection(None, None, SOURCE, "the source is empty")


def _read_line(line: Line, max_line: int, recall: Recall | None) -> Unit | Rejection | Recalled | None:
    """Read one line; ``None`` for a blank one."""
    if line.text is None:
        return Rejection(line.number, None, "line", f"the line is longer than {max_line} bytes")
    if not line.text.strip():
        return None
    data = _parse(line.text)
    if isinstance(data, FieldError):
        return reject(line.number, None, [data])
    known = data.get("id") if isinstance(data, dict) else None
    if recall is not None and isinstance(known, str) and recall.same(known, line.text):
        return Recalled(known, partial(_read_again, data, line.text, recall), recall.is_noticed(known))
    try:
        return unit_from_dict(data)
    except InvalidInput as error:
        return reject(line.number, _identifier(data), error.errors)


def _read_again(data: Any, text: bytes, recall: Recall) -> Unit:
    unit = unit_from_dict(data)
    recall.note(unit.id, text)
    return unit


def _parse(text: bytes) -> Any:
    """Return the JSON value, or a field error that says why the line is none."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        try:
            shown = text.decode("utf-8")
        except UnicodeDecodeError as wrong:
            rule = f"the line is not UTF-8 (byte 0x{text[wrong.start]:02x} at {wrong.start + 1})"
            return FieldError("line", rule, shorten(text[:200].decode("utf-8", "replace")))
        return FieldError("line", f"the line is not JSON ({error.msg} at character {error.pos + 1})", shorten(shown))


def _identifier(data: Any) -> str | None:
    value = data.get("id") if isinstance(data, dict) else None
    return shorten(value, 200) if isinstance(value, str) else None
