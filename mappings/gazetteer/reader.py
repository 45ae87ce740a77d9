"""Read a table of communes: the built-in one, or an operator's with its own or the official column names."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from sys import intern
from typing import NamedTuple

from mappings.errors import FieldError, InvalidInput, shorten
from mappings.gazetteer.model import Commune
from mappings.geo import Point

COLUMNS = {
    "insee": ("insee", "code_insee"),
    "name": ("name", "nom"),
    "postcodes": ("postcodes", "codes_postaux"),
    "population": ("population",),
    "department": ("department", "departement"),
    "parent": ("parent", "commune_actuelle"),
    "lat": ("lat",),
    "lon": ("lon",),
    "point_source": ("point_source", "point"),
    "former_codes": ("former_codes",),
}
"""Our name of each column, and the headers it is found under (ours, then the official file's)."""

REQUIRED = ("insee", "name", "lat", "lon")
MAX_ERRORS = 20
MAX_NAME = 120
GZIP_MAGIC = b"\x1f\x8b"
_INSEE = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}")
_POSTCODE = re.compile(r"[0-9]{5}")
_NUMBER = re.compile(r"[0-9]{1,9}")
_LIST = re.compile(r"[ |;,]+")


class _Cells(NamedTuple):
    """The cells of one line that we know, stripped, empty where the table lacks the column."""

    insee: str
    name: str
    postcodes: str
    population: str
    department: str
    parent: str
    lat: str
    lon: str
    point_source: str
    former_codes: str


def read_communes(path: Path) -> list[Commune]:
    """Return the communes of a CSV or gzipped CSV file, one a code, a present commune before a former one.

    Raise InvalidInput naming line, column and value of what is wrong (20 at most), OSError if unreadable.
    """
    rows = csv.reader(lines := _decode(path), delimiter=";" if lines and _is_semicolon(lines[0]) else ",")
    by_code: dict[str, Commune] = {}
    errors: list[FieldError] = []
    try:
        header = next(rows, [])
        known_cells, width = itemgetter(*_columns(header, path)), len(header)
        for row in rows:
            if row and len(errors) < MAX_ERRORS:
                row.extend([""] * (width + 1 - len(row)))  # a short line, and the cell of absent columns
                cells = _Cells._make(map(str.strip, known_cells(row)))
                try:
                    _keep(cells, by_code)
                except _BadCell as bad:
                    where = f"{path.name} line {rows.line_num}, column {bad.column}"
                    errors.append(FieldError(where, bad.rule, shorten(repr(getattr(cells, bad.column)))))
    except csv.Error as error:
        raise InvalidInput([FieldError(f"{path.name} line {rows.line_num}", f"not CSV: {error}")]) from error
    errors = errors or list(_orphans(path, by_code))
    if not by_code and not errors:
        errors.append(FieldError(path.name, "holds no commune"))
    if errors:
        raise InvalidInput(errors[:MAX_ERRORS])
    return list(by_code.values())


def _decode(path: Path) -> list[str]:
    """Return the lines of a file, unzipped when it is gzip; raise InvalidInput if it is not UTF-8 text."""
    content = path.read_bytes()
    try:
        if content.startswith(GZIP_MAGIC):
            content = gzip.decompress(content)
        return content.decode("utf-8-sig").splitlines(keepends=True)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InvalidInput([FieldError(path.name, f"is not UTF-8 text, plain or gzipped: {error}")]) from error


def _is_semicolon(header: str) -> bool:
    """Tell whether the header separates its columns by semicolons."""
    return header.count(";") > header.count(",")


def _columns(header: list[str], path: Path) -> list[int]:
    """Return the position of each cell of ``_Cells``, one past the end for a column the table lacks.

    Raise InvalidInput naming the missing columns that are required.
    """
    places = {name.strip().lower(): place for place, name in enumerate(header)}
    found = {
        column: next((places[name] for name in names if name in places), len(header))
        for column, names in COLUMNS.items()
    }
    missing = [" or ".join(COLUMNS[column]) for column in REQUIRED if found[column] == len(header)]
    if missing:
        rule = f"columns missing: {', '.join(missing)}"
        raise InvalidInput([FieldError(f"{path.name} line 1", rule, shorten(",".join(header)))])
    return [found[column] for column in _Cells._fields]


class _BadCell(Exception):
    """A cell breaks a rule."""

    def __init__(self, column: str, rule: str) -> None:
        """Keep which and why."""
        super().__init__(column, rule)
        self.column, self.rule = column, rule


def _keep(cells: _Cells, by_code: dict[str, Commune]) -> None:
    """Add the line's commune unless a better one has its code: a present commune beats a former one."""
    commune = _commune(cells)
    known = by_code.get(commune.insee)
    if known is None or (known.parent is not None and commune.parent is None):
        by_code[commune.insee] = commune
    elif known.parent is None and commune.parent is None:
        raise _BadCell("insee", f"is the code of {known.name} above")


def _commune(cells: _Cells) -> Commune:
    """Return the commune of a line; raise _BadCell on the first cell that is wrong."""
    if not _INSEE.fullmatch(cells.insee):
        raise _BadCell("insee", "must be an INSEE code of five characters")
    if not 0 < len(cells.name) <= MAX_NAME:
        raise _BadCell("name", f"must have 1 to {MAX_NAME} characters")
    if cells.parent and not _INSEE.fullmatch(cells.parent):
        raise _BadCell("parent", "must be an INSEE code of five characters")
    if cells.population and not _NUMBER.fullmatch(cells.population):
        raise _BadCell("population", "must be a whole number")
    return Commune(
        insee=cells.insee,
        name=cells.name,
        postcodes=_codes("postcodes", cells.postcodes, _POSTCODE),
        population=int(cells.population) if cells.population else None,
        department=intern(cells.department or department_of(cells.insee)),
        parent=cells.parent or None,
        point=_point(cells.lat, cells.lon),
        point_source=intern(cells.point_source),
        former_codes=_codes("former_codes", cells.former_codes, _INSEE) if cells.former_codes else (),
    )


@lru_cache(maxsize=8192)
def _codes(column: str, cell: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
    """Return a list of codes separated by spaces, ``|``, ``;`` or ``,``; neighbours often share theirs."""
    codes = tuple(code for code in _LIST.split(cell) if code)
    if not all(pattern.fullmatch(code) for code in codes):
        raise _BadCell(column, "must be codes of five characters")
    return codes


def _point(lat: str, lon: str) -> Point | None:
    """Return the point of a line, None when both coordinates are empty."""
    if not lat and not lon:
        return None
    try:
        return Point(float(lat), float(lon))
    except ValueError:
        column, limit = ("lon", 180) if _is_degrees(lat, 90) else ("lat", 90)
        raise _BadCell(column, f"must be a number of degrees between -{limit} and {limit}") from None


def _is_degrees(cell: str, limit: int) -> bool:
    """Tell whether a cell is a number of degrees within ±``limit``."""
    try:
        return -limit <= float(cell) <= limit
    except ValueError:
        return False


def department_of(code: str) -> str:
    """Return the department of an INSEE code: two characters, three overseas."""
    return code[:3] if code.startswith(("97", "98")) else code[:2]


def _orphans(path: Path, by_code: dict[str, Commune]) -> Iterator[FieldError]:
    """Yield an error for each part whose commune is not in the table."""
    for commune in by_code.values():
        if commune.parent is not None and commune.parent not in by_code:
            yield FieldError(f"{path.name}, parent of {commune.insee}", "is not in the file", commune.parent)
