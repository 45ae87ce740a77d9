"""Source: the yearly open data of the SAE, a folder of tables and a file of site points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from indexer.progress import Watch
from indexer.rejection import Item, Rejection
from indexer.sources.sae_rules import (
    DEVICES,
    MATERNITY_COLUMN,
    NEONATAL_INTENSIVE,
    RULES,
    Rule,
    wanted_columns,
)
from indexer.sources.sae_sites import SaeSite, SitePoint, read_points, read_sites
from indexer.sources.sae_tables import Cell, CellKey, read_tables
from mappings.capacity import BED, INSTALLED, MAX_COUNT, PLACE, Capacity, CapacityKey
from mappings.errors import FieldError, InvalidInput
from mappings.territory import regions
from mappings.unit import CareLocation, Unit

_PARIS = ZoneInfo("Europe/Paris")
_UNPLACED = SitePoint(None, None, None)
_COUNTED = {BED: ("lits installés", "lit installé"), PLACE: ("places installées", "place installée")}
_LEVELS = {"TYPE1": "01", "TYPE3": "04"}
"""R253; TYPE2 is 2A or 2B according to the neonatal intensive care beds."""

NO_MATERNITY = "Obstétrique sans maternité autorisée"
"""Name of a unit with obstetric beds whose site declares no type of maternity: nobody is sent there to give birth."""


def read_sae(
    folder: Path, sites_file: Path | None = None, *, region: str | None = None, watch: Watch | None = None
) -> Iterator[Item]:
    """Yield the units of a folder of tables (``.csv`` or ``.csv.gz``), site by site, then by rule.

    The order is that of the FINESS numbers and of the rules, whatever the order of the files. ``region`` keeps the
    sites of one region; ``watch`` is told how many sites were read. ``SourceError`` when the folder or table ``ID``
    is missing, ``InvalidInput`` for an unknown region.
    """
    if region is not None and region not in regions():
        raise InvalidInput([FieldError("region", "is no region code (28, 11, 04 …)", region)])
    sites = read_sites(folder)
    points, point_problems = read_points(sites_file)
    tables = read_tables(folder, wanted_columns())
    yield from sites.problems
    yield from point_problems
    yield from tables.problems
    if tables.year is None:
        yield Rejection(None, None, "source", "no table says its year in column AN")
        return
    when = datetime(tables.year, 12, 31, tzinfo=_PARIS)
    for index, finess in enumerate(sorted(tables.cells)):
        if watch is not None:
            watch(index, len(tables.cells))
        site = sites.by_finess.get(finess)
        if site is not None and region is not None and site.region != region:
            continue
        for rule in RULES:
            item = _item(rule, finess, site, points.get(finess, _UNPLACED), tables.cells[finess], when)
            if item is not None:
                yield item


def _item(
    rule: Rule, finess: str, site: SaeSite | None, point: SitePoint, cells: Mapping[CellKey, Cell], when: datetime
) -> Unit | Rejection | None:
    """Return what a rule makes of a site; ``None`` when the figure is absent or zero."""
    found = [cell for kind in rule.kinds if (cell := cells.get((rule.table, kind, rule.column))) is not None]
    if not found:
        return None
    unit_id = f"SAE/{finess}-{rule.table}-{rule.key}"
    field, line = f"{rule.table}.{rule.column}", found[0].line
    for cell in found:
        if not (cell.text.isascii() and cell.text.isdecimal() and int(cell.text) <= MAX_COUNT):
            return Rejection(cell.line, unit_id, field, f"is no whole number between 0 and {MAX_COUNT}", cell.text)
    count = sum(int(cell.text) for cell in found)
    if count == 0:
        return None
    if count > MAX_COUNT:
        return Rejection(line, unit_id, field, f"the sum is above {MAX_COUNT}", str(count))
    if site is None:
        return Rejection(line, unit_id, f"{rule.table}.FI", "the site is absent from table ID", finess)
    return _unit(rule, unit_id, site, point, count, cells, when)


def _unit(
    rule: Rule, unit_id: str, site: SaeSite, point: SitePoint, count: int, cells: Mapping[CellKey, Cell],
    when: datetime,
) -> Unit:  # fmt: skip
    place = CareLocation(
        id=f"{unit_id}/L",
        insee=site.insee,
        function=rule.function,
        address=site.site.address,
        point=point.point,
        geo_precision=point.precision,
        geo_reliable=point.reliable,
        capacities=_capacities(rule, count, when),
    )
    level = _maternity_level(cells) if rule.level else None
    return Unit(
        id=unit_id,
        name=NO_MATERNITY if rule.level and level is None else rule.name,
        field=rule.field,
        activities=(rule.activity,),
        care_mode=rule.mode,
        site=site.site,
        updated_at=when,
        age=rule.ages,
        sensitive=rule.sensitive,
        expertise=(level,) if level else (),
        places=(place,),
        region=site.region,
        comment=_comment(rule, count, level, when.year),
    )


def _capacities(rule: Rule, count: int, when: datetime) -> tuple[Capacity, ...]:
    """Return the installed count; what is free is unknown, and the survey is none of the sources of R335."""
    if rule.counts not in _COUNTED:
        return ()
    many, one = _COUNTED[rule.counts]
    said = f"SAE {when.year} : {count} {one if count == 1 else many} au 31 décembre"
    return (Capacity(key=CapacityKey(kind=rule.counts, status=INSTALLED), count=count, observed_at=when, comment=said),)


def _maternity_level(cells: Mapping[CellKey, Cell]) -> str | None:
    """Return the type of a maternity (R253), ``None`` when the survey says none."""
    said = cells.get(MATERNITY_COLUMN)
    if said is None:
        return None
    if said.text == "TYPE2":
        beds = cells.get(NEONATAL_INTENSIVE)
        return "03" if beds is not None and beds.text.strip("0") else "02"
    return _LEVELS.get(said.text)


def _comment(rule: Rule, count: int, level: str | None, year: int) -> str:
    parts = [f"Source : SAE {year} (DREES). La tranche d’âge est notre lecture de l’autorisation, non une donnée."]
    if rule.counts == DEVICES:
        parts.append(f"{count} appareil{'s' if count > 1 else ''} en service.")
    if level in {"02", "03"}:
        parts.append("Type 2A ou 2B d’après les lits de soins intensifs néonatals.")
    return " ".join(parts)
