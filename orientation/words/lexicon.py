"""Every phrase that names a code, built once from the code lists and our own tables."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from mappings.nomenclature import nomenclature, search_words
from mappings.nomenclature.code_list import Concept
from mappings.nomenclature.word_groups import WordGroup, word_groups
from orientation.words.tokens import canonical, form_stems, phrase_keys, tokens_of
from orientation.words.typos import Typos
from orientation.words.understood import Meaning

KINDS = (
    "activity", "act", "equipment", "mode", "site_category", "public", "specialisation", "competence",
    "expertise", "reception", "field",
)  # fmt: skip
"""Kinds read, the one meant first where a phrase has several: a word rarely means a site rather than an activity."""

GROUP, WORD, LABEL, PART = 0, 1, 2, 3
"""Sources: broad words, search words, labels whole, labels without or inside their brackets."""

MAX_PHRASE = 8
"""Longest phrase in words that count."""

_BRACKETS = re.compile(r"\(([^()]*)\)")
_UNSAYABLE = re.compile(r"\d{2,}")
Key = tuple[str, ...]


class Lexicon:
    """Meanings by phrase; a phrase is its roots in order of the alphabet, for people say them in any order."""

    def __init__(self, meanings: Mapping[Key, tuple[Meaning, ...]], forms: Iterable[str]) -> None:
        """Index the phrases, and their words for typing errors; ``forms`` are the words as they are written, folded."""
        self._meanings = meanings
        self.forms = frozenset(forms)
        self.longest = max((len(key) for key in meanings), default=0)
        uses: dict[str, float] = defaultdict(float)
        for key, found in meanings.items():
            for word in key:
                uses[word] += 3.0 if min(each.source for each in found) <= WORD else 1.0
        self.words = frozenset(uses)
        self._typos = Typos(uses | dict.fromkeys(form_stems() - uses.keys(), 2.0))

    def __len__(self) -> int:
        """Count the phrases."""
        return len(self._meanings)

    def corrected(self, short: str) -> str | None:
        """Return the root that a stem was probably meant to have."""
        near = self._typos.nearest(short)
        return canonical(near) if near is not None else None

    def find(self, roots: Key) -> tuple[Meaning, ...]:
        """Return what the roots mean together, the best first; nothing where they are no phrase."""
        return self._meanings.get(_sorted(roots), ())


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Return the lexicon of the product, built on first use (about a tenth of a second)."""
    phrases = list(_phrases())
    forms = {token.folded for phrase, _ in phrases for token in tokens_of(phrase)}
    return Lexicon(_built(phrases), forms)


def _sorted(roots: Key) -> Key:
    return roots if len(roots) == 1 else tuple(sorted(set(roots)))


def _built(phrases: Iterable[tuple[str, Meaning]]) -> dict[Key, tuple[Meaning, ...]]:
    found: dict[Key, list[Meaning]] = defaultdict(list)
    for phrase, meaning in phrases:
        for key in map(_sorted, phrase_keys(phrase)):
            if 0 < len(key) <= MAX_PHRASE:
                found[key].append(meaning)
    return {key: _ranked(meanings) for key, meanings in found.items()}


def _phrases() -> Iterator[tuple[str, Meaning]]:
    """Yield every phrase with one meaning."""
    for group in word_groups():
        for words in group.words:
            yield words, _of_group(group, words)
    for (kind, code), phrases in search_words().items():
        concept = nomenclature().criterion(kind).concepts[code]
        for words in phrases:
            yield words, Meaning(kind, (code,), concept.label, source=WORD)
    for kind in KINDS:
        for concept in nomenclature().criterion(kind).active():
            yield from _of_label(kind, concept)


def _of_group(group: WordGroup, words: str) -> Meaning:
    return Meaning(
        kind="activity",
        codes=group.main,
        label=words,
        near=group.near,
        covers=group.covers,
        qualifies=group.role == "patient",
        source=GROUP,
    )


def _of_label(kind: str, concept: Concept) -> Iterator[tuple[str, Meaning]]:
    meaning = Meaning(kind, (concept.code,), concept.label, source=LABEL)
    part = replace(meaning, source=PART)
    yield concept.label, meaning
    if concept.short_label:
        yield concept.short_label, meaning
    inside = _BRACKETS.findall(concept.label)
    if inside:
        yield _BRACKETS.sub(" ", concept.label), part
    for words in inside:
        if words.isupper() and not _UNSAYABLE.search(words):
            yield words, part


def _ranked(meanings: list[Meaning]) -> tuple[Meaning, ...]:
    """Put the surest first; codes of one kind and one source are alternatives of one meaning."""
    merged: dict[tuple[int, str], Meaning] = {}
    for meaning in meanings:
        key = meaning.source, meaning.kind
        known = merged.get(key)
        if known is None:
            merged[key] = meaning
        elif not set(meaning.codes) <= set(known.codes):
            codes = tuple(dict.fromkeys(known.codes + meaning.codes))
            merged[key] = replace(known, codes=codes, label=f"{known.label} ou {meaning.label}")
    first = sorted(merged.values(), key=lambda each: (each.source > WORD, KINDS.index(each.kind), each.source))
    kept: list[Meaning] = []
    for meaning in first:
        if not any(meaning.kind == other.kind and set(meaning.codes) <= set(other.codes) for other in kept):
            kept.append(meaning)
    return tuple(kept)
