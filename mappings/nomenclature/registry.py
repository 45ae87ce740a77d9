"""All code lists, each read from its table the first time it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

from mappings.errors import NotFound, shorten
from mappings.nomenclature.code_list import CodeList, Concept
from mappings.nomenclature.reading import read_catalogue, read_rows

CRITERIA: Mapping[str, str] = MappingProxyType(
    {
        "activity": "R211",
        "act": "R210",
        "equipment": "R212",
        "mode": "R213",
        "field": "R227",
        "public": "R239",
        "specialisation": "R245",
        "competence": "R243",
        "expertise": "expertise",
        "reception": "R338",
        "offer_type": "R244",
        "site_category": "site_category",
    }
)
"""The list behind each criterion of a search."""

_VIRTUAL: Mapping[str, tuple[str, str, tuple[str, ...]]] = MappingProxyType(
    {
        "site_category": ("Catégories de site", "categorieEG", ("R66", "R02", "R316", "R65", "R64", "R63")),
        "expertise": ("Niveaux d'expertise et types de maternité", "niveauExpertise", ("R344", "R253")),
    }
)
"""Lists made of several national ones, whose codes never collide (refused at load if they ever do).

A site carries a code of R66, R02 or R316; R65, R64 and R63 are the aggregates above R66. An expertise level
is a code of R344 or R253 (value set J227). With no collision, a bare code is enough and no code is qualified.
"""

_COLUMNS = ("code", "label", "short_label", "parent", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class Nomenclature:
    """The code lists by id: the national ones (``R211``) and the virtual ones (``site_category``)."""

    ids: tuple[str, ...]

    def __getitem__(self, list_id: str) -> CodeList:
        """Return a list; ``NotFound`` for an id that is none of ours."""
        if list_id not in self.ids:
            raise NotFound(f"no code list {shorten(list_id)!r}; there are {', '.join(self.ids)}")
        return _merged(list_id) if list_id in _VIRTUAL else _read(list_id)

    def __contains__(self, list_id: object) -> bool:
        """Tell whether there is a list of this id."""
        return list_id in self.ids

    def __iter__(self) -> Iterator[CodeList]:
        """Yield every list, national ones first."""
        return (self[list_id] for list_id in self.ids)

    def criterion(self, name: str) -> CodeList:
        """Return the list behind a search criterion such as ``activity``; ``NotFound`` for another name."""
        if name not in CRITERIA:
            raise NotFound(f"no coded criterion {shorten(name)!r}; there are {', '.join(CRITERIA)}")
        return self[CRITERIA[name]]

    def label(self, list_id: str, code: str) -> str:
        """Return the full label of a code of a list; an unknown code is its own label."""
        return self[list_id].label(code)


@lru_cache(maxsize=1)
def nomenclature() -> Nomenclature:
    """Return the code lists (one object a process; lists are read as they are needed)."""
    return Nomenclature(ids=(*_catalogue(), *_VIRTUAL))


@lru_cache(maxsize=1)
def _catalogue() -> dict[str, dict[str, Any]]:
    return read_catalogue()


@cache
def _read(list_id: str) -> CodeList:
    """Read one national list from its table."""
    facts = _catalogue()[list_id]
    concepts = {row[0]: Concept(*row) for row in read_rows(list_id, _COLUMNS)}
    return CodeList(
        id=list_id,
        title=facts["title"],
        attribute=facts["attribute"],
        oid=facts["oid"],
        system=facts["system"],
        value_set=facts["value_set"],
        version=facts["version"],
        source=facts["source"],
        concepts=MappingProxyType(concepts),
    )


@cache
def _merged(list_id: str) -> CodeList:
    """Build a virtual list from its parts; its system and OID are empty: ask ``part_of`` for a code's own."""
    title, attribute, names = _VIRTUAL[list_id]
    parts = tuple(_read(name) for name in names)
    return CodeList(
        id=list_id,
        title=title,
        attribute=attribute,
        oid="",
        system="",
        value_set=parts[0].value_set,
        version=max(part.version for part in parts),
        source="Réunion des listes " + ", ".join(names) + ".",
        concepts=MappingProxyType(merge(parts)),
        parts=parts,
    )


def merge(parts: tuple[CodeList, ...]) -> dict[str, Concept]:
    """Put the concepts of several lists in one; ``ValueError`` where two lists give one code."""
    merged: dict[str, Concept] = {}
    for part in parts:
        shared = sorted(merged.keys() & part.concepts.keys())
        if shared:
            raise ValueError(f"list {part.id}: codes {', '.join(shared)} are already those of another part")
        merged.update(part.concepts)
    return merged
