"""A factory of valid units, and files of them, for the tests of the indexer."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mappings.age import Age, AgeRange
from mappings.capacity import Capacity
from mappings.gazetteer import Commune, Gazetteer
from mappings.geo import Point
from mappings.schema.unit import unit_to_dict
from mappings.unit import CareLocation, Site, Unit

_NEAR_ROUEN = Point(49.44, 1.1)


ROUEN = Point(49.4431, 1.0993)


def gazetteer_of_rouen(point_source: str = "geonames") -> Gazetteer:
    """Return a gazetteer that knows Rouen only, by a centre of that worth."""
    commune = Commune("76540", "Rouen", ("76000",), 114_000, "76", None, ROUEN, point_source)
    return Gazetteer([commune])


def make_unit(
    identifier: str = "U1",
    *,
    point: Point | None = _NEAR_ROUEN,
    insee: str = "76540",
    capacities: tuple[Capacity, ...] = (),
    **changes: Any,
) -> Unit:
    """Return a valid unit of medicine in Rouen; ``changes`` are fields of the unit."""
    unit = Unit(
        id=identifier,
        name="Médecine",
        field="01",
        activities=("083",),
        care_mode="28",
        site=Site(name="CH de l’essai", finess="760780239", insee=insee),
        updated_at=datetime(2026, 1, 1, tzinfo=UTC),
        age=AgeRange(Age(16), Age(120)),
        places=(CareLocation(id=f"{identifier}/L", insee=insee, point=point, capacities=capacities),),
        region="28",
    )
    return replace(unit, **changes)


def write_ndjson(path: Path, units: Iterable[Unit]) -> Path:
    """Write units as a file of ROR NDJSON and return its path."""
    path.write_text("".join(json.dumps(unit_to_dict(unit)) + "\n" for unit in units), encoding="utf-8")
    return path
