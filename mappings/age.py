"""Ages: bounds inclusive in completed units, compared in days.

A month is a twelfth of 365.25 days and a year is twelve months, so that ``12 mo`` and ``1 a`` are the same instant.
The upper bound of a unit is exclusive once in days: ``15 a`` ends where ``16 a`` begins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

UNITS = ("a", "mo", "wk", "d")
"""UCUM units of age: year, month, week, day."""

MAX_AGE_DAYS = 150 * 1461 // 4
"""No patient and no bound is older than 150 years."""

_SPOKEN = {
    "": "a", "y": "a", "a": "a", "an": "a", "ans": "a", "mo": "mo", "m": "mo", "wk": "wk", "w": "wk",
    "d": "d", "j": "d",
}  # fmt: skip
_AGE = re.compile(r"(\d{1,5})\s?([a-z]{0,3})")
_LABELS = {"a": ("an", "ans"), "mo": ("mois", "mois"), "wk": ("semaine", "semaines"), "d": ("jour", "jours")}


def days(value: int, unit: str) -> int:
    """Return the first whole day of the completed ``value`` units; ``KeyError`` for an unknown unit."""
    if unit in {"a", "mo"}:
        return value * (12 if unit == "a" else 1) * 1461 // 48
    return value * {"wk": 7, "d": 1}[unit]


@dataclass(frozen=True, slots=True)
class Age:
    """A number of completed units, such as 18 months."""

    value: int
    unit: str = "a"

    def __post_init__(self) -> None:
        """Refuse what no age can be."""
        if self.unit not in UNITS:
            raise ValueError(f"age unit {self.unit!r} is none of {', '.join(UNITS)}")
        if not 0 <= days(self.value, self.unit) <= MAX_AGE_DAYS:
            raise ValueError(f"age {self.value} {self.unit} is not between 0 and 150 years")

    @property
    def days(self) -> int:
        """First day of this age."""
        return days(self.value, self.unit)

    @property
    def label(self) -> str:
        """The age in French, such as ``18 mois``."""
        one, many = _LABELS[self.unit]
        return f"{self.value} {one if self.value <= 1 else many}"

    @classmethod
    def parse(cls, text: str) -> Age:
        """Read ``35``, ``35y``, ``18mo``, ``3wk``, ``10d``; ``ValueError`` says what is expected."""
        match = _AGE.fullmatch(text.strip().lower())
        if match is None or match[2] not in _SPOKEN:
            raise ValueError("an age is written 35, 35y, 18mo, 3wk or 10d")
        return cls(int(match[1]), _SPOKEN[match[2]])


@dataclass(frozen=True, slots=True)
class AgeRange:
    """Whom a unit takes, both bounds inclusive in completed units."""

    min: Age
    max: Age

    def __post_init__(self) -> None:
        """Refuse an upper bound below the lower one (ME 2.4 rule RG_RECH-08)."""
        if self.max_days <= self.min.days:
            raise ValueError(f"age.max {self.max.label} is below age.min {self.min.label}")

    @property
    def max_days(self) -> int:
        """First day that is too old."""
        return days(self.max.value + 1, self.max.unit)

    def accepts(self, age: Age) -> bool:
        """Say whether a patient of that age is taken."""
        return self.min.days <= age.days < self.max_days

    @property
    def label(self) -> str:
        """The range in French."""
        if self.min.value == 0 and self.max.unit == "a" and self.max.value >= 120:
            return "Tous âges"
        if self.max.unit == "a" and self.max.value >= 120:
            return f"À partir de {self.min.label}"
        if self.min.value == 0:
            return f"Jusqu’à {self.max.label}"
        return f"De {self.min.label} à {self.max.label}"


NEONATE_DAYS = 29
"""A newborn is up to 28 completed days old (R208 class 01)."""
_CHILD = days(18, "a")
_SENIOR = days(75, "a")


def patient_classes(age: Age) -> tuple[str, ...]:
    """Return the classes a patient belongs to, the closest first: neonate, child, adult, senior."""
    if age.days < NEONATE_DAYS:
        return ("neonate", "child")
    if age.days < _CHILD:
        return ("child",)
    return ("senior", "adult") if age.days >= _SENIOR else ("adult",)


def meant_for(ages: AgeRange) -> tuple[str, ...]:
    """Return the patient classes a unit is made for, rather than merely open to.

    A paediatric unit ends by 21 years, a neonatal one by one year; an adult unit starts at 15 or later; a geriatric
    one at 60 or later. Limits are ours, from the national age classes (R208) and the usual authorisations.
    """
    if ages.max_days <= days(1, "a"):
        return ("neonate",)
    if ages.max_days <= days(22, "a") and ages.min.days < _CHILD:
        return ("child",)
    if ages.min.days >= days(60, "a"):
        return ("senior",)
    return ("adult",) if ages.min.days >= days(15, "a") else ()
