"""Remembers which ids were read, in little memory."""

from __future__ import annotations

from hashlib import blake2b


class SeenIds:
    """Eight bytes of a hash for each id: a million ids take about 60 MB, their texts would take three times that.

    Two of a million ids share a hash once in 37 million loads.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._seen: set[int] = set()

    def add(self, identifier: str) -> bool:
        """Remember an id; return whether it is new."""
        key = int.from_bytes(blake2b(identifier.encode(), digest_size=8).digest(), "big")
        if key in self._seen:
            return False
        self._seen.add(key)
        return True
