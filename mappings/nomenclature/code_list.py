"""One code list and its concepts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Concept:
    """One code of a list; ``parent`` and the ISO dates are empty strings where the list gives none."""

    code: str
    label: str
    short_label: str = ""
    parent: str = ""
    valid_from: str = ""
    valid_to: str = ""

    @property
    def active(self) -> bool:
        """Tell whether the code is still offered: it has no end date (a retired one stays readable)."""
        return not self.valid_to

    @property
    def display(self) -> str:
        """Return the short label where there is one, which may be a bare abbreviation (``HC``)."""
        return self.short_label or self.label


@dataclass(frozen=True, slots=True)
class CodeList:
    """A list of codes with what identifies it; ``parts`` names the lists that a virtual list is made of."""

    id: str
    title: str
    attribute: str
    oid: str
    system: str
    value_set: str
    version: str
    source: str
    concepts: Mapping[str, Concept]
    parts: tuple[CodeList, ...] = ()

    def get(self, code: str) -> Concept | None:
        """Return the concept of a code, retired or not, or None."""
        return self.concepts.get(code)

    def __contains__(self, code: object) -> bool:
        """Tell whether the list has this code, retired or not."""
        return code in self.concepts

    def __iter__(self) -> Iterator[Concept]:
        """Yield the concepts in the order of their codes."""
        return iter(self.concepts.values())

    def __len__(self) -> int:
        """Count the codes, retired ones included."""
        return len(self.concepts)

    def active(self) -> tuple[Concept, ...]:
        """Return the concepts still offered."""
        return tuple(concept for concept in self if concept.active)

    def label(self, code: str) -> str:
        """Return the full label of a code; an unknown code is its own label."""
        concept = self.concepts.get(code)
        return concept.label if concept else code

    def part_of(self, code: str) -> CodeList:
        """Return the national list whose code it is, for its system and OID: a part, else this list."""
        return next((part for part in self.parts if code in part), self)

    def ancestors(self, code: str) -> tuple[str, ...]:
        """Return the codes above this one, nearest first; empty for a top, flat or unknown code."""
        above: list[str] = []
        concept = self.concepts.get(code)
        while concept and concept.parent and concept.parent not in above:
            above.append(concept.parent)
            concept = self.concepts.get(concept.parent)
        return tuple(above)

    def descendants(self, code: str) -> tuple[str, ...]:
        """Return the codes below this one at every level, sorted, itself left out; none if unknown."""
        found: set[str] = set()
        level = {code} if code in self.concepts else set()
        while level:
            level = {concept.code for concept in self if concept.parent in level} - found
            found |= level
        return tuple(sorted(found - {code}))
