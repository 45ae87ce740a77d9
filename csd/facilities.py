"""Facilities of our own directory, made of their units, with the structures and the bed counts of the moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from beds.store import BedStore, counts_in
from csd.entity import FACILITY, ORGANIZATION, document_id
from csd.kept import Hit, Kept, KeptFacilities, key_of, times_of, version_of
from csd.mapping.facility import FacilityText, counts, facility_text
from csd.mapping.identity import facility_id
from csd.seen import seen_counts, seen_unit
from csd.structures import bookkeeping, says_the_same, structures
from csd.view import SHOWN
from engine.gateway import Gateway
from engine.reading import Wanted
from orientation.access import Access, Sees
from orientation.render.contacts import Sight

Json = Mapping[str, Any]
Hits = Sequence[Hit | None]

SHORT = 100
"""Most facilities of a batch that is kept: a whole directory that passes must not drive out what is often asked for."""


@dataclass(frozen=True, slots=True)
class Facilities:
    """Writes facilities for who asks; ``directory`` is the alias of our directory, ``units`` the index of units.

    With ``kept``, what was written before is served again where it still holds, which the same request tells that
    brings the counts of beds.
    """

    gateway: Gateway
    directory: str
    units: str
    beds: BedStore
    access: Access
    kept: KeptFacilities | None = None

    def of_entries(self, entries: Sequence[Json]) -> list[str | None]:
        """Return the facility of each entry of our directory, ``None`` where its unit is gone meanwhile."""
        kept = self.kept if len(entries) <= SHORT else None
        keys = [key_of(entry["unit_id"], self.access) for entry in entries]
        known = [None] * len(entries) if kept is None else kept.get(keys)
        units = [Wanted(self.units, entry["unit_id"]) for entry in entries]
        found = self._read([[unit] if one is None else one.asked for one, unit in zip(known, units, strict=True)])
        texts = [_served(*each) for each in zip(known, entries, found, strict=True)]
        # What is kept was asked for by version only.
        changed = [at for at, one in enumerate(known) if one is not None and texts[at] is None]
        for at, hits in zip(changed, self._read([[units[at]] for at in changed]), strict=True):
            found[at] = hits
        made_of = {at: hit for at, text in enumerate(texts) if text is None and (hit := found[at][0]) is not None}
        made = self._made([(entries[at], hit) for at, hit in made_of.items()])
        for at, (one, places) in zip(made_of, made, strict=True):
            texts[at] = _holding(one.text, one.sees, places)
            if kept is not None:
                kept.put(keys[at], one)
        return texts

    def of_units(self, units: Sequence[Json], extensions: Sequence[str], *, whole_sites: bool) -> Iterator[str]:
        """Yield the facility of each unit, with an extension more, and with its site whole if wanted."""
        entries = [Wanted(self.directory, document_id(FACILITY, facility_id(unit["id"])), SHOWN) for unit in units]
        wanted = [[entry, *self._beside(unit)] for entry, unit in zip(entries, units, strict=True)]
        for unit, more, (entry, *beside) in zip(units, extensions, self._read(wanted), strict=True):
            same, places = _same(unit, beside)
            text = self._text(unit, entry["_source"] if entry else {}, with_site=whole_sites or not same)
            yield _holding(text, self._sees(unit), places, more)

    def _made(self, found: Sequence[tuple[Json, Hit]]) -> Iterator[tuple[Kept, Hits]]:
        """Yield what is made of each entry and unit, with the documents of its counts."""
        wanted = [self._beside(hit["_source"]["unit"]) for _, hit in found]
        for (entry, hit), asked, beside in zip(found, wanted, self._read(wanted), strict=True):
            unit = hit["_source"]["unit"]
            same, places = _same(unit, beside)
            above = len(asked) - len(places)
            made_of = (Wanted(self.units, hit["_id"]), *asked[:above])
            yield (
                Kept(
                    self._text(unit, entry, with_site=not same),
                    self._sees(unit),
                    times_of(entry),
                    (version_of(hit), *map(version_of, beside[:above])),
                    (*[each._replace(source=False) for each in made_of], *asked[above:]),
                ),
                places,
            )

    def _beside(self, unit: Json) -> list[Wanted]:
        """Return the documents of the structures of a unit, then those of the counts of its places."""
        ids = [document_id(ORGANIZATION, each) for each in structures(unit)]
        places = [Wanted(self.beds.indices.store, place["id"]) for place in unit.get("places", ())]
        return [*[Wanted(self.directory, each) for each in ids], *places]

    def _read(self, wanted: Sequence[Sequence[Wanted]]) -> list[Hits]:
        """Return groups of documents, all read in one request, each document once; no counts is no fault."""
        every = list(dict.fromkeys([each for group in wanted for each in group]))
        found = dict(zip(every, self.gateway.get_each(every, missing=(self.beds.indices.store,)), strict=True))
        return [[found[each] for each in group] for group in wanted]

    def _text(self, unit: Json, entry: Json, *, with_site: bool) -> FacilityText:
        kept = bookkeeping(entry, unit["updated_at"])
        return facility_text(seen_unit(unit, self.access), kept, with_site=with_site)

    def _sees(self, unit: Json) -> Sees:
        return Sight.of(unit, self.access).sees


def _same(unit: Json, beside: Hits) -> tuple[bool, Hits]:
    """Say whether the directory holds the structures of a unit as the unit says; return the documents of counts too."""
    ids = structures(unit)
    held = {each: hit["_source"].get("content", {}) for each, hit in zip(ids, beside, strict=False) if hit is not None}
    return says_the_same(unit, held), beside[len(ids) :]


def _served(kept: Kept | None, entry: Json, found: Hits) -> str | None:
    if kept is None or not kept.holds(entry, found):
        return None
    return _holding(kept.text, kept.sees, kept.counts(found))


def _holding(text: FacilityText, sees: Sees, places: Hits, more: str = "") -> str:
    """Write a facility with the counts of its places that may be seen."""
    seen = ["" if hit is None else counts(seen_counts(counts_in(hit), sees)) for hit in places]
    return text.holding(seen, more)
