"""The catalogue of unit recipes: what a hospital of each kind offers, how often, for whom and with what.

``catalogue.csv`` is ours. A cell lists codes separated by blanks; ``0145*0.4`` is there four times in ten.
The column ``where`` gives, for a kind of hospital or a trait of one (``burns``, ``maternity3``), the
expected number of such units: 1.5 is one, and a second one time in two. Frequencies are our reading of how
rare each specialty is in France.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from indexer.synth.kinds import KINDS
from mappings.age import Age, AgeRange

Chances = tuple[tuple[str, float], ...]
"""Words with the probability of each."""


@dataclass(frozen=True, slots=True)
class Options:
    """Codes that are always there, then codes that may be, with the probability of each."""

    sure: tuple[str, ...] = ()
    maybe: Chances = ()

    def draw(self, random: Callable[[], float]) -> tuple[str, ...]:
        """Draw each code with its own probability."""
        if not self.maybe:
            return self.sure
        return self.sure + tuple([code for code, probability in self.maybe if random() < probability])


AGES: Mapping[str, tuple[AgeRange, tuple[str, ...]]] = {
    "all": (AgeRange(Age(0), Age(120)), ()),
    "adult": (AgeRange(Age(16), Age(120)), ("05", "06", "10", "11")),
    "child": (AgeRange(Age(0), Age(17)), ("01", "02", "03", "04")),
    "neonate": (AgeRange(Age(0, "d"), Age(28, "d")), ("01",)),
    "teen": (AgeRange(Age(12), Age(20)), ("04", "05")),
    "old": (AgeRange(Age(60), Age(120)), ("10", "11")),
    "senior": (AgeRange(Age(75), Age(120)), ("11",)),
    "mother": (AgeRange(Age(12), Age(60)), ()),
}
"""Spoken age of a recipe → range, and the national classes (R208) it covers where they say something."""

_KIND_CODES = frozenset(kind.code for kind in KINDS)
SENSITIVE, CONSENT_FREE, ADULT_SECTOR, CHILD_SECTOR, AROUND = "S", "N", "G", "I", "Z"
PERMANENT, TEMPORARY = "P", "T"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One line of the catalogue; ``beds`` is the range of installed beds of a full hospitalisation."""

    name: str
    activities: Options
    modes: Chances
    field: str
    age: AgeRange
    age_classes: tuple[str, ...]
    family: str
    beds: tuple[int, int] | None
    where: Mapping[str, float]
    acts: Options
    equipment: Options
    specialisations: Options
    competences: Options
    professions: Options
    publics: Options
    reception: Options
    offer: str | None
    expertise: Options
    flags: frozenset[str]

    @property
    def distinctive(self) -> bool:
        """Say whether the recipe is that of a trait, not of a kind of hospital: it is what makes one rare."""
        return _KIND_CODES.isdisjoint(self.where)

    @property
    def units_expected(self) -> float:
        """How many units one copy of the recipe makes on average: one a mode of care."""
        return sum(probability for _, probability in self.modes)


@lru_cache(maxsize=1)
def recipes() -> tuple[Recipe, ...]:
    """Return every recipe, in the order of the table."""
    table = files("indexer.synth").joinpath("catalogue.csv").read_text(encoding="utf-8")
    return tuple(_recipe(row) for row in csv.DictReader(table.splitlines(), delimiter=";"))


@lru_cache(maxsize=512)
def recipes_for(traits: frozenset[str]) -> tuple[tuple[Recipe, float], ...]:
    """Return the recipes of a hospital with those traits (its kind is one), with their expected number."""
    found = [(recipe, sum(recipe.where.get(trait, 0.0) for trait in sorted(traits))) for recipe in recipes()]
    return tuple((recipe, expected) for recipe, expected in found if expected > 0)


def _recipe(row: dict[str, str]) -> Recipe:
    """Read one line of the table."""
    age, classes = AGES[row["ages"]]
    low, _, high = row["beds"].partition("-")
    lists = ("activities", "acts", "equipment", "specialisations", "competences", "professions", "publics")
    return Recipe(
        name=row["name"],
        field=row["field"],
        age=age,
        age_classes=classes,
        family=row["family"],
        beds=(int(low), int(high)) if low else None,
        modes=_chances(row["modes"].split()),
        where=dict(_chances(row["where"].split())),
        reception=options(row["reception"].split()),
        expertise=options(row["expertise"].split()),
        offer=row["offer"] or None,
        flags=frozenset(row["flags"]),
        **{name: options(row[name].split()) for name in lists},
    )


def options(words: Iterable[str]) -> Options:
    """Read words such as ``0145*0.4``; those without a probability are sure."""
    read = _chances(words)
    sure = tuple(code for code, probability in read if probability >= 1)
    return Options(sure, tuple(chance for chance in read if chance[1] < 1))


def _chances(words: Iterable[str]) -> Chances:
    """Read ``0145*0.4`` as a code and its probability, 1 where none is written."""
    parts = (word.partition("*") for word in words)
    return tuple((code, float(number) if number else 1.0) for code, _, number in parts)
