"""Grades of SAE units for the judged questions, computed from the raw tables and nothing of the product.

A figure above zero at a site makes the unit ``SAE/<finess>-<table>-<key>``. For a question with a place, units of a
figure are put in order of their distance from the commune (great circle): the nearest three get the figure's grade,
the next seven one less, none below 1, those further than 200 km nothing. For a question with a department, all of it
gets the grade. Usage: ``python -m benchmarks.grades SAE_FOLDER SITES.csv.gz COMMUNES.csv.gz > grades.csv``.
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections import defaultdict
from collections.abc import Iterator
from math import asin, cos, radians, sin, sqrt
from pathlib import Path

from benchmarks.judged import Judged, read_questions

COLUMNS = {
    "REA": ("UNI", "LIT"),
    "PSY": ("DIS", None),
    "SSR": ("GDE", None),
    "IMAGES": ("EQUIPIMA", "NB"),
    "URGENCES2": ("URG", "LIT_UHCD"),
    "DIALYSE": ("DIALY", "CAPA"),
}
"""Tables with several rows a site: the column that tells rows apart, and the one that counts (else it is the key's)."""
DIALYSIS_ROWS = {"112AX", "112BA", "1130X", "1140X"}
FAR_KM = 200.0
PLACE = tuple[float, float]


def rows(folder: Path, table: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a table; bytes are cp1252 but for lines in UTF-8."""
    with gzip.open(folder / f"{table}_2023r.csv.gz", "rb") as stream:
        header: list[str] = []
        for line in stream:
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError:
                text = line.decode("cp1252", "replace")
            cells = next(csv.reader([text.strip("\r\n")], delimiter=";"))
            if not header:
                header = [cell.strip().upper() for cell in cells]
                continue
            yield dict(zip(header, (cell.strip() for cell in cells), strict=False))


def figures(folder: Path, wanted: set[str]) -> dict[str, set[str]]:
    """Return the FINESS numbers of the sites where each figure (``REA-REAADU``) is above zero."""
    found: dict[str, set[str]] = defaultdict(set)
    for figure in sorted(wanted):
        table, _, key = figure.partition("-")
        by, column = COLUMNS.get(table, (None, key))
        kind = key
        if table in {"PSY", "SSR"}:
            kind, _, column = key.partition("-")
        for row in rows(folder, table):
            if by is not None and not _of_kind(row.get(by, ""), table, kind):
                continue
            value = row.get((column or "").upper(), "")
            if value.isdigit() and int(value) > 0:
                found[figure].add(row["FI"].strip())
    return found


def _of_kind(value: str, table: str, kind: str) -> bool:
    return value in DIALYSIS_ROWS if table == "DIALYSE" else value == kind


def points(path: Path) -> dict[str, tuple[str, PLACE | None]]:
    """Return department and point of each site."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return {row["finess_et"]: (row["departement"], _point(row)) for row in csv.DictReader(stream)}


def _point(row: dict[str, str]) -> PLACE | None:
    return (float(row["lat"]), float(row["lon"])) if row.get("lat") and row.get("lon") else None


def communes(path: Path) -> dict[str, PLACE]:
    """Return the point of each commune by INSEE code, and the mean point of each postcode."""
    found: dict[str, PLACE] = {}
    shared: dict[str, list[PLACE]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            point = _point(row)
            if point is None:
                continue
            found.setdefault(row["code_insee"], point)
            for code in row["codes_postaux"].replace("|", " ").replace(";", " ").split():
                shared[code].append(point)
    for code, several in shared.items():
        mean = sum(p[0] for p in several) / len(several), sum(p[1] for p in several) / len(several)
        found.setdefault(f"postcode:{code}", mean)
    return found


def kilometres(one: PLACE, other: PLACE) -> float:
    """Return the great-circle distance (haversine, mean radius)."""
    lat1, lon1, lat2, lon2 = (radians(value) for value in (*one, *other))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0088 * asin(sqrt(half))


def grades(
    judged: Judged,
    having: dict[str, set[str]],
    where: dict[str, tuple[str, PLACE | None]],
    origins: dict[str, PLACE],
) -> dict[str, int]:
    """Return the grade of each unit for a question."""
    asked = dict(judged.reading)
    place = asked.get("place", "")
    origin = origins.get(place.removeprefix("insee:") if place.startswith("insee:") else f"postcode:{place}")
    found: dict[str, int] = {}
    for figure, grade in judged.units.items():
        if origin is not None:
            near = sorted(
                (kilometres(origin, point), finess)
                for finess in having[figure]
                if (point := where.get(finess, ("", None))[1]) is not None
            )
            for rank, (distance, finess) in enumerate(near[:40]):
                if distance <= FAR_KM:
                    lowered = 0 if rank < 3 else 1 if rank < 10 else 2
                    found[f"SAE/{finess}-{figure}"] = max(1, grade - lowered)
        else:
            wanted = asked.get("department")
            for finess in having[figure]:
                if wanted is None or where.get(finess, ("", None))[0] == wanted:
                    found[f"SAE/{finess}-{figure}"] = grade
    return found


def main(folder: str, sites: str, towns: str) -> None:
    """Write the grades of every question as CSV."""
    questions = [each for each in read_questions() if each.units]
    having = figures(Path(folder), {figure for each in questions for figure in each.units})
    where, origins = points(Path(sites)), communes(Path(towns))
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("question", "unit", "grade"))
    for each in questions:
        for unit, grade in sorted(grades(each, having, where, origins).items()):
            out.writerow((each.id, unit, grade))


if __name__ == "__main__":
    main(*sys.argv[1:4])
