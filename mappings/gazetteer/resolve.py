"""Tell which place a person's words mean.

Never guess between homonyms: two communes of exactly one name are answered with both, however different in
size, for a wrong town would send a patient elsewhere. Five digits are a postcode before an INSEE code, since
people know the former; ``insee:76540`` says the latter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mappings.errors import shorten
from mappings.gazetteer.model import Ambiguous, Commune, Found, Origin, Resolution, Unknown
from mappings.gazetteer.names import name_key, one_edit_away
from mappings.gazetteer.reader import department_of
from mappings.gazetteer.suggest import SuggestIndex
from mappings.gazetteer.table import Table
from mappings.geo import Point

MAX_TEXT = 200
MAX_EDITED = 40
SUGGESTIONS = 5
GROUP_LABELS = {
    "postcode": "même code postal, souvent à 6 km près",
    "epci": "même intercommunalité, souvent à 15 km près",
    "arrondissement": "même arrondissement, à plusieurs dizaines de km près",
    "department": "même département, à plusieurs dizaines de km près",
}
"""What to tell of an approximate point; the distances are measured medians (SOURCE.md)."""

_POINT = re.compile(r"([+-]?[0-9]{1,3}(?:\.[0-9]{1,15})?)\s*,\s*([+-]?[0-9]{1,3}(?:\.[0-9]{1,15})?)")
_CODE = re.compile(r"(?:[0-9]{2}|2[ABab])[0-9]{3}")
_INSEE = re.compile(r"insee\s*:?\s*((?:[0-9]{2}|2[AB])[0-9]{3})", re.IGNORECASE)
_DEPARTMENT = r"(?:[0-9]{2,3}|2[ABab])"
_IN_BRACKETS = re.compile(rf"([^()]+)\(\s*({_DEPARTMENT}|[0-9]{{5}})\s*\)")
_TRAILING = re.compile(rf"(.*[^\s,])[\s,]+({_DEPARTMENT}|[0-9]{{5}})")
_LEADING = re.compile(r"([0-9]{5})[\s,]+(.+)")
_CEDEX = re.compile(r"\s+cedex(?:\s+[0-9]{1,2})?\s*$", re.IGNORECASE)


class Resolver:
    """Read a place's name, postcode, code or coordinates against a table of communes."""

    def __init__(self, table: Table, index: SuggestIndex) -> None:
        """Keep the table and its suggestions."""
        self._table = table
        self._index = index

    def resolve(self, text: str) -> Resolution:
        """Return the place meant, the candidates, or why it is unknown; never raise, in bounded time."""
        if len(text) > MAX_TEXT:
            return Unknown(reason=f"un lieu s'écrit en {MAX_TEXT} caractères au plus")
        words = " ".join(text.split())
        if match := _POINT.fullmatch(words):
            return _point(float(match[1]), float(match[2]))
        if match := _INSEE.fullmatch(words):
            return self._of_code(match[1].upper())
        if _CODE.fullmatch(words):
            shared = self._table.of_postcode(words)
            return self._of_postcode(words, shared) if shared else self._of_code(words.upper())
        return self._of_name(words)

    def _of_code(self, code: str) -> Resolution:
        """Return the commune of an INSEE code."""
        commune = self._table.get(code)
        if commune is None:
            return Unknown(self._alike(code), f"{code} n'est ni un code postal ni un code INSEE connu")
        return self._found(commune)

    def _found(self, commune: Commune, note: str | None = None, label: str | None = None) -> Resolution:
        """Return the commune as an origin; unknown where the table has no point for it."""
        point = self._table.centre(commune.insee)
        if point is None:
            return Unknown((), f"{commune.label} n'a pas de coordonnées dans la table des communes")
        codes = self._table.codes_within(commune.insee)
        note = _join(note, _approximate(commune))
        return Found(Origin(point, label or commune.label, "commune", commune.insee, codes, note))

    def _of_postcode(self, postcode: str, shared: Sequence[Commune]) -> Resolution:
        """Return the origin of a postcode: its commune, or the middle of its inhabitants."""
        other = self._table.get(postcode)
        note = None
        if other is not None and other not in shared:
            note = (
                f"{postcode} est lu comme un code postal ; c'est aussi le code INSEE de {other.label}, "
                f"qui s'écrit « insee:{postcode} »"
            )
        main = shared[0]
        if len(shared) == 1:
            return self._found(main, note, f"{postcode} ({main.name})")
        points = [(point, max(c.weight, 1)) for c in shared if (point := self._table.centre(c.insee))]
        if not points:
            return Unknown((), f"les communes du code postal {postcode} n'ont pas de coordonnées")
        codes = frozenset[str]().union(*(self._table.codes_within(commune.insee) for commune in shared))
        others = "1 autre commune" if len(shared) == 2 else f"{len(shared) - 1} autres communes"
        label = f"{postcode} ({main.name} et {others})"
        note = _join(note, _approximate(main))
        return Found(Origin(_middle(points), label, "postcode", None, codes, note))

    def _of_name(self, words: str) -> Resolution:
        """Return the commune of a name, with or without department or postcode."""
        readings = _readings(words)
        found: dict[str, Commune] = {}
        elsewhere: dict[str, Commune] = {}
        for name, hint in readings:
            key = name_key(_CEDEX.sub("", name))
            matching = self._named(key, hint) if key else []
            found.update((commune.insee, commune) for commune in matching)
            if key and hint and not matching:
                elsewhere.update((commune.insee, commune) for commune in self._named(key, ""))
        if len(found) == 1:
            return self._found(next(iter(found.values())))
        if found:
            return Ambiguous(_by_size(found.values()))
        if elsewhere:
            hint = readings[-1][1]
            reason = f"aucune commune de ce nom ne répond à « {hint} »"
            return Unknown(_by_size(elsewhere.values())[:SUGGESTIONS], reason)
        key = name_key(_CEDEX.sub("", readings[-1][0]))
        return Unknown(self._alike(key), f"aucune commune ne s'appelle « {shorten(words)} »")

    def _named(self, key: str, hint: str) -> list[Commune]:
        """Return the communes of the first tier of that name which agree with the hint."""
        for tier in self._table.tiers(key):
            if matching := [kept for commune in tier if (kept := self._agreeing(commune, hint)) is not None]:
                return matching
        return []

    def _agreeing(self, commune: Commune, hint: str) -> Commune | None:
        """Return the commune, or its arrondissement of that postcode, if a department or postcode agrees."""
        if len(hint) != 5:
            return commune if not hint or commune.department in _departments(hint) else None
        if hint in commune.postcodes:
            parts = [part for part in self._table.of_postcode(hint) if part.parent == commune.insee]
            return parts[0] if len(parts) == 1 else commune
        business = not self._table.of_postcode(hint)  # a CEDEX code: not in the table, only its department counts
        return commune if business and commune.department in _departments(department_of(hint)) else None

    def _alike(self, key: str) -> tuple[Commune, ...]:
        """Return communes of a name one letter away, else of the longest common beginning."""
        if not key:
            return ()
        if len(key) <= MAX_EDITED:
            near = {c.insee: c for edit in one_edit_away(key) for c in next(iter(self._table.tiers(edit)))}
            if near:
                return _by_size(near.values())[:SUGGESTIONS]
        for length in range(min(len(key), MAX_EDITED), 2, -1):
            if found := self._index.suggest(key[:length], SUGGESTIONS):
                return tuple(found)
        return ()


def _point(lat: float, lon: float) -> Resolution:
    """Return coordinates as an origin, unknown off the globe."""
    try:
        point = Point(lat, lon)
    except ValueError:
        return Unknown((), f"{lat:g}, {lon:g} : latitude de -90 à 90 et longitude de -180 à 180 degrés")
    return Found(Origin(point, f"{lat:g}, {lon:g}", "point", None, frozenset()))


def _readings(words: str) -> list[tuple[str, str]]:
    """Return what ``words`` may be: a whole name, a name with a department or postcode, or either."""
    if match := _IN_BRACKETS.fullmatch(words):
        return [(match[1], match[2].upper())]
    if match := _LEADING.fullmatch(words):
        return [(match[2], match[1])]
    match = _TRAILING.fullmatch(words)
    return [(words, ""), *([(match[1], match[2].upper())] if match else [])]


def _departments(hint: str) -> tuple[str, ...]:
    """Return the departments a hint names: 20 was Corsica, and still begins its postcodes."""
    return ("2A", "2B") if hint == "20" else (hint,)


def _approximate(commune: Commune) -> str | None:
    """Return the warning for a point that is not the commune's own."""
    group = GROUP_LABELS.get(commune.point_source)
    return f"position approchée de {commune.label} : moyenne des communes voisines ({group})" if group else None


def _join(*notes: str | None) -> str | None:
    """Return the notes as one, None when there is none."""
    return " ; ".join(note for note in notes if note) or None


def _middle(points: Sequence[tuple[Point, int]]) -> Point:
    """Return the mean of points weighted by population."""
    total = sum(weight for _, weight in points)
    lat = sum(point.lat * weight for point, weight in points) / total
    lon = sum(point.lon * weight for point, weight in points) / total
    return Point(lat, lon)


def _by_size(communes: Iterable[Commune]) -> tuple[Commune, ...]:
    """Return communes most populous first, then by code."""
    return tuple(sorted(communes, key=lambda commune: (-commune.weight, commune.insee)))
