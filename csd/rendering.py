"""Entities as XML for who asks: loaded ones as they were loaded, our own made at the moment of the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from csd.facilities import Facilities
from csd.mapping.result import result
from csd.structures import organization
from csd.view import PAGE, Hit
from mappings.chunks import in_chunks
from orientation.answer import Result
from orientation.criteria import Criteria
from orientation.render.beds import beds
from orientation.render.contacts import Sight
from orientation.render.result import metres

Source = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Renderer:
    """Writes entities for who asks the question of ``criteria``; ``facilities`` writes those of our units."""

    facilities: Facilities
    criteria: Criteria

    def texts(self, hits: Iterator[Hit]) -> Iterator[str]:
        """Yield the XML of entities, some at a time; one of our units that is gone meanwhile is passed over."""
        for batch in in_chunks((hit["_source"] for hit in hits), PAGE):
            ours = iter(self.facilities.of_entries([each for each in batch if _is_of_a_unit(each)]))
            for source in batch:
                text = next(ours) if _is_of_a_unit(source) else self._text(source)
                if text is not None:
                    yield text

    def results(self, found: Iterator[Result], *, whole_sites: bool = False) -> Iterator[str]:
        """Yield the facilities of results, each with its rank, distance, reasons and beds, and its site if wanted."""
        for batch in in_chunks(found, PAGE):
            units, said = [each.unit for each in batch], [result(self._said(each)) for each in batch]
            yield from self.facilities.of_units(units, said, whole_sites=whole_sites)

    def _said(self, found: Result) -> dict[str, Any]:
        """Return what the JSON search says of a result beside its unit."""
        return {
            "rank": found.rank,
            "distance_m": metres(found.distance_m),
            "place": found.place["id"] if found.place else None,
            "why": [{"reason": each.reason, "label": each.label} for each in found.why],
            "beds": beds(found.place, Sight.of(found.unit, self.criteria.access), self.criteria),
        }

    def _text(self, source: Source) -> str:
        return str(source["xml"]) if "xml" in source else organization(source, self.criteria.access)


def _is_of_a_unit(source: Source) -> bool:
    return "unit_id" in source and "xml" not in source
