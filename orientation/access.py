"""Who may see what: the national access profiles 0 to 5, decided here and nowhere else.

Source: ROR access policy for exposition model 3.0 and the profile mappings of the FHIR guide. Rights are part of
the question, so that totals, facets and order say nothing about what is hidden; rendering applies them again.
``docs/rights.md`` has the table, made by the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from mappings.capacity import EXTRA, INSTALLED, NO_ASSIGNMENT

MEDICO_SOCIAL = "04"
PROFILES = (0, 1, 2, 3, 4, 5)
Record = Mapping[str, Any]

_PUBLIC_PARTS = ("kind", "status", "horizon", "assignment", "count", "observed_at")
"""What is free of an installed count: neither source nor gender nor a person's comment."""


class Sees(IntEnum):
    """How much of the counts of a unit may be seen; each level holds those below."""

    NOTHING = 0
    INSTALLED = 1
    ORDINARY = 2
    ALL = 3


_COUNTS = {
    0: Sees.INSTALLED,
    1: Sees.ALL,
    2: Sees.ORDINARY,
    3: Sees.INSTALLED,
    4: Sees.ALL,
    5: Sees.INSTALLED,
}


@dataclass(frozen=True, slots=True)
class Access:
    """The rights of whoever asks; profile 0 is anybody.

    Without ``reads_beds`` (the scope ``beds:read``) a profile sees of counts what is free. ``holder`` names whose
    rights they are: a cursor is of no use to another.
    """

    profile: int = 0
    reads_beds: bool = True
    holder: str = ""

    def __post_init__(self) -> None:
        """Refuse a profile that does not exist rather than treat it as any other."""
        if self.profile not in PROFILES:
            raise ValueError(f"access profile {self.profile!r} is none of 0 to 5")

    @property
    def sees_sensitive(self) -> bool:
        """Sensitive units are for profiles 1 and 4 only, the whole unit."""
        return self.profile in {1, 4}

    @property
    def sees_counts(self) -> bool:
        """Available and operational counts of beds, of some units at least; the public (0) and profile 5 see none."""
        return self.reads_beds and self.profile in {1, 2, 3, 4}

    @property
    def sees_exceptional(self) -> bool:
        """Beds above the installed ones and those of a crisis."""
        return self.reads_beds and _COUNTS[self.profile] is Sees.ALL

    @property
    def counts_of_one_field(self) -> bool:
        """Profile 3 sees counts of medico-social units only: questions about beds are narrowed to those."""
        return self.profile == 3

    @property
    def sees_defence(self) -> bool:
        """What a site is in a crisis: its ORSAN level, its helipad."""
        return self.profile == 1

    def counts(self, field: str, *, sensitive: bool) -> Sees:
        """Return how much of the counts of a unit of that field may be seen."""
        if sensitive and not self.sees_sensitive:
            return Sees.NOTHING
        if not self.reads_beds:
            return Sees.INSTALLED
        return Sees.ORDINARY if self.profile == 3 and field == MEDICO_SOCIAL else _COUNTS[self.profile]

    def sees_counts_of(self, field: str, *, sensitive: bool) -> bool:
        """Say whether the operational counts of a unit of that field may be shown."""
        return self.counts(field, sensitive=sensitive) >= Sees.ORDINARY

    def sees_confidentiality(self, level: str, field: str, *, sensitive: bool) -> bool:
        """Say whether a contact or telecom of that level (R283) may be shown."""
        if self.profile == 1:
            return True
        if sensitive and not self.sees_sensitive:
            return False
        restricted = self.profile in {2, 5} or (self.profile == 3 and field == MEDICO_SOCIAL)
        return level in {"1", "2"} if restricted else level == "1"


def exceptional(count: Record) -> bool:
    """Say whether a count is of beds above the installed ones (R330 06) or of a crisis (R336)."""
    return count["status"] == EXTRA or bool(count.get("crisis"))


def seen_count(count: Record, sees: Sees) -> Record | None:
    """Return what may be seen of one count in its JSON shape, codes only; ``None`` for nothing."""
    if sees is Sees.ALL:
        return count
    if sees is Sees.ORDINARY:
        return None if exceptional(count) else count
    free = count["status"] == INSTALLED and count.get("assignment", NO_ASSIGNMENT) == NO_ASSIGNMENT
    if sees is Sees.NOTHING or not free:
        return None
    return {name: count[name] for name in _PUBLIC_PARTS if name in count}
