"""Real questions on the open data of 2023, their answers computed straight from the tables, sharing no code.

Run as a script beside the reference material, it prints each question with the sites expected.
"""

from __future__ import annotations

import csv
import gzip
import sys
from dataclasses import dataclass
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from pathlib import Path

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """A question in words, its parameters, and which rows of which table answer it."""

    words: str
    commune: str
    parameters: dict[str, str]
    table: str
    column: str
    equals: tuple[str, str] | None = None


QUESTIONS = (
    Question("USIC, 70 ans, près de Lisieux", "14366", {"activity": "354", "age": "70"}, "REA", "LIT", ("UNI", "USIC")),
    Question("Réanimation pédiatrique, 4 ans, près de Dieppe", "76217", {"activity": "130", "age": "4"}, "REA", "LIT",
             ("UNI", "REAENF")),
    Question("Réanimation des brûlés près de Nice", "06088", {"activity": "121"}, "BRULES", "LIT_REA"),
    Question("Maternité de type 3 près d’Alençon", "61001", {"activity": "100", "expertise": "04"}, "PERINAT",
             "LIT_OBS", ("AUTOR", "TYPE3")),
    Question("USINV près de Bernay", "27056", {"activity": "356", "age": "66"}, "REA", "LIT", ("UNI", "SIUNV")),
    Question("Réanimation néonatale, 3 jours, près d’Évreux", "27229", {"activity": "128", "age": "3d"}, "PERINAT",
             "LIT_REA"),
    Question("Réanimation adulte près de Gap", "05061", {"activity": "127", "age": "50"}, "REA", "LIT",
             ("UNI", "REAADU")),
    Question("Urgences pédiatriques près de Mantes-la-Jolie", "78361", {"activity": "249", "mode": "33", "age": "2"},
             "URGENCES", "AUTPED"),
    Question("Neurochirurgie près de Guéret", "23096", {"activity": "096", "age": "40"}, "NEUROCHIR", "EX_NEUCHI"),
    Question("Soins de longue durée, 85 ans, près de Quimper", "29232", {"activity": "333", "age": "85"}, "USLD",
             "LIT"),
    Question("Psychiatrie infanto-juvénile, hospitalisation, près de Brest", "29019",
             {"activity": "227", "mode": "28", "age": "12"}, "PSY", "CAP_HTP", ("DIS", "INF")),
    Question("Surveillance continue pédiatrique près de Bayonne", "64102", {"activity": "391", "age": "9"}, "REA",
             "LIT", ("UNI", "SURVENF")),
    Question("SMUR près de Cherbourg", "50129", {"use_case": "means", "activity": "136"}, "SMURSAMU", "SMUR"),
    Question("Chirurgie cardiaque près d’Ajaccio", "2A004", {"activity": "018", "age": "60"}, "CHIRCAR", "AUT"),
    Question("IRM près de Saint-Denis de La Réunion", "97411", {"activity": "068"}, "IMAGES", "NB",
             ("EQUIPIMA", "IRM")),
)  # fmt: skip


@lru_cache(maxsize=3)  # communes, sites, and the table of the question
def read(path: Path, encoding: str, delimiter: str) -> list[Row]:
    """Read a packed table."""
    with gzip.open(path, "rt", encoding=encoding, newline="") as stream:
        return list(csv.DictReader(stream, delimiter=delimiter))


def positive(text: str | None) -> bool:
    """Say whether a cell holds a number above zero."""
    try:
        return float((text or "0").replace(",", ".")) > 0
    except ValueError:
        return False


def metres(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Great-circle distance."""
    a, b = radians(lat), radians(other_lat)
    h = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(other_lon - lon) / 2) ** 2
    return 2 * 6371008.7714 * asin(sqrt(h))


@dataclass(frozen=True, slots=True)
class Tables:
    """The open data, as they are."""

    shared: Path

    def origin(self, insee: str) -> tuple[float, float]:
        """Return the official point of a commune."""
        rows = read(self.shared / "data" / "communes_fr_2026.csv.gz", "utf-8", ",")
        row = next(row for row in rows if row["code_insee"] == insee and row["type"] == "COM")
        return float(row["lat"]), float(row["lon"])

    def sites(self) -> dict[str, tuple[float, float]]:
        """Return the point of each site that has one."""
        rows = read(self.shared / "data" / "sites_sae2023_geo.csv.gz", "utf-8", ",")
        return {row["finess_et"]: (float(row["lat"]), float(row["lon"])) for row in rows if row["lat"]}

    def expected(self, question: Question, reach_m: float = 400_000) -> list[tuple[float, str]]:
        """Return (metres, FINESS) of the sites that answer, the nearest first."""
        rows = read(self.shared / "data" / "sae2023" / f"{question.table}_2023r.csv.gz", "cp1252", ";")
        column = question.equals
        answering = {
            row["FI"]
            for row in rows
            if positive(row[question.column]) and (column is None or row[column[0]] == column[1])
        }
        lat, lon = self.origin(question.commune)
        points = self.sites()
        found = [(metres(lat, lon, *points[finess]), finess) for finess in answering if finess in points]
        return sorted(each for each in found if each[0] <= reach_m)


if __name__ == "__main__":
    tables = Tables(Path(sys.argv[1]))
    for question in QUESTIONS:
        print(question.words)
        for distance, finess in tables.expected(question)[:3]:
            print(f"  {distance / 1000:6.1f} km  {finess}")
