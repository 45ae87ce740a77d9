"""A text being read: its words, which of them are taken, and what was understood so far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from orientation.words.tokens import Token
from orientation.words.understood import Meaning, Understood

MAX_RUN = 7


@dataclass(slots=True)
class Slate:
    """The words of a text, and the parts understood; a word belongs to one part."""

    text: str
    tokens: list[Token]
    free: list[bool] = field(default_factory=list)
    parts: list[Understood] = field(default_factory=list)
    corrected: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Take no word yet."""
        self.free = [True] * len(self.tokens)

    def run(self, first: int) -> list[Token]:
        """Return the free words from one on, without a gap: as many as the longest name of a place has."""
        last = first
        while last < len(self.tokens) and self.free[last] and last - first < MAX_RUN:
            last += 1
        return self.tokens[first:last]

    def runs(self) -> Iterator[tuple[int, int]]:
        """Yield the bounds of every stretch of free words."""
        start = 0
        for place in range(len(self.tokens) + 1):
            if place == len(self.tokens) or not self.free[place]:
                if start < place:
                    yield start, place
                start = place + 1

    def cover(self, first: int, last: int) -> None:
        """Take words, end excluded."""
        self.free[first:last] = [False] * (last - first)

    def said(self, first: int, last: int) -> str:
        """Return the text of words as it was typed."""
        return self.text[self.tokens[first].start : self.tokens[last - 1].end]

    def take(
        self,
        first: int,
        last: int,
        kind: str,
        label: str,
        parameter: str | None = None,
        values: tuple[str, ...] = (),
        confidence: float = 1.0,
        alternatives: tuple[Meaning, ...] = (),
        note: str | None = None,
    ) -> None:
        """Take words as one part."""
        self.cover(first, last)
        start, end = self.tokens[first].start, self.tokens[last - 1].end
        said = self.text[start:end]
        self.parts.append(Understood(start, end, said, kind, label, parameter, values, confidence, alternatives, note))

    def correct(self, place: int, root: str) -> None:
        """Read a word as if its root were another."""
        self.tokens[place] = replace(self.tokens[place], root=root)
        self.corrected.add(place)

    def has(self, parameter: str) -> bool:
        """Say whether a part was read into this parameter."""
        return any(part.parameter == parameter for part in self.parts)
