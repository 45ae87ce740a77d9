"""Counts of beds and places: one record is one count for one key, and its rules.

Missing is not zero, and ``available`` is never computed from other counts. Lists: kind R329, status R330, horizon
R331, gender R332, closing_kind R333, extra_kind R334, source R335, crisis R336, assignment R337.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

BED, PLACE = "01", "02"
INSTALLED, AVAILABLE, OCCUPIED, RESERVED, CLOSED, EXTRA = "01", "02", "03", "04", "05", "06"
NOW, NO_ASSIGNMENT = "01", "01"
HORIZONS = {"now": "01", "1h": "02", "24h": "03", "48h": "04", "7d": "05"}
"""Spoken horizon → R331 code."""
FEMALE, MALE = "01", "02"
REOPENABLE, EXTRA_WITHOUT_STAFF, EXTRA_WITH_STAFF = "01", "02", "03"
MAX_COUNT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityKey:
    """What one count is about; two counts with the same key replace each other."""

    kind: str
    status: str
    horizon: str = NOW
    gender: str | None = None
    closing_kind: str | None = None
    extra_kind: str | None = None
    crisis: str | None = None
    assignment: str = NO_ASSIGNMENT

    @property
    def exceptional(self) -> bool:
        """Say whether it counts beds above the installed ones or those of a crisis."""
        return self.status == EXTRA or self.crisis is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """One count: key, number, when it was observed at the source (aware time), by which source (R335)."""

    key: CapacityKey
    count: int
    observed_at: datetime
    source: str | None = None
    comment: str | None = None


def key_problems(key: CapacityKey) -> list[tuple[str, str]]:
    """Return (field, rule) for each illegal combination.

    The national list of legal indicators is not published; these rules are our reading of the model: a gender only
    on available counts, a closing kind only on closed ones, an extra kind or a crisis only on extra ones, a horizon
    to come only on available or extra ones.
    """
    problems = []
    if key.gender is not None and key.status != AVAILABLE:
        problems.append(("gender", "a gender goes only with status 02 (available)"))
    if key.closing_kind is not None and key.status != CLOSED:
        problems.append(("closing_kind", "a closing kind goes only with status 05 (closed)"))
    if key.extra_kind is not None and key.status != EXTRA:
        problems.append(("extra_kind", "an extra kind goes only with status 06 (extra)"))
    if key.crisis is not None and key.status != EXTRA:
        problems.append(("crisis", "a crisis goes only with status 06 (extra)"))
    if key.horizon != NOW and key.status not in {AVAILABLE, EXTRA}:
        problems.append(("horizon", "a horizon to come goes only with status 02 or 06"))
    return problems
