"""Remembers which ids were read, in little memory."""

from __future__ import annotations

from array import array
from hashlib import blake2b

_SMALLEST = 1024
_FULL = 0.6
"""Part of the table in use above which it is made twice as large."""


class SeenIds:
    """Eight bytes of a hash for each id, in a table with room to spare: a million ids take about 20 MB.

    Two of a million ids share a hash once in 37 million loads.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._table = array("Q", bytes(8 * _SMALLEST))
        self._count = 0

    def add(self, identifier: str) -> bool:
        """Remember an id; return whether it is new."""
        # 0 is a free place of the table.
        key = int.from_bytes(blake2b(identifier.encode(), digest_size=8).digest(), "big") or 1
        if not _put(self._table, key):
            return False
        self._count += 1
        if self._count > len(self._table) * _FULL:
            table = array("Q", bytes(16 * len(self._table)))
            for known in self._table:
                if known:
                    _put(table, known)
            self._table = table
        return True


def _put(table: array[int], key: int) -> bool:
    """Put a key in the first free place from its own on; return whether it was not there."""
    last = len(table) - 1
    at = key & last
    while held := table[at]:
        if held == key:
            return False
        at = (at + 1) & last
    table[at] = key
    return True
