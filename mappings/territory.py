"""Departments, regions and the radii of a search that gives none.

The table ``departments.csv`` is ours. Regions are the INSEE codes, which are those of the ROR (value set
J237); where INSEE has none (overseas collectivities, Monaco) the code of R30 is used, except Saint-Barthélemy
and Saint-Martin, described by the ROR of Guadeloupe (``01``). Radii are the 2025 ones of the national
access-to-care service; where it has none the column ``radius_source`` says ``ours`` (50 km, then 25 km more;
Monaco as its neighbour).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from mappings.errors import FieldError, InvalidInput, shorten
from mappings.nomenclature.reading import read_rows

MAX_RADIUS_M = 200_000
"""The widest radius that a search reaches by itself."""

_STEPS_M = (15_000, 30_000, 60_000, 100_000, 150_000, MAX_RADIUS_M)
"""Rungs common to all departments: about twice as far each time, then by 50 km."""

_COMMUNE = re.compile(r"(?:\d\d|2[AB])\d{3}", re.ASCII)

_COLUMNS = (
    "code", "label", "region", "region_label", "radius_km", "enlargement_km", "radius_source", "time_zone",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Department:
    """A department or what stands for one overseas, with its region and its default search radius in km."""

    code: str
    label: str
    region: str
    region_label: str
    radius_km: int
    enlargement_km: int
    radius_source: str
    time_zone: str


@lru_cache(maxsize=1)
def departments() -> Mapping[str, Department]:
    """Return every department by code, sorted: ``01`` … ``2A`` … ``971`` … ``99138`` (Monaco)."""
    return MappingProxyType(
        {
            code: Department(code, label, region, region_label, int(radius), int(enlargement), source, zone)
            for code, label, region, region_label, radius, enlargement, source, zone in read_rows(
                "departments", _COLUMNS
            )
        }
    )


@lru_cache(maxsize=1)
def regions() -> Mapping[str, str]:
    """Return the label of each region by code, sorted."""
    labels = {department.region: department.region_label for department in departments().values()}
    return MappingProxyType(dict(sorted(labels.items())))


def department(code: str) -> Department:
    """Return a department; ``InvalidInput`` for an unknown code."""
    found = departments().get(code)
    if found is None:
        raise InvalidInput([FieldError("department", "is no department code (01, 2A, 971 …)", shorten(code))])
    return found


@lru_cache(maxsize=4096)
def department_of(insee: str) -> str:
    """Return the department of a commune by its INSEE code; ``InvalidInput`` for what is no such code.

    Two characters in metropolitan France, three overseas (97…, 98…); Monaco's 99138 is its own.
    """
    code = insee.upper()
    if code == "99138":
        return code
    prefix = code[:3] if code.startswith(("97", "98")) else code[:2]
    if not _COMMUNE.fullmatch(code) or prefix not in departments():
        raise InvalidInput([FieldError("insee", "is no INSEE commune code (76540, 2A004, 97105 …)", shorten(insee))])
    return prefix


def region_of(department_code: str) -> str:
    """Return the region code of a department; ``InvalidInput`` for an unknown department."""
    return department(department_code).region


def departments_of(region: str) -> tuple[str, ...]:
    """Return the departments of a region, sorted; ``InvalidInput`` for an unknown region."""
    if region not in regions():
        raise InvalidInput([FieldError("region", "is no region code (28, 11, 04 …)", shorten(region))])
    return tuple(entry.code for entry in departments().values() if entry.region == region)


def time_zone(department_code: str) -> ZoneInfo:
    """Return the time zone in which opening hours of a department are written.

    French Polynesia is given Tahiti's, although the Marquesas and the Gambiers are half an hour and one hour
    ahead.
    """
    return ZoneInfo(department(department_code).time_zone)


def default_radius_m(department_code: str) -> int:
    """Return the radius of a first search from this department, in metres."""
    return department(department_code).radius_km * 1000


def radius_ladder_m(department_code: str) -> tuple[int, ...]:
    """Return the radii to try in turn, in metres, strictly increasing, at most eight, the last one 200 km.

    The department's default, the default with its enlargement (the national service's own second try), then
    the rungs common to all that are wider: 15, 30, 60, 100, 150 and 200 km.
    """
    entry = department(department_code)
    first = entry.radius_km * 1000
    second = first + entry.enlargement_km * 1000
    return (first, second, *(step for step in _STEPS_M if step > second))
