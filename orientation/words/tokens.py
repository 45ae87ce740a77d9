"""A text cut into words, each with where it stands and the root by which it is compared."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mappings.fold import fold
from mappings.nomenclature.word_groups import word_forms

MAX_WORDS = 30
"""Words read; what follows is told to be unread. The longest judged question has 11."""
MAX_WORD = 40

_INSIDE = "\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufeff"
_WORD = re.compile(rf"[^\W_][\w{_INSIDE}]*")
_GLUED = re.compile(r"(\d{1,4})([a-z]{1,9})")
_APOSTROPHES = frozenset("'’‘ʼ′´`＇")
_ELIDED = frozenset({"l", "d", "s", "j", "n", "c", "m", "t", "qu"})
_DOUBLED = re.compile(r"([a-z])\1")

GRAMMAR = frozenset(
    """
    a afin ai alors au aux avec avoir besoin ce cet cette ces cherche chercher chez comme dans de des dispo
    disponible disponibles du elle en est et etre faire faut il ils j je l la le les leur libre libres lui ma
    me mes merci mon ne nos notre nous on ou par patient patiente pas peut pour prendre pres proche
    proches proximite plus qui que quel quelle quels quelles sa sans se ses si soit son specialise
    specialisee specialises specialisees sont sous sur svp ta te tes ton trouver tu un une
    urgent veux vers vite voudrais vous y cote autour alentours environs secteur rayon
    monsieur madame bonjour recherche recherches stp hello urgemment
    """.split()
)
"""Words that never tell two phrases apart; places and limits look at them before they are left out."""

WEAK = frozenset(
    "lit lits place places service services unite unites centre prise charge pec equipe homme femme personne pose "
    "examen".split()
)
"""Words that tell phrases apart (a bed, a bed for the obese) but are often said for nothing (a bed of réanimation)."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word: from ``start`` to ``end`` in the text (characters), folded, and its root."""

    start: int
    end: int
    folded: str
    root: str
    grammar: bool = False
    weak: bool = False


def tokens_of(text: str) -> list[Token]:
    """Return the first words of a text, elided articles dropped; time is linear."""
    found: list[Token] = []
    for match in _WORD.finditer(text):
        if len(found) >= MAX_WORDS:
            break
        start, end = match.span()
        folded = fold(text[start : min(end, start + MAX_WORD)])
        if not folded:
            continue
        if folded in _ELIDED and text[end : end + 1] in _APOSTROPHES and text[end : end + 1]:
            continue
        glued = _GLUED.fullmatch(folded) if folded[0].isdigit() else None
        if glued is not None and glued[2] in _UNITS:
            cut = start + len(glued[1])
            found.append(_token(start, cut, glued[1]))
            found.append(_token(cut, end, glued[2]))
        else:
            found.append(_token(start, end, folded))
    return found


_UNITS = frozenset(
    {"an", "ans", "mois", "mo", "sem", "semaine", "semaines", "j", "jr", "jour", "jours", "kg", "kgs", "kilo", "kilos"}
    | {"km", "kms"}
)
"""Units that are written without a space after their number; no letter that makes a department (2A) or a rank (15e)."""


def _token(start: int, end: int, folded: str) -> Token:
    return Token(start, end, folded, root(folded), folded in GRAMMAR, folded in WEAK)


@lru_cache(maxsize=16384)
def root(folded: str) -> str:
    """Return the root of a folded word: gender, number and our own forms put aside."""
    short = stem(folded)
    return _forms().get(short, short)


@lru_cache(maxsize=1)
def _forms() -> dict[str, str]:
    return {stem(fold(form)): canonical for canonical, forms in word_forms().items() for form in forms}


def stem(word: str) -> str:
    """Return a word without the endings of gender and number, doubled letters and Greek spellings; short ones stay.

    It need not be a word: it only has to be the same for two forms of one word (``chirurgicaux``,
    ``chirurgicale``), and seldom for two words.
    """
    if len(word) <= 3 or not word.isalpha():
        return word
    if word.endswith("aux") and not word.endswith("eaux") and len(word) > 5:
        word = word[:-3] + "al"
    elif word[-1] in "sx":
        word = word[:-1]
    if word.endswith("iere"):
        word = word[:-4] + "ier"
    elif word.endswith("trice"):
        word = word[:-5] + "teur"
    stripped = word.rstrip("e")
    if len(stripped) >= 3:
        word = stripped
    for written, sounded in _SOUNDS:
        word = word.replace(written, sounded)
    return _DOUBLED.sub(r"\1", word) if len(word) > 3 else word


_SOUNDS = (("ph", "f"), ("th", "t"), ("rh", "r"), ("y", "i"))
"""Greek spellings, the most common slips in words of medicine."""


def canonical(short: str) -> str:
    """Return the root of a stem."""
    return _forms().get(short, short)


def form_stems() -> frozenset[str]:
    """Return the stems of the forms of our table, which typing errors are measured against."""
    return frozenset(_forms())


def phrase_keys(text: str) -> list[tuple[str, ...]]:
    """Return the keys of a phrase: the roots of its words, and again without weak words where two others are left."""
    tokens = [token for token in tokens_of(text) if not token.grammar] or tokens_of(text)
    whole = tuple(token.root for token in tokens)
    bare = tuple(token.root for token in tokens if not token.weak)
    return [whole, bare] if 2 <= len(bare) < len(whole) else [whole]
