"""What a source held that was refused, or kept with a remark; and the file that lists it.

The file is NDJSON, one object a line, always with the same six names: ``severity`` (``rejected`` or ``notice``),
``line``, ``id``, ``field``, ``reason``, ``value``. A unit refused for three reasons gives three lines; it is counted
once. NDJSON rather than CSV: a refused value may hold anything, quotes, semicolons and formulas included.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from mappings.errors import FieldError, RorError, shorten
from mappings.unit import Unit

SOURCE = "source"
"""Field of a rejection that is about the source itself: what follows it could not be read."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """One unit, or one line meant to be one, that is not loaded; ``also`` holds what else is wrong with it."""

    line: int | None
    id: str | None
    field: str
    reason: str
    value: str = ""
    also: tuple[FieldError, ...] = ()

    @property
    def ends_source(self) -> bool:
        """Say whether the rest of the source was lost with it, so that absence means nothing."""
        return self.field == SOURCE


@dataclass(frozen=True, slots=True)
class Notice:
    """Something wrong that was put right or left out, in a unit that is loaded."""

    line: int | None
    id: str | None
    field: str
    reason: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Recalled:
    """A unit that the index holds as it would be made of the source, found so without reading it (``read`` does).

    ``noticed`` says that something was remarked on it then, as it would be now.
    """

    id: str
    read: Callable[[], Unit]
    noticed: bool = False


Item = Unit | Rejection | Notice | Recalled
"""What a source yields, in the order of the source."""


class SourceError(RorError):
    """The source cannot be read at all: missing, not a file of this kind, unreadable."""


def reject(line: int | None, identifier: str | None, errors: Sequence[FieldError]) -> Rejection:
    """Return the rejection of a unit for its field errors; there is at least one."""
    first, *others = errors
    return Rejection(line, identifier, first.field, first.rule, first.value, tuple(others))


def repeated(identifier: str, line: int | None = None) -> Rejection:
    """Return the rejection of a unit whose id was read before: the first one is kept."""
    return Rejection(line, identifier, "id", "this id was already read: the first one is kept", identifier)


def rows_of(item: Rejection | Notice) -> list[dict[str, Any]]:
    """Return the lines of the file for one item."""
    severity = "rejected" if isinstance(item, Rejection) else "notice"
    head = {"severity": severity, "line": item.line, "id": item.id}
    also = item.also if isinstance(item, Rejection) else ()
    causes = [FieldError(item.field, item.reason, item.value), *also]
    return [head | {"field": e.field, "reason": e.rule, "value": shorten(e.value, 200)} for e in causes]


class RejectsFile:
    """Writes rejections and notices as they come, so that a killed run leaves what it had found."""

    def __init__(self, path: Path | None) -> None:
        """Open the file anew; with no path, nothing is written. ``SourceError`` when it cannot be opened."""
        self.path = path
        self._file: IO[str] | None = None
        if path is not None:
            try:
                self._file = path.open("w", encoding="utf-8", newline="\n")
            except OSError as error:
                raise SourceError(f"cannot write the rejects file {path}: {error.strerror}") from error

    def write(self, item: Rejection | Notice) -> None:
        """Append one item."""
        if self._file is not None:
            for row in rows_of(item):
                self._file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def __enter__(self) -> Self:
        """Return the open file."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close it."""
        if self._file is not None:
            self._file.close()
