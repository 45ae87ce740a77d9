"""Suggest communes as one types, from sorted arrays: no scan, no engine."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from heapq import nsmallest
from itertools import chain
from operator import itemgetter

from mappings.gazetteer.model import Commune
from mappings.gazetteer.names import typed_keys

MAX_PREFIX = 80
MAX_LIMIT = 100
_LAST = chr(0x10FFFF)


class _Sorted:
    """Keys in order, each with the rank (by population) of its commune."""

    __slots__ = ("_keys", "_ranks")

    def __init__(self, pairs: Iterable[tuple[str, int]]) -> None:
        """Sort the pairs by key."""
        ordered = sorted(pairs, key=itemgetter(0))
        self._keys = [key for key, _ in ordered]
        self._ranks = array("i", [rank for _, rank in ordered])

    def ranks(self, first: str, last: str) -> array[int]:
        """Return the ranks of keys from ``first`` included to ``last`` excluded."""
        return self._ranks[bisect_left(self._keys, first) : bisect_left(self._keys, last)]


class SuggestIndex:
    """Find communes by the start of their name, of a word of it, or of a postcode."""

    def __init__(self, communes: Sequence[Commune], keys: Sequence[str]) -> None:
        """Index communes, most populous first, with their name keys in step."""
        self._communes = communes
        postcodes = ((code, rank) for rank, commune in enumerate(communes) for code in commune.postcodes)
        self._whole = _Sorted([*((key, rank) for rank, key in enumerate(keys)), *postcodes])
        self._inner = _Sorted(pair for rank, key in enumerate(keys) for pair in _inner_words(key, rank))

    def suggest(self, prefix: str, limit: int = 10, department: str | None = None) -> list[Commune]:
        """Return at most ``limit`` communes: so named, name begun so, inner word begun so; populous first."""
        starts = typed_keys(prefix) if len(prefix) <= MAX_PREFIX else []
        limit = min(limit, MAX_LIMIT)
        found: dict[int, None] = {}
        if not starts or limit < 1:
            return []
        wanted = department.upper() if department else None
        for lookups in self._passes(starts):
            if len(found) < limit:
                ranks: Iterable[int] = chain.from_iterable(index.ranks(*between) for index, between in lookups)
                if wanted is not None:
                    ranks = [rank for rank in ranks if self._communes[rank].department == wanted]
                found.update(dict.fromkeys(_smallest(ranks, limit)))
        return [self._communes[rank] for rank in list(found)[:limit]]

    def _passes(self, starts: list[str]) -> list[list[tuple[_Sorted, tuple[str, str]]]]:
        """Return what to look up, best first: the indexes with the keys they are read between."""
        return [
            [(self._whole, (start.rstrip(), start.rstrip() + "\0")) for start in starts],
            [(self._whole, (start, start + _LAST)) for start in starts],
            [(self._inner, (start, start + _LAST)) for start in starts],
        ]


def _smallest(ranks: Iterable[int], limit: int) -> list[int]:
    """Return the smallest distinct ranks: a commune may come several times by its postcodes or words."""
    return nsmallest(limit, set(ranks))


def _inner_words(name: str, rank: int) -> Iterable[tuple[str, int]]:
    """Yield the rest of a name from each word but the first."""
    start = name.find(" ")
    while start >= 0:
        yield name[start + 1 :], rank
        start = name.find(" ", start + 1)
