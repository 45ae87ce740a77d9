"""Entities as XML for who asks: loaded ones as they were loaded, our own made at the moment of the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lxml import etree

from csd.entity import FACILITY, directory_alias, document_id
from csd.mapping.facility import facility
from csd.mapping.identity import facility_id
from csd.mapping.result import add_result
from csd.seen import Counts, seen_unit
from csd.structures import Held, bookkeeping, held_structures, organization, says_the_same
from csd.view import PAGE, SHOWN, Hit
from engine.gateway import Gateway
from orientation.answer import Result
from orientation.criteria import Criteria
from orientation.render.beds import beds
from orientation.render.contacts import Sight
from orientation.render.result import metres

Source = Mapping[str, Any]
Unit = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Beside:
    """What some facilities of ours are made of beside their keys: units by id, bed counts, structures."""

    units: Mapping[str, Unit]
    counts: Counts
    structures: Held


@dataclass(frozen=True, slots=True)
class Renderer:
    """Writes entities for who asks the question of ``criteria``.

    ``own`` is the name of our directory, ``units`` the index of units, of which its facilities are made; ``counts``
    gives the bed counts that stand in some places.
    """

    gateway: Gateway
    own: str
    units: str
    criteria: Criteria
    counts: Callable[[Iterable[str]], Counts]

    def texts(self, hits: Iterator[Hit]) -> Iterator[str]:
        """Yield the XML of entities, some at a time; one of our units that is gone meanwhile is passed over."""
        while batch := [hit["_source"] for hit in islice(hits, PAGE)]:
            ids = [each["unit_id"] for each in batch if "xml" not in each and "unit_id" in each]
            beside = self._beside(self._units(ids)) if ids else Beside({}, {}, {})
            for source in batch:
                text = self._text(source, beside)
                if text is not None:
                    yield text

    def results(self, found: Iterator[Result], *, whole_sites: bool = False) -> Iterator[str]:
        """Yield the facilities of results, each with its rank, distance, reasons and beds, and its site if wanted."""
        alias = directory_alias(self.own)
        assert alias is not None
        while batch := list(islice(found, PAGE)):
            ids = [document_id(FACILITY, facility_id(result.unit["id"])) for result in batch]
            sources = self.gateway.mget(alias, ids, source=",".join(SHOWN))
            beside = self._beside({result.unit["id"]: result.unit for result in batch})
            for result, source in zip(batch, sources, strict=True):
                element = self._facility(result.unit, source["_source"] if source else {}, beside, whole_sites)
                add_result(element, self._said(result))
                yield _written(element)

    def _said(self, result: Result) -> dict[str, Any]:
        """Return what the JSON search says of a result beside its unit."""
        return {
            "rank": result.rank,
            "distance_m": metres(result.distance_m),
            "place": result.place["id"] if result.place else None,
            "why": [{"reason": each.reason, "label": each.label} for each in result.why],
            "beds": beds(result.place, Sight.of(result.unit, self.criteria.access), self.criteria),
        }

    def _units(self, ids: Sequence[str]) -> dict[str, Unit]:
        found = self.gateway.mget(self.units, list(dict.fromkeys(ids)), source="unit")
        return {doc["_id"]: doc["_source"]["unit"] for doc in found if doc is not None}

    def _beside(self, units: Mapping[str, Unit]) -> Beside:
        places = [place["id"] for unit in units.values() for place in unit.get("places", ())]
        return Beside(units, self.counts(places), held_structures(self.gateway, self.own, units.values()))

    def _text(self, source: Source, beside: Beside) -> str | None:
        if "xml" in source:
            return str(source["xml"])
        if "content" in source:
            return _written(organization(source, self.criteria.access))
        unit = beside.units.get(source["unit_id"])
        return None if unit is None else _written(self._facility(unit, source, beside))

    def _facility(self, unit: Unit, source: Source, beside: Beside, whole_site: bool = False) -> etree._Element:
        return facility(
            seen_unit(unit, self.criteria.access, beside.counts),
            bookkeeping(source, unit["updated_at"]),
            with_site=whole_site or not says_the_same(unit, beside.structures),
        )


def _written(element: etree._Element) -> str:
    return etree.tostring(element, encoding="unicode")
