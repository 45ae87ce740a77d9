"""What the gazetteer knows and answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mappings.geo import Point

Precision = Literal["point", "commune", "postcode"]


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune, or a part of one (municipal arrondissement, former commune) when ``parent`` is its code.

    ``point_source`` says what the point is: ``geonames`` is the place itself; ``postcode``, ``epci``,
    ``arrondissement`` and ``department`` are the mean of the known communes of that group. An operator's file
    brings its own words. ``former_codes`` are codes of communes since merged into this one.
    """

    insee: str
    name: str
    postcodes: tuple[str, ...]
    population: int | None
    department: str
    parent: str | None
    point: Point | None
    point_source: str
    former_codes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Return the name a person recognises among homonyms: ``Rouen (76)``."""
        return f"{self.name} ({self.department})"

    @property
    def weight(self) -> int:
        """Return the population, 0 where unknown, to rank by."""
        return self.population or 0


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a search starts from.

    ``communes`` are the codes whose units count as inside any radius: empty for a point. ``note`` is a French
    sentence to show as a warning when the point is approximate or the text could be read otherwise.
    """

    point: Point
    label: str
    precision: Precision
    insee: str | None
    communes: frozenset[str]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The text means one place."""

    origin: Origin


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """The text means several places: the person chooses, most populous first."""

    candidates: tuple[Commune, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """The text means no place known here: ``reason`` says why (French), ``suggestions`` look like it."""

    suggestions: tuple[Commune, ...] = ()
    reason: str = "lieu inconnu"


Resolution = Found | Ambiguous | Unknown
