"""Free text beside the other parameters: read into them, those given explicitly winning."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import lru_cache

from mappings.gazetteer import Gazetteer
from orientation.access import Access
from orientation.question.shape import Arguments
from orientation.words import PlaceNames, Reading, Understood, Vocabulary, lexicon, read

MAX_CONFIRMED = 4
"""Unknown words that the index is asked about in one question."""


@dataclass(frozen=True, slots=True)
class Words:
    """What free text is read with.

    ``vocabulary`` gives the words of the names in the index, ``None`` when not known yet; ``confirm`` returns those of
    some words that a name holds, for who reads no vocabulary. Both are told whether sensitive names count.
    """

    places: PlaceNames
    vocabulary: Callable[[bool], Vocabulary | None] = lambda sensitive: None
    confirm: Callable[[Collection[str], bool], frozenset[str]] | None = None


@lru_cache(maxsize=4)
def default_words(gazetteer: Gazetteer) -> Words:
    """Return what reads text where no index is at hand: every word left is searched for."""
    return Words(PlaceNames(gazetteer))


@dataclass(frozen=True, slots=True)
class Merged:
    """The parameters given and those read, the reading, and what to tell of it."""

    arguments: Arguments
    reading: Reading
    warnings: tuple[str, ...]


OTHER_NAMES = {
    "place": ("place", "lat", "lon"),
    "near_activity": ("activity", "near_activity"),
    "equipment_weight_min": ("equipment_weight_min", "equipment"),
}
"""Parameters that, given explicitly, take the place of one that was read; by default the one of its name."""


def with_words(args: Arguments, text: str, words: Words, access: Access) -> Merged:
    """Read a text and put what it asks for beside the parameters given."""
    reading = understand(text, words, sensitive=access.sees_sensitive)
    read_values = dict(reading.parameters)
    dropped: dict[str, str] = {}
    for name in read_values:
        if any(given in args for given in OTHER_NAMES.get(name, (name,))):
            dropped[name] = f"{name} est donné par ailleurs"
        elif name == "beds_min" and not access.sees_counts:
            dropped[name] = "votre profil ne voit pas les lits disponibles"
    if "radius" in read_values and not ({"place", "lat"} & (read_values.keys() | args.keys())):
        dropped.setdefault("radius", "une distance demande un lieu de départ")
    kept = {name: list(values) for name, values in read_values.items() if name not in dropped}
    parts = tuple(_marked(part, dropped) for part in reading.parts)
    told = [
        f"« {part.text} » est ignoré : {dropped[part.parameter]}."
        for part in reading.parts
        if part.parameter in dropped
    ]
    silent = {part.note for part in reading.parts if part.parameter in dropped}
    warnings = [warning for warning in reading.warnings if warning not in silent]
    return Merged({**args, **kept}, replace(reading, parts=parts), (*warnings, *dict.fromkeys(told)))


def understand(text: str, words: Words, *, sensitive: bool) -> Reading:
    """Read a text; words that no known name holds are ignored, or asked of the index first."""
    vocabulary = words.vocabulary(sensitive)
    reading = read(text, lexicon=lexicon(), places=words.places, vocabulary=vocabulary)
    unknown = [part.label for part in reading.parts if part.kind == "unknown"][:MAX_CONFIRMED]
    if vocabulary is None or words.confirm is None or not unknown:
        return reading
    held = words.confirm(unknown, sensitive)
    if not held:
        return reading
    return read(text, lexicon=lexicon(), places=words.places, vocabulary=vocabulary.also(held))


def _marked(part: Understood, dropped: dict[str, str]) -> Understood:
    """Return a part, without its parameter where that was dropped."""
    return replace(part, parameter=None) if part.parameter in dropped else part
