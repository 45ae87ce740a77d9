"""Communes, postcodes, departments and regions in a text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from mappings.fold import fold
from mappings.gazetteer import Commune, Gazetteer
from mappings.gazetteer.names import arrondissement_aliases, name_key, without_article
from mappings.territory import departments, regions
from orientation.words.tokens import Token
from orientation.words.typos import Typos
from orientation.words.understood import Meaning

MAX_NAME = 7
"""Longest name of a commune in words, articles included."""
WELL_KNOWN = 2_000
"""Inhabitants from which a bare name, with no word before it that announces a place, is read as the commune."""
CORRECTED = 1_500
"""Inhabitants from which a misspelt name is recognised."""
CLEAR = 5
"""How many times more inhabitants than its next namesake a commune needs for its name to be clear."""

TOWN = 10_000
"""Inhabitants from which a town is known without what its name adds (``en-Cotentin``, ``sur-Saône``)."""
_RIVER = re.compile(r" (?:en|sur|sous|les|la|le|de|du|des|au|aux) ")

MARKERS = frozenset("a pres vers proche autour secteur cote proximite environs alentours sur dans".split())
"""Words that announce a place."""
_ABBREVIATED = frozenset({"st", "ste", "sts", "stes", "l", "d"})
_COMPASS = frozenset({"nord"})
"""Departments whose name is part of many others: only read where a word announces them."""
_NOT_ALONE = frozenset({"lit", "lits", "place", "service", "centre", "unite"})


@dataclass(frozen=True, slots=True)
class Place:
    """A place named by some words: the parameter it is, its value, a label, and other places of that name."""

    parameter: str
    value: str
    label: str
    confidence: float
    others: tuple[Meaning, ...] = ()
    note: str | None = None


class PlaceNames:
    """Names of places, looked up by their words."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        """Index the names of communes and arrondissements, of departments and of regions."""
        names: dict[str, list[Commune]] = defaultdict(list)
        weak: dict[str, list[Commune]] = defaultdict(list)
        self._postcodes: set[str] = set()
        for commune in gazetteer.communes:
            self._postcodes.update(commune.postcodes)
            key = name_key(commune.name)
            aliases = arrondissement_aliases(key)
            if commune.parent is not None and not aliases:
                weak[key].append(commune)
                continue
            for name in {key, without_article(key), *aliases}:
                names[name].append(commune)
        known = {key: float(found[0].weight) for key, found in names.items() if found[0].weight >= CORRECTED}
        self._typos = Typos({key: weight for key, weight in known.items() if not key[0].isdigit()})
        self._areas = _areas()
        _shorten(names)
        self._names = names
        self._former = weak
        keys = chain(names, weak, self._areas, map(str.lower, departments()))
        self._firsts = _ABBREVIATED.union(key.split(" ", 1)[0] for key in keys)

    def known(self, word: str) -> bool:
        """Say whether a folded word is by itself the name of a well-known commune."""
        found = self._names.get(word)
        return found is not None and found[0].weight >= WELL_KNOWN

    def longest(self, tokens: Sequence[Token], *, announced: bool) -> tuple[int, Place] | None:
        """Return the place that the first words name, the longest name first, with the number of words."""
        if not tokens or not self._may_begin(tokens[0].folded):
            return None
        for length in range(min(MAX_NAME, len(tokens)), 0, -1):
            place = self.named(" ".join(token.folded for token in tokens[:length]), announced=announced)
            if place is not None:
                return length, place
        return None

    def _may_begin(self, word: str) -> bool:
        """Say whether the name of a place may begin with a word: most words cost one look-up."""
        return word in self._firsts or (len(word) == 5 and word.isdigit())

    def named(self, words: str, *, announced: bool) -> Place | None:
        """Return the place of this very name; ``announced`` when a word before it says that it is one."""
        if words in _NOT_ALONE:
            return None
        if len(words) == 5 and words.isdigit():
            return Place("place", words, words, 1.0) if words in self._postcodes else None
        if words.upper() in departments():
            return _department(words.upper())
        head, _, last = words.rpartition(" ")
        if head and last.upper() in departments() and words not in self._names:
            return self._in_department(head, last.upper())
        return self._of_name(name_key(words), announced=announced)

    def _of_name(self, key: str, *, announced: bool) -> Place | None:
        """Return the commune of a name, present before former, else the department or region."""
        area = self._areas.get(key) if announced or key not in _COMPASS else None
        found = self._names.get(key) or (self._former.get(key) if announced and area is None else None)
        if not found or (not announced and found[0].weight < WELL_KNOWN):
            return area
        return _chosen(found, 1.0 if announced else 0.9)

    def _in_department(self, words: str, department: str) -> Place | None:
        """Return the commune of that name in a department: ``Sainte-Colombe 76``."""
        key = name_key(words)
        for found in (self._names.get(key, ()), self._former.get(key, ())):
            there = [commune for commune in found if commune.department == department]
            if there:
                return _chosen(there, 1.0)
        return None

    def corrected(self, words: str) -> Place | None:
        """Return the place whose name is a slip of the keyboard away."""
        near = self._typos.nearest(name_key(words))
        return _chosen(self._names[near], 0.7, f"« {words} » lu comme « {near} »") if near else None


def _shorten(names: dict[str, list[Commune]]) -> None:
    """Add the short name of towns that no commune bears: Cherbourg for Cherbourg-en-Cotentin."""
    short: dict[str, list[Commune]] = defaultdict(list)
    for key, found in names.items():
        head = _RIVER.split(key, maxsplit=1)[0]
        if head != key and len(head) >= 5 and head not in names and found[0].weight >= TOWN:
            short[head].append(found[0])
    for head, found in short.items():
        names[head] = sorted(found, key=lambda commune: -commune.weight)


def _chosen(found: Sequence[Commune], confidence: float, note: str | None = None) -> Place:
    """Return the most populous commune of a name; unclear when another is nearly as populous."""
    first, others = found[0], found[1:4]
    if others and first.weight < CLEAR * others[0].weight:
        confidence = min(confidence, 0.6)
        names = ", ".join(other.label for other in others)
        note = note or f"« {first.name} » lu comme {first.label} ; il y a aussi {names}."
    alternatives = tuple(Meaning("place", (f"insee:{other.insee}",), other.label) for other in others)
    return Place("place", f"insee:{first.insee}", first.label, confidence, alternatives, note)


def _department(code: str) -> Place:
    return Place("department", code, f"{departments()[code].label} ({code})", 0.9)


def _areas() -> dict[str, Place]:
    """Return departments and regions by name."""
    found = {name_key(label): Place("region", code, label, 1.0) for code, label in regions().items()}
    found |= {name_key(each.label): Place("department", each.code, f"{each.label} ({each.code})", 1.0)
              for each in departments().values()}  # fmt: skip
    found |= {fold(short): found[name_key(label)] for short, label in _SHORT.items()}
    return found


_SHORT = {
    "idf": "Île-de-France", "paca": "Provence-Alpes-Côte d'Azur", "aura": "Auvergne-Rhône-Alpes",
    "bfc": "Bourgogne-Franche-Comté", "hdf": "Hauts-de-France", "pdl": "Pays de la Loire", "cvl": "Centre-Val de Loire",
}  # fmt: skip


def skip_between(tokens: Sequence[Token], start: int) -> int:
    """Return where a name may begin after a word that announces it (``près de la``), articles of the name kept."""
    place = start
    while place < len(tokens) and tokens[place].folded in {"de", "du", "des", "d", "a"} | MARKERS:
        place += 1
    return place
