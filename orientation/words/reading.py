"""A text read into the parameters of a search, part by part, the surest parts first.

What looks like a patient is put aside; then come numbers with a unit, places that a word announces, the phrases of the
lexicon, bare names of places, the same again with typing errors forgiven; what is left is searched in names, unless no
name holds it. The work is bounded: words beyond ``MAX_WORDS`` are told to be unread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from orientation.words import settling, steps
from orientation.words.lexicon import Lexicon
from orientation.words.personal import WARNING, personal
from orientation.words.places import PlaceNames
from orientation.words.slate import Slate
from orientation.words.spotting import spot
from orientation.words.tokens import MAX_WORDS, tokens_of
from orientation.words.understood import Understood
from orientation.words.vocabulary import Vocabulary

MAX_TEXT = 2_000
"""Longest text in characters."""

ORDER = (
    "activity", "near_activity", "act", "equipment", "equipment_weight_min", "mode", "field", "public",
    "specialisation", "competence", "expertise", "reception", "site_category", "age", "use_case", "beds_min",
    "open_at", "place", "department", "region", "radius",
)  # fmt: skip
"""Parameters that words are read into."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text was understood to be: its parts in order, the parameters they make, the words left for names."""

    parts: tuple[Understood, ...]
    parameters: Mapping[str, tuple[str, ...]]
    text: str | None
    warnings: tuple[str, ...]


def read(text: str, *, lexicon: Lexicon, places: PlaceNames, vocabulary: Vocabulary | None = None) -> Reading:
    """Read a text; never raises, in time bounded by the number of words read.

    ``vocabulary`` holds the words of the names in the index: without it every word left is searched for.
    """
    hidden, warnings = _without_personal(text[:MAX_TEXT], lexicon, places)
    slate = Slate(text, tokens_of(hidden))
    steps.numbers_with_units(slate)
    steps.fixed_phrases(slate)
    steps.announced_places(slate, places, lexicon)
    mentions = spot(slate, lexicon, places)
    steps.bare_places(slate, places)
    if steps.correct_words(slate, lexicon, vocabulary):
        mentions += spot(slate, lexicon, places)
    steps.last_places(slate, places, vocabulary)
    near = settling.settle(slate, lexicon, mentions)
    steps.examples_of_age(slate)
    words = steps.names(slate, vocabulary)
    steps.sites_by_name(slate, named=bool(words))
    parts = tuple(sorted(slate.parts, key=lambda part: part.start))
    return Reading(
        parts, _parameters(parts, near), " ".join(words) or None, (*warnings, *_warnings(text, slate, parts))
    )


def _without_personal(text: str, lexicon: Lexicon, places: PlaceNames) -> tuple[str, list[str]]:
    """Return the text with what looks like a patient blanked, spans unmoved, and the warnings."""
    warnings: dict[str, None] = {}
    for start, end, what in personal(text, lambda word: word in lexicon.forms or places.known(word)):
        text = text[:start] + " " * (end - start) + text[end:]
        warnings[WARNING.format(what)] = None
    return text, list(warnings)


def _parameters(parts: tuple[Understood, ...], near: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """Return the values of each parameter, those of several parts together."""
    found: dict[str, dict[str, None]] = {}
    for part in parts:
        if part.parameter in ORDER:
            found.setdefault(part.parameter, {}).update(dict.fromkeys(part.values))
    if near and "activity" in found:
        found["near_activity"] = dict.fromkeys(near)
    return MappingProxyType({name: tuple(found[name]) for name in ORDER if name in found})


def _warnings(text: str, slate: Slate, parts: tuple[Understood, ...]) -> list[str]:
    """Return what a person must know of the reading: notes of parts, words ignored, words unread, nothing read."""
    found = [part.note for part in parts if part.note]
    unknown = [part.text for part in parts if part.kind == "unknown"]
    if unknown:
        found.append(f"Mots inconnus, ignorés : {', '.join(unknown[:8])}{'…' if len(unknown) > 8 else ''}.")
    if len(slate.tokens) >= MAX_WORDS or len(text) > MAX_TEXT:
        found.append(f"Seuls les {MAX_WORDS} premiers mots de la question sont lus.")
    if not parts:
        found.append("Rien n’a été compris dans la question : aucun critère n’en vient.")
    return list(dict.fromkeys(found))
