"""One folding of text, the same when a name is indexed and when it is asked for.

The engine runs without accent filters or stemmers, so everything that two spellings of one French name may
differ by is removed here: accents, case, ligatures, elision, hyphens, invisible characters, spacing.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_APOSTROPHE = "'"
_SPELLED: dict[str, str] = {
    "œ": "oe",
    "æ": "ae",
    **dict.fromkeys("'’‘‛ʼʹʻʽ′´`＇", _APOSTROPHE),
    **dict.fromkeys("-‐‑‒–—―−﹣－", " "),
}
"""What a character becomes where Unicode would keep it or make something else of it."""

_ELISION = re.compile(r"(?<!\w)(?:qu|[ldsjncmt])'(?=\w)")
_SPACES = re.compile(r"[\s']+")
_BETWEEN = re.compile(r"[\W_]+")


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Return text with accents, case, elision, hyphens and odd spacing removed.

    ``L'Hôpital Saint-Cœur`` becomes ``hopital saint coeur``. An elided word (l', d', qu', s', j', n', c', m',
    t') is dropped at the start of a word only: ``aujourd'hui`` becomes ``aujourd hui``. Other punctuation
    stays. Folding twice changes nothing, and the time is linear: characters are folded one by one, for
    reordering of long runs of combining marks by Unicode normalisation is quadratic.
    """
    folded = text.lower() if text.isascii() and text.isprintable() else "".join(map(_fold_character, text))
    folded = folded.replace("-", " ")
    if _APOSTROPHE in folded or "`" in folded:
        folded = _ELISION.sub("", folded.replace("`", _APOSTROPHE))
    return _SPACES.sub(" ", folded).strip()


def name_words(name: str) -> list[str]:
    """Return the words of a name as the engine cuts them, folded."""
    return _BETWEEN.sub(" ", fold(name)).split()


@lru_cache(maxsize=8192)
def _fold_character(character: str) -> str:
    """Fold one character, whatever its neighbours; empty for a mark or an invisible one."""
    if character in _SPELLED:
        return _SPELLED[character]
    expanded = unicodedata.normalize("NFKD", character).casefold()
    expanded = unicodedata.normalize("NFKD", expanded).casefold()
    return "".join(map(_keep, expanded))


def _keep(character: str) -> str:
    """Return a decomposed character as it is kept: spelled out, as a space, as it is, or not at all."""
    if character in _SPELLED:
        return _SPELLED[character]
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in {"Mn", "Me", "Cc", "Cf"} else character
