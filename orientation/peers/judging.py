"""What a peer sends, judged: units of its own territory, at places that can be, that answer the question as ours do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mappings.document import places_of, unit_to_document
from mappings.errors import InvalidInput
from mappings.gazetteer import Gazetteer
from mappings.geo import distance_m
from mappings.schema.unit import unit_from_dict
from mappings.unit import CareLocation, Unit
from orientation.answer import Result
from orientation.criteria import Criteria
from orientation.peers.evaluate import holds, score, sort_value
from orientation.peers.register import Peer
from orientation.peers.territory import lies_in
from orientation.placing import best_place, place_distance_m
from orientation.query.facets import eligible
from orientation.query.order import sort_keys
from orientation.query.ranking import ranking_clauses
from orientation.query.shape import Shape
from orientation.search import why

TOO_FAR_M = 50_000
"""A point this far from the middle of its own commune is an error; the largest communes of France are smaller."""


@dataclass(slots=True)
class Judged:
    """The results of a peer, each with its sort values; how many units were not taken, by reason."""

    results: list[Result] = field(default_factory=list)
    unfit: dict[str, int] = field(default_factory=dict)

    def refuse(self, reason: str) -> None:
        """Count a unit that is not taken."""
        self.unfit[reason] = self.unfit.get(reason, 0) + 1


REASONS = {
    "unreadable": "illisible",
    "uncoded": "sans les codes nationaux qu’il faut pour la juger (activité, champ, mode, âges, commune)",
    "elsewhere": "hors de son territoire",
    "coordinates": "aux coordonnées impossibles",
    "twice": "en double",
    "unanswering": "qui ne répond pas à la question",
}
"""Word → what people are told after how many units."""


def judge(units: Iterable[dict[str, Any]], criteria: Criteria, peer: Peer, gazetteer: Gazetteer) -> Judged:
    """Return what of a peer's units stands in an answer; ``criteria`` have the radius used."""
    found = Judged()
    filters = eligible(criteria, criteria.radius_m)
    should = ranking_clauses(criteria, criteria.radius_m)
    keys = sort_keys(criteria, Shape.ROWS)
    seen: set[str] = set()
    for data in units:
        try:
            unit = unit_from_dict(data)
            reason = _wrong(unit, peer, gazetteer)
        except InvalidInput:
            found.refuse("unreadable")
            continue
        if reason is None and unit.id in seen:
            reason = "twice"
        if reason is not None:
            found.refuse(reason)
            continue
        seen.add(unit.id)
        stored = unit_to_document(unit)
        document = {**stored, "places": places_of(stored)}
        if not all(holds(clause, document) for clause in filters):
            found.refuse("unanswering")
            continue
        total = sum(score(clause, document) for clause in should)
        values = tuple(sort_value(key, document, total) for key in keys)
        found.results.append(_result(criteria, stored, values))
    return found


def _wrong(unit: Unit, peer: Peer, gazetteer: Gazetteer) -> str | None:
    """Return why a peer may not speak of a unit, or where it cannot be."""
    where = [(place.insee, place.point) for place in unit.places]
    if not where and unit.site.insee is not None:
        where = [(unit.site.insee, None)]
    if not where or not all(lies_in(peer, insee, point, gazetteer) for insee, point in where):
        return "elsewhere"
    return "coordinates" if any(_is_absurd(place, gazetteer) for place in unit.places) else None


def _is_absurd(place: CareLocation, gazetteer: Gazetteer) -> bool:
    centre = gazetteer.centre(place.insee)
    return place.point is not None and centre is not None and distance_m(place.point, centre) > TOO_FAR_M


def _result(criteria: Criteria, document: dict[str, Any], values: tuple[Any, ...]) -> Result:
    place = best_place(criteria, places_of(document), criteria.radius_m)
    return Result(
        rank=0,
        document=document,
        why=why(criteria, values),
        place=place,
        distance_m=place_distance_m(criteria, place) if place is not None else None,
        sort=values,
    )
