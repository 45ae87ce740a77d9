"""Who may see what: the national access profiles 0 to 5, decided here and nowhere else.

Source: ROR access policy for exposition model 3.0 and the profile mappings of the FHIR guide. Rights are part of
the question, so that totals, facets and order say nothing about what is hidden; rendering applies them again.
"""

from __future__ import annotations

from dataclasses import dataclass

MEDICO_SOCIAL = "04"
PROFILES = (0, 1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Access:
    """The rights of whoever asks; profile 0 is anybody."""

    profile: int = 0

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
        """Available and operational counts of beds; the public (0) and profile 5 see none."""
        return self.profile in {1, 2, 3, 4}

    def sees_counts_of(self, field: str, *, sensitive: bool) -> bool:
        """Say whether the counts of a unit of that field may be shown."""
        if not self.sees_counts or (sensitive and not self.sees_sensitive):
            return False
        return self.profile != 3 or field == MEDICO_SOCIAL

    def sees_confidentiality(self, level: str, field: str, *, sensitive: bool) -> bool:
        """Say whether a contact or telecom of that level (R283) may be shown."""
        if self.profile == 1:
            return True
        if sensitive and not self.sees_sensitive:
            return False
        restricted = self.profile in {2, 5} or (self.profile == 3 and field == MEDICO_SOCIAL)
        return level in {"1", "2"} if restricted else level == "1"
