"""Phrases of the lexicon in a text: the longest first, words in any order, words of no weight in between."""

from __future__ import annotations

from dataclasses import dataclass

from orientation.words.lexicon import MAX_PHRASE, Lexicon
from orientation.words.places import PlaceNames
from orientation.words.slate import Slate
from orientation.words.understood import Meaning

_WINDOW = MAX_PHRASE + 2
"""A phrase and the weak words in it."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Words of the text, from ``first`` to ``last`` excluded, that are a phrase of the lexicon."""

    first: int
    last: int
    meanings: tuple[Meaning, ...]
    confidence: float = 1.0

    @property
    def meaning(self) -> Meaning:
        """The meaning taken."""
        return self.meanings[0]


def spot(slate: Slate, lexicon: Lexicon, places: PlaceNames) -> list[Mention]:
    """Return the phrases in the free words, and take those words; in the order of the text."""
    found: list[Mention] = []
    for start, end in list(slate.runs()):
        stretch: list[int] = []
        for place in range(start, end + 1):
            if place < end and (slate.tokens[place].grammar or slate.tokens[place].root in lexicon.words):
                if not slate.tokens[place].grammar:
                    stretch.append(place)
            else:
                found += _in_stretch(slate, lexicon, places, stretch)
                stretch = []
    return sorted(found, key=lambda mention: mention.first)


def _in_stretch(slate: Slate, lexicon: Lexicon, places: PlaceNames, stretch: list[int]) -> list[Mention]:
    """Return the phrases among known words that follow each other, grammar left out."""
    found = []
    for length in range(min(_WINDOW, len(stretch)), 0, -1):
        for at in range(len(stretch) - length + 1):
            window = stretch[at : at + length]
            if all(slate.free[place] for place in window) and (meanings := _look(slate, lexicon, places, window)):
                slate.cover(window[0], window[-1] + 1)
                confidence = 0.8 if slate.corrected.intersection(window) else 1.0
                found.append(Mention(window[0], window[-1] + 1, meanings, confidence))
    return found


def _look(slate: Slate, lexicon: Lexicon, places: PlaceNames, window: list[int]) -> tuple[Meaning, ...]:
    tokens = [slate.tokens[place] for place in window]
    if len(tokens) == 1 and tokens[0].folded not in lexicon.forms and places.known(tokens[0].folded):
        return ()
    if len(tokens) == 1 and tokens[0].root == "urgenc" and window[0] and slate.tokens[window[0] - 1].folded == "en":
        return ()  # "en urgence" says how soon, not where
    if meanings := lexicon.find(tuple(token.root for token in tokens)):
        return meanings
    if tokens[-1].weak:
        return ()  # it may begin the next phrase: "scanner personne âgée"
    bare = tuple(token.root for token in tokens if not token.weak)
    return lexicon.find(bare) if bare and len(bare) < len(tokens) else ()


def apart(slate: Slate, lexicon: Lexicon, mention: Mention) -> list[Mention]:
    """Return the broad words that a phrase is made of, each alone; nothing where one of them is not broad."""
    parts = []
    for place in range(mention.first, mention.last):
        token = slate.tokens[place]
        if token.grammar or token.weak:
            continue
        meanings = lexicon.find((token.root,))
        if not meanings or meanings[0].kind != "activity" or meanings[0].source:
            return []
        parts.append(Mention(place, place + 1, meanings, mention.confidence))
    return parts if len(parts) > 1 else []
