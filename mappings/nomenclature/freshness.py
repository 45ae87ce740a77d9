"""How long a bed count may be trusted, by class of activity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from types import MappingProxyType

from mappings.errors import NotFound, shorten
from mappings.nomenclature.activities import groups_of, is_critical
from mappings.nomenclature.reading import read_rows

_EMERGENCY_GROUPS = frozenset({"urgences", "smur"})


@dataclass(frozen=True, slots=True)
class FreshnessPolicy:
    """The age from which a count is stale, in ordinary days and in tension, and the reason of the figures."""

    code: str
    label: str
    ordinary: timedelta
    in_tension: timedelta
    reason: str

    def max_age(self, *, tension: bool = False) -> timedelta:
        """Return the age beyond which a count is stale."""
        return self.in_tension if tension else self.ordinary


@lru_cache(maxsize=1)
def freshness_policies() -> Mapping[str, FreshnessPolicy]:
    """Return the policies by class, the strictest first."""
    columns = ("class", "label", "hours", "hours_in_tension", "reason")
    return MappingProxyType(
        {
            code: FreshnessPolicy(code, label, timedelta(hours=int(hours)), timedelta(hours=int(tension)), reason)
            for code, label, hours, tension, reason in read_rows("freshness", columns)
        }
    )


def freshness_policy(freshness: str) -> FreshnessPolicy:
    """Return the policy of a class; ``NotFound`` for another name."""
    policies = freshness_policies()
    if freshness not in policies:
        raise NotFound(f"no freshness class {shorten(freshness)!r}; there are {', '.join(policies)}")
    return policies[freshness]


def freshness_class(activities: Iterable[str]) -> str:
    """Return the class of a unit by its activities (R211), the strictest one deciding.

    ``critical_care`` before ``emergency`` (urgences, SMUR) before ``other``, which is also the class of no
    activity.
    """
    return _class_of(tuple(activities))


@lru_cache(maxsize=4096)
def _class_of(codes: tuple[str, ...]) -> str:
    if any(is_critical(code) for code in codes):
        return "critical_care"
    if any(not _EMERGENCY_GROUPS.isdisjoint(groups_of(code)) for code in codes):
        return "emergency"
    return "other"
