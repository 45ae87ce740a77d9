"""Reads the tables of the SAE: files by year, mixed encodings, only the columns that a rule names."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from indexer.rejection import Notice, Rejection, SourceError
from indexer.sources.lines import Lines, open_lines

CellKey = tuple[str, str | None, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure as written, and the line it stands on."""

    line: int
    text: str


@dataclass(slots=True)
class Tables:
    """The figures of every site by (table, kind of row, column), the year, and what was wrong with the files."""

    cells: dict[str, dict[CellKey, Cell]] = field(default_factory=dict)
    year: int | None = None
    problems: list[Rejection | Notice] = field(default_factory=list)


def find_table(folder: Path, table: str) -> Path | None:
    """Return the one file of a table, such as ``MCO_2023r.csv.gz``; ``SourceError`` when several years lie there."""
    prefix = f"{table}_".lower()
    names = sorted(
        path for path in folder.iterdir()
        if path.name.lower().startswith(prefix) and path.name.lower().endswith((".csv", ".csv.gz"))
    )  # fmt: skip
    stems = {path.name.lower().removesuffix(".gz") for path in names}
    if len(stems) > 1:
        raise SourceError(f"several files of table {table} in {folder}: {', '.join(p.name for p in names)}; keep one")
    return names[0] if names else None


def decode(text: bytes) -> str:
    """Decode one line: UTF-8 first, since some files mix both, then cp1252, which the survey is written in.

    The five bytes that cp1252 leaves undefined are read as latin-1 does, so that no line is lost for one letter.
    """
    for encoding in ("utf-8", "cp1252"):
        try:
            return text.decode(encoding)
        except UnicodeDecodeError:
            continue
    return text.decode("latin-1")


def rows(lines: Lines, delimiter: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and row of a CSV, column names in upper case, values without surrounding blanks."""
    numbers = [0]

    def texts() -> Iterator[str]:
        for line in lines:
            numbers[0] = line.number
            if line.text is None:
                raise csv.Error(f"line {line.number} is too long for a table")
            yield decode(line.text) + "\n"

    reader = csv.reader(texts(), delimiter=delimiter)
    header = [name.strip().upper() for name in next(reader, [])]
    for values in reader:
        if values:
            padded = values + [""] * (len(header) - len(values))
            yield numbers[0], {name: value.strip() for name, value in zip(header, padded, strict=False)}


def read_tables(folder: Path, wanted: Mapping[str, tuple[str | None, frozenset[str]]]) -> Tables:
    """Read every wanted table of a folder; a missing one is a notice, no table at all is a ``SourceError``."""
    tables = Tables()
    found = {table: find_table(folder, table) for table in wanted}
    if not any(found.values()):
        raise SourceError(f"no table of the SAE in {folder}: expected files such as MCO_2023r.csv.gz")
    for table, path in found.items():
        if path is None:
            tables.problems.append(Notice(None, None, table, "this table is missing: no unit is made of it"))
        else:
            _read_table(tables, path, table, *wanted[table])
    return tables


def _read_table(tables: Tables, path: Path, table: str, by: str | None, columns: frozenset[str]) -> None:
    with open_lines(path) as lines:
        known: frozenset[str] | None = None
        try:
            for number, row in rows(lines, ";"):
                if known is None:
                    known = _check_header(tables, table, frozenset(row), by, columns)
                _keep(tables, table, number, row, by, known)
        except csv.Error as error:
            tables.problems.append(Rejection(None, None, "source", f"table {table} ({path.name}): {error}"))
        if known is None:
            tables.problems.append(Rejection(None, None, "source", f"table {table} ({path.name}) is empty"))
        if lines.damage:
            tables.problems.append(Rejection(None, None, "source", f"table {table} ({path.name}): {lines.damage}"))


def _check_header(
    tables: Tables, table: str, header: frozenset[str], by: str | None, columns: frozenset[str]
) -> frozenset[str]:
    """Report the columns that this year's table lacks and return those it has."""
    needed = columns | {"FI"} | ({by} if by else set())
    for name in sorted(needed - header):
        tables.problems.append(Rejection(1, None, f"{table}.{name}", "the table has no such column"))
    return columns & header if {"FI", *([by] if by else [])} <= header else frozenset()


def _keep(
    tables: Tables, table: str, number: int, row: dict[str, str], by: str | None, columns: frozenset[str]
) -> None:
    if tables.year is None and row.get("AN", "").isdecimal():
        tables.year = int(row["AN"])
    kind = row[by] if by and columns else None
    for column in sorted(columns):
        if row[column]:
            site = tables.cells.setdefault(row["FI"], {})
            if (table, kind, column) in site:
                reason = "the site has this row twice: the first one is kept"
                tables.problems.append(Rejection(number, row["FI"], f"{table}.{column}", reason, row[column]))
            else:
                site[(table, kind, column)] = Cell(number, row[column])
