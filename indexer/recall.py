"""Which lines of a source are, byte for byte, those that the units of an index were made of.

A load that finds them there need not read them again: most of a nation's file is what it was the night before.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from engine.gateway import Gateway
from indexer.ids import SeenIds, hash_of

LINE = "line"
"""Field of a unit's document: 62 bits of a hash of its line, then whether something had to be said of the unit."""
_NO_LINE = 0
_NOTICED = 1


class Recall:
    """What an index holds by id, which of it was found again, and the lines of units on their way to an index.

    About 30 bytes for each unit held. Two different lines of a unit share a hash once in 4 · 10¹⁸ times.
    """

    def __init__(self) -> None:
        """Know nothing."""
        self._waiting: dict[str, int] = {}
        self.forget()

    def forget(self) -> None:
        """Recall no line from now on, whatever the index holds."""
        self._ids = SeenIds()
        self._lines = array("q")
        self._found = bytearray()

    def read(self, gateway: Gateway, index: str) -> None:
        """Read what an index holds."""
        self.forget()
        for hit in gateway.columns(index, (LINE,)):
            if self._ids.add(hit["_id"]):
                [line] = hit.get("fields", {}).get(LINE, (_NO_LINE,))
                self._lines.append(line)
                self._found.append(False)

    def _line(self, identifier: str) -> int:
        number = self._ids.number(identifier)
        return _NO_LINE if number is None else self._lines[number]

    def same(self, identifier: str, text: bytes) -> bool:
        """Say whether the unit of the index was made of this very line."""
        held = self._line(identifier)
        return held != _NO_LINE and held & ~_NOTICED == _digest(text)

    def is_noticed(self, identifier: str) -> bool:
        """Say whether there was something to say of the unit of the index: reading its line tells it again."""
        return bool(self._line(identifier) & _NOTICED)

    def find(self, identifier: str) -> None:
        """Note that the source has a unit."""
        if (number := self._ids.number(identifier)) is not None:
            self._found[number] = True

    def lost(self, gateway: Gateway, index: str) -> Iterator[str]:
        """Yield the ids that the index had and the source has not."""
        if all(self._found):
            return
        for hit in gateway.columns(index, ()):
            number = self._ids.number(hit["_id"])
            if number is not None and not self._found[number]:
                yield hit["_id"]

    def note(self, identifier: str, text: bytes) -> None:
        """Keep the line of a unit that was read until its document is made."""
        self._waiting[identifier] = _digest(text)

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


def _digest(text: bytes) -> int:
    """Return a hash that the engine can keep (63 bits), that is never no line, and has room for what was noticed."""
    return ((hash_of(text) >> 1) & ~_NOTICED) or 2
