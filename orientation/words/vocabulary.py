"""The words that names of sites and units are made of: what is in none of them is not searched for."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from copy import copy
from functools import cached_property

from mappings.fold import name_words
from orientation.words.typos import Typos

MIN_PREFIX = 3


class Vocabulary:
    """Words of names, folded, in order."""

    def __init__(self, names: Iterable[str] = (), counts: Mapping[str, int] | None = None) -> None:
        """Take the words of names as they are written, or words that are counted already."""
        self._counts = counts if counts is not None else Counter(word for name in names for word in name_words(name))
        self._words = sorted(self._counts)
        self._added: frozenset[str] = frozenset()

    def also(self, words: Iterable[str]) -> Vocabulary:
        """Return the vocabulary with words that the index holds as well."""
        more = copy(self)
        more._added = self._added.union(words)
        return more

    def __len__(self) -> int:
        """Count the words."""
        return len(self._words)

    def __contains__(self, word: str) -> bool:
        """Say whether a name has this very word."""
        return word in self._counts or word in self._added

    def begins(self, start: str) -> bool:
        """Say whether a word of a name begins so; too short a start says nothing."""
        if start in self or len(start) < MIN_PREFIX:
            return start in self
        place = bisect_left(self._words, start)
        return place < len(self._words) and self._words[place].startswith(start)

    def nearest(self, word: str) -> str | None:
        """Return the word of a name that was probably meant, the most common of the nearest."""
        return self._typos.nearest(word)

    @cached_property
    def _typos(self) -> Typos:
        return Typos(self._counts)
