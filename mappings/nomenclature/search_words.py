"""The words and abbreviations people type for a code, beside its national label.

The table ``search_words.csv`` is ours. A word may point to several codes (``PMA`` is both assisted
procreation and an advanced medical post); the national label is not repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from mappings.fold import fold
from mappings.nomenclature.reading import read_rows


@lru_cache(maxsize=1)
def search_words() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Return the words of each (criterion, code), as people write them."""
    words: dict[tuple[str, str], tuple[str, ...]] = {}
    for kind, code, phrases in read_rows("search_words", ("kind", "code", "words")):
        if (kind, code) in words:
            raise ValueError(f"search words of {kind} {code} are given twice")
        words[kind, code] = tuple(phrases.split(";"))
    return MappingProxyType(words)


def words_of(kind: str, code: str) -> tuple[str, ...]:
    """Return the words that name a code of a criterion (``activity``, ``354``); empty where we know none."""
    return search_words().get((kind, code), ())


@lru_cache(maxsize=1)
def _codes_by_word() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Return the (criterion, code) pairs of each folded word."""
    codes: dict[str, tuple[tuple[str, str], ...]] = {}
    for key, phrases in search_words().items():
        for phrase in dict.fromkeys(map(fold, phrases)):
            codes[phrase] = (*codes.get(phrase, ()), key)
    return MappingProxyType(codes)


def codes_for(words: str) -> tuple[tuple[str, str], ...]:
    """Return the (criterion, code) pairs that these words name exactly, accents and case aside."""
    return _codes_by_word().get(fold(words), ())
