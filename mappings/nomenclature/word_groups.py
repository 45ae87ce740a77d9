"""Words that mean several codes at once, the forms that one word takes, and what bears a weight.

Three tables of ours. ``word_groups.csv``: a broad word asks for its ``main`` activities, lets its ``near`` ones answer
after, and covers others. ``word_forms.csv``: spellings and derivations of one root (``réa``, ``réanimation``).
``word_limits.csv``: which equipment (R212) a word means when a weight follows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from mappings.nomenclature.activities import activity_groups
from mappings.nomenclature.reading import read_rows
from mappings.nomenclature.registry import nomenclature

ROLES = ("subject", "patient")


@dataclass(frozen=True, slots=True)
class WordGroup:
    """A broad word and its synonyms: activities (R211) that it asks for, that answer after, that it only covers.

    What a word covers counts when another word narrows it: ``réa`` alone asks for no burns centre, ``réa brûlés`` does.
    ``role`` is ``patient`` for a word that also says who is sought for (``pédiatrique``), so that it narrows.
    """

    words: tuple[str, ...]
    role: str
    main: tuple[str, ...]
    near: tuple[str, ...]
    covers: tuple[str, ...]
    reason: str

    @property
    def activities(self) -> frozenset[str]:
        """All activities: main, near and covered."""
        return frozenset(self.main + self.near + self.covers)


@lru_cache(maxsize=1)
def word_groups() -> tuple[WordGroup, ...]:
    """Return the groups; ``ValueError`` for an unknown role, group or activity."""
    columns = ("words", "role", "main", "near", "covers", "reason")
    return tuple(_group(*row) for row in read_rows("word_groups", columns))


def _group(words: str, role: str, main: str, near: str, covers: str, reason: str) -> WordGroup:
    if role not in ROLES:
        raise ValueError(f"word group {words}: role {role} is none of {', '.join(ROLES)}")
    first = tuple(dict.fromkeys(_codes(main)))
    after = tuple(code for code in dict.fromkeys(_codes(near)) if code not in first)
    rest = tuple(code for code in dict.fromkeys(_codes(covers)) if code not in first + after)
    return WordGroup(tuple(words.split(";")), role, first, after, rest, reason)


def _codes(cell: str) -> Iterator[str]:
    """Yield the active activities of a cell: codes, ``@group`` or ``@group/subgroup``."""
    activities = nomenclature()["R211"]
    for item in filter(None, cell.split(";")):
        if not item.startswith("@"):
            if (concept := activities.get(item)) is None or not concept.active:
                raise ValueError(f"word groups: {item} is no active activity")
            yield item
            continue
        group, _, subgroup = item[1:].partition("/")
        for member in activity_groups()[group].members:
            if (not subgroup or member.subgroup == subgroup) and activities.concepts[member.activity].active:
                yield member.activity


@lru_cache(maxsize=1)
def word_forms() -> Mapping[str, tuple[str, ...]]:
    """Return the forms of each root, as people write them."""
    rows = read_rows("word_forms", ("canonical", "forms"))
    return MappingProxyType({canonical: tuple(forms.split(";")) for canonical, forms in rows})


@lru_cache(maxsize=1)
def word_limits() -> Mapping[str, tuple[str, ...]]:
    """Return the equipment (R212) that each word means beside a weight."""
    limits: dict[str, tuple[str, ...]] = {}
    for words, equipment, _ in read_rows("word_limits", ("words", "equipment", "reason")):
        limits |= dict.fromkeys(words.split(";"), tuple(equipment.split(";")))
    return MappingProxyType(limits)
