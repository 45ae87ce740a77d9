"""Commune names reduced to keys, so that what a person types meets what the official list writes."""

from __future__ import annotations

import re

from mappings.fold import fold

_ABBREVIATIONS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_ARTICLES = frozenset({"le", "la", "les"})
_ELIDED = frozenset({"d", "l"})
"""``fold`` drops them with their apostrophe; people also type ``Villeneuve d Ascq``."""

_REWRITTEN = _ELIDED.union(_ABBREVIATIONS)
_NOT_WORD = re.compile(r"[^\w]+|_")
_ORDINAL = re.compile(r"^(?P<city>.+) (?P<number>[0-9]{1,2})(?:er|e) arrondissement$")


def name_key(name: str) -> str:
    """Return the comparison key of a name: folded, punctuation and elided words dropped, Saint in full."""
    folded = fold(name)
    words = folded.split(" ")
    if all(map(str.isalnum, words)) and _REWRITTEN.isdisjoint(words):
        return folded  # nine names in ten
    words = _NOT_WORD.sub(" ", folded).split()
    return " ".join(_ABBREVIATIONS.get(word, word) for word in words if word not in _ELIDED) or " ".join(words)


def typed_keys(prefix: str) -> list[str]:
    """Return the starts of keys that what is being typed stands for; its last word may be unfinished.

    ``st`` may become Saint or Strasbourg, ``saint d`` Saint-Denis, ``villeneuve d'`` Villeneuve-d'Ascq.
    """
    words = _NOT_WORD.sub(" ", fold(prefix)).split()
    if not words:
        return []
    finished = prefix[-1:].isspace() or (words[-1] in _ELIDED and not prefix[-1:].isalnum())
    if finished:
        return [f"{key} "] if (key := name_key(prefix)) not in _ELIDED else []
    head = name_key(" ".join(words[:-1]))
    lasts = dict.fromkeys((words[-1], _ABBREVIATIONS.get(words[-1], words[-1])))
    return [f"{head} {last}".lstrip() for last in lasts]


def without_article(key: str) -> str:
    """Return ``key`` without its leading article; a key that is only an article stays as it is."""
    first, _, rest = key.partition(" ")
    return rest if rest and first in _ARTICLES else key


def arrondissement_aliases(key: str) -> tuple[str, ...]:
    """Return the short ways of writing ``paris 15e arrondissement``; none for any other key."""
    match = _ORDINAL.match(key) if key.endswith(" arrondissement") else None
    if match is None:
        return ()
    city, number = match["city"], match["number"]
    endings = ("", "e", "eme") if number != "1" else ("", "er")
    return (*(f"{city} {number}{ending}" for ending in endings), f"{city} {number.zfill(2)}")


def one_edit_away(key: str) -> set[str]:
    """Return the keys one letter dropped, swapped, changed or added away (about 54 a character)."""
    letters = "abcdefghijklmnopqrstuvwxyz "
    splits = [(key[:cut], key[cut:]) for cut in range(len(key) + 1)]
    dropped = {left + right[1:] for left, right in splits if right}
    swapped = {left + right[1] + right[0] + right[2:] for left, right in splits if len(right) > 1}
    changed = {left + letter + right[1:] for left, right in splits if right for letter in letters}
    added = {left + letter + right for left, right in splits for letter in letters}
    return dropped | swapped | changed | added
