"""A synthetic region: real communes, invented hospitals, for demonstrations, tests and load measures.

Nothing in it is real but the communes, and every unit says so (``fictitious``, its names, its comment). The
same arguments always give the same units, on any machine: each hospital has its own generator, seeded by
text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Protocol

from indexer.synth.plan import Territory, density, hospitals
from indexer.synth.units import Hospital, Moment
from mappings.errors import FieldError, InvalidInput, shorten
from mappings.gazetteer.model import Commune
from mappings.territory import department_of, departments, departments_of, regions
from mappings.unit import Unit

DEFAULT_REGION = "28"
"""Normandie, for as many units as its hospitals can carry."""

REGION_LIMIT = 8_000
"""Above that many units, hospitals spread over the whole country unless a region is asked for."""

MAX_UNITS = 5_000_000


class Communes(Protocol):
    """What is needed of a gazetteer."""

    @property
    def communes(self) -> Iterable[Commune]:
        """Every commune and part of one."""


def synthesize(
    count: int,
    *,
    seed: int = 1,
    region: str | None = None,
    gazetteer: Communes,
    as_of: datetime,
    live_counts: bool = True,
) -> Iterator[Unit]:
    """Yield exactly ``count`` synthetic units, one hospital in memory at a time.

    ``region`` is an INSEE region code. All times are relative to ``as_of``, an aware time; without
    ``live_counts`` places tell only what is installed. ``InvalidInput`` for a count, region or time that
    cannot be, or a gazetteer without inhabited communes there.
    """
    problems = _problems(count, region, as_of)
    if problems:
        raise InvalidInput(problems)
    chosen = region or (DEFAULT_REGION if count <= REGION_LIMIT else None)
    territory = _territory(gazetteer, chosen)
    if not territory.communes:
        raise InvalidInput(
            [FieldError("region", "has no commune with a population to put a hospital in", chosen or "")]
        )
    return _units(territory, count, seed, Moment(as_of.replace(microsecond=0), live_counts))


def _units(territory: Territory, count: int, seed: int, moment: Moment) -> Iterator[Unit]:
    """Yield units hospital by hospital until there are ``count``."""
    share = density(territory, count)
    left = count
    if not left:
        return
    for number, planned in enumerate(hospitals(territory, seed), 1):
        for unit in Hospital(planned, number, territory, moment).units(share):
            yield unit
            left -= 1
            if not left:
                return


def _territory(gazetteer: Communes, region: str | None) -> Territory:
    """Return the communes of a region, or of every region that has a ROR of its own."""
    wanted = set(departments_of(region)) if region else {d.code for d in departments().values() if len(d.region) == 2}
    communes = [commune for commune in gazetteer.communes if department_of(commune.insee) in wanted]
    return Territory(communes)


def _problems(count: int, region: str | None, as_of: datetime) -> list[FieldError]:
    """Return what is wrong with the arguments."""
    problems = []
    if not 0 <= count <= MAX_UNITS:
        problems.append(FieldError("count", f"is between 0 and {MAX_UNITS}", shorten(count)))
    if region is not None and region not in regions():
        problems.append(FieldError("region", "is no region code (28, 11, 04 …)", shorten(region)))
    if as_of.tzinfo is None:
        problems.append(FieldError("as_of", "must have a time zone", as_of.isoformat()))
    return problems
