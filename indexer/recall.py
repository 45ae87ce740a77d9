"""Which lines of a source are, byte for byte, those that the units of an index were made of.

A load that finds them there need not read them again: most of a nation's file is what it was the night before.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from hashlib import blake2b

from engine.gateway import Gateway

LINE = "line"
"""Field of a unit's document: 62 bits of a hash of its line, then whether something had to be said of the unit."""
_SMALLEST = 1024
_FULL = 0.6
"""Part of the table in use above which it is made twice as large."""
_NO_LINE = 0
_NOTICED = 1


class Recall:
    """What an index holds by id, which of it was found again, and the lines of units on their way to an index.

    About 40 bytes for each unit held. Two different lines of a unit share a hash once in 4 · 10¹⁸ times.
    """

    def __init__(self) -> None:
        """Know nothing."""
        self._waiting: dict[str, int] = {}
        self._forget()

    def _forget(self) -> None:
        self._ids, self._lines, self._found = _table(_SMALLEST)
        self.held = 0
        self.found = 0

    def read(self, gateway: Gateway, index: str) -> None:
        """Read what an index holds."""
        self._forget()
        for hit in gateway.columns(index, (LINE,)):
            [line] = hit.get("fields", {}).get(LINE, (_NO_LINE,))
            self._put(_digest(hit["_id"].encode()), line)

    def forget(self) -> None:
        """Recall no line from now on, whatever the index holds."""
        self._forget()

    def _put(self, key: int, line: int) -> None:
        at = self._place(key)
        self._ids[at], self._lines[at] = key, line
        self.held += 1
        if self.held > len(self._ids) * _FULL:
            ids, lines = self._ids, self._lines
            self._ids, self._lines, self._found = _table(2 * len(ids))
            for known, its_line in zip(ids, lines, strict=True):
                if known:
                    at = self._place(known)
                    self._ids[at], self._lines[at] = known, its_line

    def _place(self, key: int) -> int:
        """Return where the table has an id, or has room for it."""
        ids, last = self._ids, len(self._ids) - 1
        at = key & last
        while (held := ids[at]) and held != key:
            at = (at + 1) & last
        return at

    def same(self, identifier: str, text: bytes) -> bool:
        """Say whether the unit of the index was made of this very line."""
        if not self.held:
            return False
        at = self._place(_digest(identifier.encode()))
        return bool(self._ids[at]) and self._lines[at] | _NOTICED == _digest(text) | _NOTICED

    def is_noticed(self, identifier: str) -> bool:
        """Say whether there was something to say of the unit of the index: reading its line tells it again."""
        return bool(self._lines[self._place(_digest(identifier.encode()))] & _NOTICED)

    def find(self, identifier: str) -> bool:
        """Note that the source has a unit; return whether the index has it."""
        at = self._place(_digest(identifier.encode()))
        if not self._ids[at]:
            return False
        self.found += not self._found[at]
        self._found[at] = 1
        return True

    def is_lost(self, identifier: str) -> bool:
        """Say whether the index has a unit that was not found in the source."""
        at = self._place(_digest(identifier.encode()))
        return bool(self._ids[at]) and not self._found[at]

    def lost(self, gateway: Gateway, index: str) -> Iterator[str]:
        """Yield the ids that the index had and the source has not."""
        if self.found < self.held:
            yield from (hit["_id"] for hit in gateway.columns(index, ()) if self.is_lost(hit["_id"]))

    def note(self, identifier: str, text: bytes) -> None:
        """Keep the line of a unit that was read until its document is made."""
        self._waiting[identifier] = _digest(text) & ~_NOTICED

    def notice(self, identifier: str) -> None:
        """Keep with a line that something had to be said of its unit."""
        if identifier in self._waiting:
            self._waiting[identifier] |= _NOTICED

    def drop(self, identifier: str) -> None:
        """Let a line go of which nothing is made."""
        self._waiting.pop(identifier, None)

    def take(self, identifier: str) -> int | None:
        """Return what the document of a unit is to say of its line, if anything."""
        return self._waiting.pop(identifier, None)


def _table(size: int) -> tuple[array[int], array[int], bytearray]:
    """Return the columns of an empty table: hash of an id (0: free), hash of its line, whether it was found."""
    return array("Q", bytes(8 * size)), array("q", bytes(8 * size)), bytearray(size)


def _digest(text: bytes) -> int:
    # Neither 0, which is a free place or no line, nor 1, which would be one once it is said that there are notices.
    return (int.from_bytes(blake2b(text, digest_size=8).digest(), "big") >> 1) or 2
