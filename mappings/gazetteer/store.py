"""The gazetteer: French communes by name, code, postcode and place, held in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mappings.gazetteer.model import Commune, Resolution
from mappings.gazetteer.nearest import Nearest
from mappings.gazetteer.reader import read_communes
from mappings.gazetteer.resolve import Resolver
from mappings.gazetteer.suggest import SuggestIndex
from mappings.gazetteer.table import Table
from mappings.geo import Point

BUILT_IN = Path(__file__).with_name("communes.csv")


class Gazetteer:
    """Answer where a commune is, which place a text means, and what it may become as one types."""

    def __init__(self, communes: Sequence[Commune]) -> None:
        """Index the communes, each with a code of its own."""
        self._table = Table(communes)
        self._index = SuggestIndex(self._table.communes, self._table.keys)
        self._resolver = Resolver(self._table, self._index)
        self._nearest = Nearest(self._table.communes)

    @classmethod
    def load(cls, path: Path | None = None) -> Gazetteer:
        """Return the gazetteer of the built-in table, or of an operator's CSV or CSV.gz file.

        Raise InvalidInput naming line, column and value, OSError when the file cannot be read.
        """
        return cls(read_communes(path or BUILT_IN))

    @property
    def communes(self) -> Sequence[Commune]:
        """Return every commune and part of one, by code."""
        return self._table.communes

    def __len__(self) -> int:
        """Return how many communes and parts of communes are known."""
        return len(self._table.communes)

    def get(self, insee: str) -> Commune | None:
        """Return the commune of an INSEE code: present, arrondissement, or the one it was merged into."""
        return self._table.get(insee)

    def centre(self, insee: str) -> Point | None:
        """Return the point of a commune, None when the code is unknown or has none."""
        return self._table.centre(insee)

    def codes_within(self, insee: str) -> frozenset[str]:
        """Return every code a unit of this commune may bear: its own, arrondissements, former communes."""
        return self._table.codes_within(insee)

    def resolve(self, text: str) -> Resolution:
        """Return what a text means: Found one place, Ambiguous with candidates, or Unknown with suggestions.

        The text is a commune's name, ``Name (76)``, ``Name 76``, ``76000 Name``, a postcode, an INSEE code
        (``insee:76540`` when it is a postcode too) or ``lat,lon``. Never raises.
        """
        return self._resolver.resolve(text)

    def suggest(self, prefix: str, limit: int = 10, department: str | None = None) -> list[Commune]:
        """Return communes whose name, postcode or inner word begins so, in that order, then by population."""
        return self._index.suggest(prefix, limit, department)

    def nearest(self, point: Point) -> Commune | None:
        """Return the commune whose centre is nearest to a point, None at sea or abroad (beyond 40 km of any)."""
        return self._nearest.nearest(point)
