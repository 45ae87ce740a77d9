"""What tests of free text share: places read once, and a reading in one call."""

from __future__ import annotations

from functools import lru_cache

from mappings.gazetteer import Gazetteer
from orientation.words import PlaceNames, Reading, Vocabulary, lexicon, read
from tests.gazetteer_kit import GAZETTEER


@lru_cache(maxsize=1)
def communes() -> Gazetteer:
    """Return the built-in gazetteer."""
    return GAZETTEER


@lru_cache(maxsize=1)
def places() -> PlaceNames:
    """Return its names."""
    return PlaceNames(communes())


def understood(text: str, names: list[str] | None = None) -> Reading:
    """Read a text; ``names`` are those of the index, unknown by default."""
    vocabulary = None if names is None else Vocabulary(names)
    return read(text, lexicon=lexicon(), places=places(), vocabulary=vocabulary)


def asked(text: str, names: list[str] | None = None) -> dict[str, set[str]]:
    """Return the values of each parameter that a text is read into, what answers after left out, and words left."""
    reading = understood(text, names)
    found = {name: set(values) for name, values in reading.parameters.items() if name != "near_activity"}
    return found | ({"text": set(reading.text.split())} if reading.text else {})
