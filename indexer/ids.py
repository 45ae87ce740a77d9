"""Remembers which ids were read, in little memory."""

from __future__ import annotations

from array import array
from hashlib import blake2b

_SMALLEST = 1024
_FULL = 0.6
"""Part of the table in use above which it is made twice as large."""


class SeenIds:
    """Eight bytes of a hash for each id, numbered from 0 as they come: a million ids take about 20 MB.

    Two of a million ids share a hash once in 37 million loads.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._keys = array("Q")
        self._table = array("I", bytes(4 * _SMALLEST))
        """Number of an id, from 1, at its hash's place or the next free one; 0 is free."""

    def __len__(self) -> int:
        """Count the ids."""
        return len(self._keys)

    def add(self, identifier: str) -> bool:
        """Remember an id; return whether it is new."""
        key = hash_of(identifier.encode())
        at = self._place(key)
        if self._table[at]:
            return False
        self._keys.append(key)
        self._table[at] = len(self._keys)
        if len(self._keys) > len(self._table) * _FULL:
            self._table = array("I", bytes(8 * len(self._table)))
            for number, known in enumerate(self._keys, start=1):
                self._table[self._place(known)] = number
        return True

    def number(self, identifier: str) -> int | None:
        """Return the number of an id, ``None`` of one that was not added."""
        found = self._table[self._place(hash_of(identifier.encode()))]
        return found - 1 if found else None

    def _place(self, key: int) -> int:
        table, keys, last = self._table, self._keys, len(self._table) - 1
        at = key & last
        while (found := table[at]) and keys[found - 1] != key:
            at = (at + 1) & last
        return at


def hash_of(text: bytes) -> int:
    """Return 64 bits of a hash."""
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")
