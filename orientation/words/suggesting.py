"""Suggestions as one types: codes, communes and sites in one list, from sorted arrays in memory.

Fit first (the very words, then names that begin so, then names with a word that begins so, then one slip of the
keyboard), then use (units, inhabitants). Only the end of the text may be unfinished: the longest end that begins
something is completed, and what stands before it stays.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import nsmallest
from math import log10

from mappings.fold import fold
from mappings.gazetteer import Commune, Gazetteer
from mappings.gazetteer.names import name_key, one_edit_away
from mappings.nomenclature import nomenclature, search_words
from mappings.nomenclature.word_groups import word_groups
from orientation.words.lexicon import KINDS
from orientation.words.tokens import Token, tokens_of
from orientation.words.typos import MIN_LETTERS

_ODD = re.compile(r"[\W_]+")
EXACT, START, INNER, SLIP = 0, 1, 2, 3
MAX_WORDS = 6
"""Words at the end of the text that may be completed."""
MAX_EDITED = 24
"""Longest text in which a slip is looked for."""
EDITED = 10
"""Letters at its end that may hold the slip."""
SAME = 4
"""How many phrases of one entry may begin alike, at most, without hiding another."""
SHORT = 2
MAX_REMEMBERED = 5_000
_LAST = chr(0x10FFFF)
_BASE = {"activity": 5.0, "mode": 4.5, "equipment": 4.0, "site_category": 4.0, "act": 3.5, "site": 2.5}
"""What a kind weighs before its use is counted; 3 for others. A commune weighs the power of ten of its inhabitants."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to suggest: a label to show, what it sets (parameter and values), and how much it is used."""

    kind: str
    code: str
    label: str
    parameter: str
    values: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An entry that completes the text from ``start`` to ``end`` (characters); ``fit`` is the smaller the better."""

    entry: Entry
    fit: int
    start: int
    end: int


class Index:
    """Entries by the start of their phrases, and of each word in them."""

    def __init__(self, phrases: Iterable[tuple[str, Entry]]) -> None:
        """Sort phrases; entries are ranked by weight, so that the best of a range are its smallest ranks."""
        pairs = [(key, entry) for phrase, entry in phrases if (key := _key(phrase))]
        distinct = {id(entry): entry for _, entry in pairs}
        self._entries = sorted(distinct.values(), key=lambda each: (-each.weight, each.label))
        ranks = {id(entry): rank for rank, entry in enumerate(self._entries)}
        self._whole, self._whole_ranks = _sorted((key, ranks[id(entry)]) for key, entry in pairs)
        inner = ((rest, ranks[id(entry)]) for key, entry in pairs for rest in _rests(key))
        self._inner, self._inner_ranks = _sorted(inner)
        self._short: dict[tuple[str, int], list[tuple[int, Entry]]] = {}

    def find(self, start: str, limit: int) -> list[tuple[int, Entry]]:
        """Return (fit, entry) of the phrases that begin so, the best first; short starts, of many, are remembered."""
        if len(start) > SHORT:
            return self._find(start, limit)
        if (start, limit) not in self._short:
            if len(self._short) > MAX_REMEMBERED:
                self._short.clear()
            self._short[start, limit] = self._find(start, limit)
        return list(self._short[start, limit])

    def _find(self, start: str, limit: int) -> list[tuple[int, Entry]]:
        found = self._tier(EXACT, self._whole, self._whole_ranks, start, start + "\0", limit)
        found += self._tier(START, self._whole, self._whole_ranks, start, start + _LAST, limit)
        if len(found) < 2 * limit:
            found += self._tier(INNER, self._inner, self._inner_ranks, start, start + _LAST, limit)
        return found

    def slips(self, start: str, limit: int) -> list[tuple[int, Entry]]:
        """Return entries whose phrase begins one slip away."""
        ranks: set[int] = set()
        for edit in sorted(_edits(start)):
            first = bisect_left(self._whole, edit)
            if first < len(self._whole) and self._whole[first].startswith(edit):
                last = min(bisect_left(self._whole, edit + _LAST, first), first + 50)
                ranks.update(self._whole_ranks[first:last])
        return [(SLIP, self._entries[rank]) for rank in nsmallest(limit, ranks)]

    def _tier(
        self, fit: int, keys: list[str], ranks: array[int], first: str, last: str, limit: int
    ) -> list[tuple[int, Entry]]:
        """Return the best entries between two keys; an entry may come twice, by two of its phrases."""
        span = ranks[bisect_left(keys, first) : bisect_left(keys, last)]
        best = dict.fromkeys(nsmallest(limit * SAME, span) if len(span) > limit * SAME else sorted(span))
        return [(fit, self._entries[rank]) for rank in list(best)[:limit]]


def _edits(start: str) -> set[str]:
    """Return what is one slip away, the slip among the last letters: what was typed before was looked at before."""
    head, tail = start[:-EDITED], start[-EDITED:]
    return {head + edit for edit in one_edit_away(tail)}


class Suggester:
    """Suggests from codes, communes and sites."""

    def __init__(self, gazetteer: Gazetteer, uses: Mapping[tuple[str, str], int], sites: Iterable[Entry]) -> None:
        """Index codes by their labels and search words, and the sites given."""
        self._gazetteer = gazetteer
        self._codes = Index(_code_phrases(uses))
        self._sites = Index((entry.label, entry) for entry in sites)
        self._heads = _commune_heads(gazetteer)

    def suggest(self, text: str, limit: int) -> list[Suggestion]:
        """Return at most ``limit`` suggestions for a text being typed, the best first."""
        tokens = tokens_of(text)
        tail = tokens[-MAX_WORDS:]
        for at, token in enumerate(tail):
            found = self._completions(tail[at:], limit, open_word=not text[-1:].isspace())
            if found:
                end = tokens[-1].end
                return [Suggestion(entry, fit, token.start, end) for fit, entry in found]
        return []

    def _completions(self, tokens: Sequence[Token], limit: int, *, open_word: bool) -> list[tuple[int, Entry]]:
        start = " ".join(token.folded for token in tokens)
        if not start or (len(tokens) == 1 and tokens[0].grammar and not open_word):
            return []
        found = [*self._codes.find(start, limit), *self._communes(start, limit), *self._sites.find(start, limit)]
        if not found and MIN_LETTERS <= len(start) <= MAX_EDITED:
            found = [*self._codes.slips(start, limit), *self._misspelt(start, limit), *self._sites.slips(start, limit)]
        return _best(found, limit)

    def _communes(self, start: str, limit: int) -> list[tuple[int, Entry]]:
        key = name_key(start)
        return [(_fit(each, key, start), _commune(each)) for each in self._gazetteer.suggest(start, limit)]

    def _misspelt(self, start: str, limit: int) -> list[tuple[int, Entry]]:
        near = {c.insee: c for edit in _edits(start) if edit in self._heads for c in self._heads[edit]}
        best = sorted(near.values(), key=lambda each: -each.weight)[:limit]
        return [(SLIP, _commune(each)) for each in best]


HEAD_OF = 3_000
"""Inhabitants from which a misspelt start of a name suggests the commune."""


@lru_cache(maxsize=2)
def _commune_heads(gazetteer: Gazetteer) -> Mapping[str, list[Commune]]:
    """Return communes by every start of their name, from four letters."""
    known: dict[str, list[Commune]] = {}
    for commune in gazetteer.communes:
        if commune.weight >= HEAD_OF and commune.parent is None:
            key = name_key(commune.name)
            for length in range(MIN_LETTERS, min(len(key), MAX_EDITED) + 1):
                known.setdefault(key[:length], []).append(commune)
    return known


def _fit(commune: Commune, key: str, start: str) -> int:
    name = name_key(commune.name)
    if name == key or start in commune.postcodes:
        return EXACT
    return START if name.startswith(key) or start.isdigit() else INNER


def _commune(commune: Commune) -> Entry:
    place = f"insee:{commune.insee}"
    return Entry("place", commune.insee, commune.label, "place", (place,), log10(max(commune.weight, 1)))


def _best(found: Iterable[tuple[int, Entry]], limit: int) -> list[tuple[int, Entry]]:
    """Return the best of each entry, then the best entries."""
    kept: dict[tuple[str, str], tuple[int, Entry]] = {}
    for fit, entry in found:
        key = entry.kind, entry.code
        if key not in kept or fit < kept[key][0]:
            kept[key] = fit, entry
    return sorted(kept.values(), key=lambda each: (each[0], -each[1].weight, each[1].label))[:limit]


def _code_phrases(uses: Mapping[tuple[str, str], int]) -> Iterator[tuple[str, Entry]]:
    """Yield every phrase of a code: its label, its short label, its search words, and the broad words."""
    entries: dict[tuple[str, str], Entry] = {}
    for kind in KINDS:
        for concept in nomenclature().criterion(kind).active():
            weight = _BASE.get(kind, 3.0) + log10(1 + uses.get((kind, concept.code), 0))
            entry = Entry(kind, concept.code, concept.label, kind, (concept.code,), weight)
            entries[kind, concept.code] = entry
            yield concept.label, entry
            yield concept.short_label, entry
    for (kind, code), phrases in search_words().items():
        for phrase in phrases:
            yield phrase, entries[kind, code]
    for group in word_groups():
        if group.main:
            entry = Entry("group", group.words[0], group.words[0], "activity", group.main, 8.0)
            for phrase in group.words:
                yield phrase, entry


def site_entries(sites: Iterable[tuple[str, str, int]]) -> Iterator[Entry]:
    """Yield sites given by FINESS number, name and number of units: found again by the words of their name."""
    for finess, name, units in sites:
        yield Entry("site", finess, name, "q", (name,), _BASE["site"] + log10(1 + units))


def _key(phrase: str) -> str:
    return _ODD.sub(" ", fold(phrase)).strip()


def _rests(key: str) -> Iterator[str]:
    start = key.find(" ")
    while start >= 0:
        yield key[start + 1 :]
        start = key.find(" ", start + 1)


def _sorted(pairs: Iterable[tuple[str, int]]) -> tuple[list[str], array[int]]:
    ordered = sorted(pairs)
    return [key for key, _ in ordered], array("i", [rank for _, rank in ordered])
