"""What a directory held before a load: the hash and the times of each entity, in little memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from struct import Struct
from typing import Any

from csd.entity import KINDS
from engine.gateway import Gateway
from mappings.beds import instant

_COLUMNS = (
    "content_hash",
    "removed",
    {"field": "modified", "format": "epoch_millis"},
    {"field": "created", "format": "epoch_millis"},
)
_FORM = Struct(">qqq?")
"""Hash, milliseconds of ``modified`` and of ``created``, whether it was removed."""
_NEVER = -(2**63)
_KEY = 17
"""Kind, and the 16 bytes of the hash in a document's id."""
_ROW = _KEY + _FORM.size
_TAKEN = 255
_SMALLEST = 1024


@dataclass(frozen=True, slots=True)
class Before:
    """What was known of one entity, its times in milliseconds."""

    content_hash: int
    removed: bool
    modified_ms: int
    created_ms: int

    @property
    def modified(self) -> str | None:
        """When the directory took its content, as every index writes it; ``None`` where that is not known."""
        return _moment(self.modified_ms)

    @property
    def created(self) -> str | None:
        """When it came to be, likewise."""
        return _moment(self.created_ms)


@dataclass(slots=True)
class Held:
    """The entities of an index that no new document took the place of so far: about 60 bytes each."""

    _rows: bytearray = field(default_factory=bytearray)
    """Key, then form, of each entity; the first byte of the key of one that was taken is ``_TAKEN``."""
    _table: array[int] = field(default_factory=lambda: array("I", bytes(4 * _SMALLEST)))
    """Number of a row, from 1, at its key's place or the next free one; 0 is free. Room to spare keeps ways short."""
    _taken: int = 0

    @classmethod
    def read(cls, gateway: Gateway, index: str | None) -> Held:
        """Read an index; nothing is held where there was none."""
        held = cls()
        if index is not None:
            for hit in gateway.columns(index, _COLUMNS):
                held.put(hit["_id"], hit["fields"])
        return held

    def __len__(self) -> int:
        """Count what is left."""
        return self._every - self._taken

    @property
    def _every(self) -> int:
        return len(self._rows) // _ROW

    def put(self, identifier: str, fields: Mapping[str, list[Any]]) -> None:
        """Add an entity that is not held yet, by its id and the columns of its document."""
        key = _packed(identifier)
        self._rows += key
        self._rows += _form(fields)
        if self._every * 3 > len(self._table) * 2:
            self._table = array("I", bytes(8 * len(self._table)))
            for row in range(self._every - 1):
                self._table[self._place(bytes(self._rows[row * _ROW : row * _ROW + _KEY]))] = row + 1
        self._table[self._place(key)] = self._every

    def _place(self, key: bytes) -> int:
        """Return where the table has the row of a key, or has room for it."""
        table, rows, last = self._table, self._rows, len(self._table) - 1
        at = int.from_bytes(key[1:9], "big") & last
        # Rows that were taken stay on the way of others, and are not found: their first byte is another.
        while (row := table[at]) and rows[(row - 1) * _ROW : (row - 1) * _ROW + _KEY] != key:
            at = (at + 1) & last
        return at

    def take(self, identifier: str) -> Before | None:
        """Return what was known of a document, and let it go; ``None`` for one that is new."""
        row = self._table[self._place(_packed(identifier))]
        if not row:
            return None
        start = (row - 1) * _ROW
        self._rows[start] = _TAKEN
        self._taken += 1
        return _before(bytes(self._rows[start + _KEY : start + _ROW]))

    def left(self) -> Iterator[str]:
        """Yield the ids of documents that were not taken."""
        for start in range(0, len(self._rows), _ROW):
            kind = self._rows[start]
            if kind != _TAKEN:
                yield f"{KINDS[kind]}-{self._rows[start + 1 : start + _KEY].hex()}"


def _packed(identifier: str) -> bytes:
    kind, _, digest = identifier.partition("-")
    return bytes((KINDS.index(kind),)) + bytes.fromhex(digest)


def _form(fields: Mapping[str, list[Any]]) -> bytes:
    modified, created = (int(fields[name][0]) if name in fields else _NEVER for name in ("modified", "created"))
    removed = bool(fields.get("removed", (False,))[0])
    digest = fields.get("content_hash", (0,))[0]
    # An index of an older definition may hold hashes of another kind: then everything counts as changed.
    return _FORM.pack(digest if isinstance(digest, int) else 0, modified, created, removed)


def _before(form: bytes) -> Before:
    digest, modified, created, removed = _FORM.unpack(form)
    return Before(digest, removed, modified, created)


@lru_cache(maxsize=4_096)
def _moment(milliseconds: int) -> str | None:
    return None if milliseconds == _NEVER else instant(datetime.fromtimestamp(milliseconds / 1000, UTC))
