"""The answer as the contract's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mappings.gazetteer import Gazetteer, Origin
from mappings.nomenclature import CRITERIA
from orientation.answer import Answer, FacetValue
from orientation.criteria import BedCriteria, Criteria
from orientation.peers.merging import ANSWERED, COPIED, Asked, age_s
from orientation.question.build import CODES
from orientation.render.labels import all_coded, commune, department, facet_label, region
from orientation.render.result import result
from orientation.render.understood import understood
from orientation.words import Reading

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """An answer ready to be written in any format: what the surface adds to what the search found."""

    answer: Answer
    gazetteer: Gazetteer
    next: str | None = None
    warnings: tuple[str, ...] = ()
    widened: bool = False
    took_ms: int = 0
    reading: Reading | None = None
    peers: tuple[Asked, ...] = ()

    @property
    def all_warnings(self) -> list[str]:
        """Warnings of the question, then of the search."""
        return list(dict.fromkeys((*self.warnings, *self.answer.warnings)))


def answer(sheet: Sheet) -> Json:
    """Return the whole answer."""
    found = sheet.answer
    return {
        "query": query(sheet),
        "total": found.total,
        "results": [result(each, found.criteria, sheet.gazetteer) for each in found.results],
        "facets": {name: facet(name, values, sheet.gazetteer) for name, values in found.facets.items()},
        "next": sheet.next,
        "warnings": sheet.all_warnings,
        "took_ms": sheet.took_ms,
    } | ({"peers": [_peer(each, found.criteria.as_of) for each in sheet.peers]} if sheet.peers else {})


def _peer(asked: Asked, as_of: datetime) -> Json:
    """Return how another directory answered."""
    return {
        "code": asked.peer.code,
        "name": asked.peer.name,
        "region": region(asked.peer.region),
        "status": asked.status,
        "took_ms": asked.took_ms,
        "total": asked.total if asked.status in {ANSWERED, COPIED} else None,
        "not_taken": asked.unfit + asked.uncounted,
        "breaker": asked.breaker,
        "failure": asked.failure,
        "copied_at": asked.copied_at.isoformat(timespec="seconds") if asked.copied_at is not None else None,
        "copy_age_s": age_s(asked.copied_at, as_of) if asked.copied_at is not None else None,
    }


def query(sheet: Sheet) -> Json:
    """Return what was made of the question."""
    found = sheet.answer
    return {
        "origin": origin(found.criteria.origin),
        "radius_m": found.radius_m,
        "widened": found.widened or sheet.widened,
        "as_of": found.criteria.as_of.isoformat(timespec="seconds"),
        "criteria": criteria(found.criteria, sheet.gazetteer),
        "understood": understood(sheet.reading) if sheet.reading is not None else [],
    }


def origin(found: Origin | None) -> Json | None:
    """Return where the search started."""
    if found is None:
        return None
    return {
        "lat": found.point.lat,
        "lon": found.point.lon,
        "label": found.label,
        "precision": found.precision,
        "insee": found.insee,
    }


def criteria(asked: Criteria, gazetteer: Gazetteer) -> Json:
    """Return the criteria under the names of their parameters, codes with labels; only those asked for."""
    written: Json = {}
    for field, name in CODES.items():
        codes = getattr(asked, field)
        if not codes:
            continue
        if name in {"department", "region"}:
            label = department if name == "department" else region
            written[name] = [label(code) for code in codes]
        else:
            written[name] = all_coded(CRITERIA[name.removeprefix("prefer_").removeprefix("near_")], codes)
    if asked.communes:
        written["commune"] = [commune(code, gazetteer) for code in asked.communes]
    plain = {
        "equipment_weight_min": asked.equipment_weight_min,
        "related": asked.related or None,
        "age": asked.age.label if asked.age else None,
        "use_case": asked.use_case,
        "open_at": asked.open_at.isoformat(timespec="seconds") if asked.open_at else None,
        "text": asked.text,
        "sort": asked.sort,
        **(_beds(asked.beds) if asked.beds else {}),
    }
    return written | {name: value for name, value in plain.items() if value is not None}


def _beds(asked: BedCriteria) -> Json:
    return {
        "beds_min": asked.minimum,
        "beds_gender": asked.gender,
        "beds_horizon": asked.horizon,
        "beds_max_age_s": asked.max_age_s,
    }


def facet(name: str, values: tuple[FacetValue, ...], gazetteer: Gazetteer) -> list[Mapping[str, Any]]:
    """Return the values of a facet."""
    return [
        {
            "code": value.code,
            "label": facet_label(name, value.code, gazetteer),
            "count": value.count,
            "selected": value.selected,
        }
        for value in values
    ]
