"""The communes in memory, by code, name and postcode."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import attrgetter

from mappings.gazetteer.model import Commune
from mappings.gazetteer.names import arrondissement_aliases, name_key, without_article
from mappings.geo import Point


class Table:
    """Look up communes by code, name key or postcode; lists come most populous first."""

    def __init__(self, communes: Sequence[Commune]) -> None:
        """Index the communes."""
        self.communes = sorted(communes, key=attrgetter("insee"))
        self.communes.sort(key=attrgetter("weight"), reverse=True)
        self.keys = [name_key(commune.name) for commune in self.communes]
        self._codes = {commune.insee: commune for commune in self.communes}
        self._parts: dict[str, list[Commune]] = defaultdict(list)
        self._names: dict[str, list[Commune]] = defaultdict(list)
        self._bare: dict[str, list[Commune]] = defaultdict(list)
        self._former: dict[str, list[Commune]] = defaultdict(list)
        self._postcodes: dict[str, list[Commune]] = defaultdict(list)
        for commune, key in zip(self.communes, self.keys, strict=True):
            self._add(commune, key)
        for commune in self.communes:
            for code in commune.former_codes:
                self._codes.setdefault(code, commune)

    def _add(self, commune: Commune, key: str) -> None:
        """Index one commune: former communes by name apart, only for want of a present one."""
        aliases = arrondissement_aliases(key)
        if commune.parent is not None:
            self._parts[commune.parent].append(commune)
            if not aliases:
                self._former[key].append(commune)
                return
        self._names[key].append(commune)
        for name in aliases:
            self._names[name].append(commune)
        if (bare := without_article(key)) is not key:
            self._bare[bare].append(commune)
        for postcode in commune.postcodes:
            self._postcodes[postcode].append(commune)

    def get(self, code: str) -> Commune | None:
        """Return the commune, arrondissement or former commune of an INSEE code."""
        return self._codes.get(code)

    def parts(self, code: str) -> Sequence[Commune]:
        """Return the arrondissements and former communes of a commune that the table lists."""
        return self._parts.get(code, ())

    def tiers(self, key: str) -> Iterable[Sequence[Commune]]:
        """Yield the communes of a name: so named, so named but for the article, formerly so named."""
        bare = without_article(key)
        yield self._names.get(key, ())
        yield [*self._bare.get(bare, ()), *(self._names.get(bare, ()) if bare != key else ())]
        yield self._former.get(key, ())

    def of_postcode(self, postcode: str) -> list[Commune]:
        """Return the communes of a postcode: an arrondissement instead of its city."""
        found = self._postcodes.get(postcode, ())
        cities = {commune.parent for commune in found}
        return [commune for commune in found if commune.insee not in cities]

    def centre(self, code: str) -> Point | None:
        """Return the point of a commune, else of its most populous part, else None."""
        commune = self.get(code)
        if commune is None or commune.point is not None:
            return commune.point if commune else None
        return next((part.point for part in self.parts(commune.insee) if part.point), None)

    def codes_within(self, code: str) -> frozenset[str]:
        """Return the codes a unit of this commune may bear: its own, its parts', its former ones."""
        commune = self.get(code)
        if commune is None:
            return frozenset({code})
        codes = {code, commune.insee, *commune.former_codes}
        for part in self.parts(commune.insee):
            codes |= {part.insee, *part.former_codes}
        return frozenset(codes)
