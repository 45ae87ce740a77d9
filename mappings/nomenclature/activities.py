"""Groups of activities: levels of critical care, emergencies, SMUR, burns, mothers and children.

The table ``activity_groups.csv`` is ours: the national list is flat and says nothing of what stands near
what. An activity may be in several groups. Retired activities are there too, since stored units still carry
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from mappings.nomenclature.reading import read_rows

_ADULT_ORGANS = frozenset(
    {
        "coeur", "thorax", "digestif", "neuro", "cancer", "rein",
        "gynecologie", "infectieux", "tete_cou", "traumatologie",
    }
)  # fmt: skip
"""Subgroups of adult units specialised in an organ or a discipline."""

_CHILDREN = frozenset({"pediatrique", "neonatal"})


@dataclass(frozen=True, slots=True)
class Membership:
    """An activity in a group, with the subgroup that decides what it may stand in for, and why."""

    group: str
    subgroup: str
    activity: str
    reason: str


@dataclass(frozen=True, slots=True)
class ActivityGroup:
    """A group of activities; ``interchangeable``: its compatible members may stand in for one another."""

    code: str
    label: str
    critical: bool
    interchangeable: bool
    members: tuple[Membership, ...]

    @property
    def activities(self) -> tuple[str, ...]:
        """Return the codes of the members (R211), sorted."""
        return tuple(sorted(member.activity for member in self.members))


@lru_cache(maxsize=1)
def activity_groups() -> Mapping[str, ActivityGroup]:
    """Return the groups by code, in the order in which a board shows them."""
    members: dict[str, list[Membership]] = {}
    for row in read_rows("activity_groups", ("group", "subgroup", "activity", "reason")):
        members.setdefault(row[0], []).append(Membership(*row))
    groups = {
        code: ActivityGroup(code, label, critical == "1", interchangeable == "1", tuple(members.pop(code)))
        for code, label, critical, interchangeable in read_rows(
            "activity_group_labels", ("group", "label", "critical", "interchangeable")
        )
    }
    if members:
        raise ValueError(f"activity groups without a label: {', '.join(members)}")
    return MappingProxyType(groups)


@lru_cache(maxsize=1)
def _memberships() -> Mapping[str, tuple[Membership, ...]]:
    """Return the memberships of each activity, in the order of the groups."""
    by_activity: dict[str, tuple[Membership, ...]] = {}
    for group in activity_groups().values():
        for member in group.members:
            by_activity[member.activity] = (*by_activity.get(member.activity, ()), member)
    return MappingProxyType(by_activity)


def groups_of(activity: str) -> tuple[str, ...]:
    """Return the codes of the groups of an activity; empty for one in none or unknown."""
    return tuple(member.group for member in _memberships().get(activity, ()))


def is_critical(activity: str) -> bool:
    """Tell whether an activity is critical care: réanimation, soins intensifs or surveillance continue."""
    return any(activity_groups()[code].critical for code in groups_of(activity))


@lru_cache(maxsize=1024)
def related(activity: str) -> frozenset[str]:
    """Return the activities that may stand in: same interchangeable group, compatible subgroup.

    Interchangeable groups are the three levels of critical care, each on its own (a bed of surveillance
    continue is no answer to a need of réanimation), and the critical activities of the burn centres, which
    take a burnt patient at any of the three levels. The relation is symmetric and never contains the activity
    itself.
    """
    groups = activity_groups()
    return frozenset(
        other.activity
        for own in _memberships().get(activity, ())
        if groups[own.group].interchangeable
        for other in groups[own.group].members
        if other.activity != activity and compatible(own.subgroup, other.subgroup)
    )


def compatible(one: str, other: str) -> bool:
    """Tell whether units of two subgroups may stand in for one another, within one group.

    - Same subgroup: the same patients (a heart unit and a heart-surgery unit).
    - Polyvalent adult with adult specialised: a polyvalent unit takes any failure, and a specialised unit is
      the nearest adult bed when no polyvalent one is free. Two different specialities do not replace each
      other: a stroke unit is no place for an infarct.
    - Paediatric with neonatal: both are equipped for the smallest; the age range of the unit decides.
    - Everything else is apart: children never go with adults, burns only with burns (dedicated teams and
      rooms), psychiatric intensive care is not somatic critical care.
    """
    pair = {one, other}
    if one == other or pair == _CHILDREN:
        return True
    return "polyvalent" in pair and bool(pair & _ADULT_ORGANS)
