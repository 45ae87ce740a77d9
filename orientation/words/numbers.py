"""Ages, weights, distances and counts of beds: numbers with their unit, and words that stand for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mappings.age import Age
from mappings.nomenclature.word_groups import word_limits
from orientation.words.tokens import Token, tokens_of

_AGE_UNITS = {
    "ans": "a", "an": "a", "mois": "mo", "mo": "mo", "semaine": "wk", "semaines": "wk", "sem": "wk",
    "jours": "d", "jour": "d", "j": "d", "jr": "d",
}  # fmt: skip
_LETTER = {"a": "y", "mo": "mo", "wk": "wk", "d": "d"}
_OLDEST = {"a": 120, "mo": 216, "wk": 104, "d": 400}

EXAMPLES: dict[str, Age] = {
    "nourrisson": Age(6, "mo"), "bebe": Age(6, "mo"),
    "ado": Age(15), "adolescent": Age(15), "adolescente": Age(15),
    "adulte": Age(40), "adultes": Age(40),
    "senior": Age(80), "seniors": Age(80),
}  # fmt: skip
"""An age for each word that names an age class, in its middle: the answer says that it is an example."""
CHILD = Age(8)


@dataclass(frozen=True, slots=True)
class Number:
    """A number read: how many words it took, what it is, its value as a parameter takes it, a label."""

    words: int
    parameter: str
    value: str
    label: str


def age_at(tokens: Sequence[Token]) -> Number | None:
    """Return the age that the first words say, such as ``16 ans``."""
    if len(tokens) < 2 or not tokens[0].folded.isdecimal() or len(tokens[0].folded) > 3:
        return None
    unit = _AGE_UNITS.get(tokens[1].folded)
    value = int(tokens[0].folded)
    if unit is None or value > _OLDEST[unit]:
        return None
    return Number(2, "age", f"{value}{_LETTER[unit]}", Age(value, unit).label)


def example_at(tokens: Sequence[Token]) -> Number | None:
    """Return the age that a word such as ``nourrisson`` is taken for."""
    for length in (2, 1):
        age = EXAMPLES.get(" ".join(token.folded for token in tokens[:length])) if len(tokens) >= length else None
        if age is not None:
            return Number(length, "age", written(age), age.label)
    return None


def written(age: Age) -> str:
    """Return an age as the parameter takes it."""
    return f"{age.value}{_LETTER[age.unit]}"


def quantity_at(tokens: Sequence[Token]) -> Number | None:
    """Return a weight in kg or a distance in km."""
    if len(tokens) < 2 or not tokens[0].folded.isdecimal() or not 1 <= len(tokens[0].folded) <= 4:
        return None
    value, unit = int(tokens[0].folded), tokens[1].folded
    if unit in {"kg", "kgs", "kilo", "kilos"}:
        return Number(2, "equipment_weight_min", str(value), f"{value} kg")
    if unit in {"km", "kms", "kilometres"} and value <= 1000:
        return Number(2, "radius", f"{value}km", f"à {value} km")
    return None


def beds_at(tokens: Sequence[Token]) -> Number | None:
    """Return a number of beds: ``3 lits``."""
    if len(tokens) >= 2 and tokens[0].folded.isdecimal() and tokens[1].folded in {"lit", "lits", "places"}:
        value = int(tokens[0].folded[:4])
        if 1 <= value <= 500:
            return Number(2, "beds_min", str(value), f"{value} lits au moins")
    return None


_LEVELS = {"1": "01", "2a": "02", "2b": "03", "3": "04"}
"""Type of a maternity as it is said → R253."""


def level_at(tokens: Sequence[Token]) -> Number | None:
    """Return the level of a maternity, said after it: ``type 3``, ``niveau 2b`` or ``2b``."""
    named = bool(tokens) and tokens[0].folded in {"type", "niveau"}
    at = 1 if named else 0
    code = _LEVELS.get(tokens[at].folded) if len(tokens) > at else None
    if code is None or (not named and len(tokens) > 1 and tokens[1].folded in _AGE_UNITS):
        return None
    return Number(at + 1, "expertise", code, f"Maternité de type {tokens[at].folded.upper()}")


def weighed(words: Sequence[Token]) -> tuple[int, tuple[str, ...]] | None:
    """Return the equipment that the last words name, and how many words: what a weight after them is borne by."""
    for length in range(min(4, len(words)), 0, -1):
        key = tuple(token.root for token in words[-length:] if not token.grammar)
        if key in _weighing():
            return length, _weighing()[key]
    return None


_BY_KEY: dict[tuple[str, ...], tuple[str, ...]] = {}


def _weighing() -> dict[tuple[str, ...], tuple[str, ...]]:
    if not _BY_KEY:
        for words, equipment in word_limits().items():
            _BY_KEY[tuple(token.root for token in tokens_of(words) if not token.grammar)] = equipment
    return _BY_KEY
