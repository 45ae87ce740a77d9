"""Sites of the SAE: table ``ID`` for who and where, a file of points for the coordinates."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from indexer.locate import COMMUNE
from indexer.rejection import Notice, Rejection, SourceError
from indexer.sources.lines import open_lines
from indexer.sources.sae_names import title_case
from indexer.sources.sae_tables import find_table, rows
from mappings.errors import InvalidInput
from mappings.geo import Point
from mappings.nomenclature import nomenclature
from mappings.territory import department_of, region_of
from mappings.unit import Address, LegalEntity, Site

OVERSEAS = {"9A": "971", "9B": "972", "9C": "973", "9D": "974", "9F": "976"}
"""Departments as the survey writes them; communes likewise: ``9A101`` is INSEE 97101, ``9F608`` is 97608."""

_NOW_COLLECTIVITIES = {"97123": "97701", "97127": "97801"}
"""Saint-Barthélemy and Saint-Martin under the INSEE codes they had as communes of Guadeloupe, until 2007."""

_STREETS = {
    "R": "Rue", "AV": "Avenue", "RTE": "Route", "BD": "Boulevard", "CHE": "Chemin", "PL": "Place", "ALL": "Allée",
    "IMP": "Impasse", "QUA": "Quartier", "CRS": "Cours", "LD": "Lieu-dit", "RPT": "Rond-point", "QU": "Quai",
    "TRA": "Traverse", "DOM": "Domaine", "SQ": "Square", "FG": "Faubourg", "LOT": "Lotissement", "VOI": "Voie",
    "PROM": "Promenade", "ROC": "Rocade", "MTE": "Montée", "ESP": "Esplanade", "RES": "Résidence",
}  # fmt: skip
_FINESS = re.compile(r"(\d{2}|2[AB])\d{7}")
_POINT_COLUMNS = frozenset({"FINESS_ET", "LAT", "LON", "GEO_SOURCE"})
_TRUSTED = "eurostat"
"""``geo_source`` of a point of the hospital itself; every other one is its commune's."""
_HOUSE_LEVEL = "1"
"""Eurostat's best ``geo_qual``; 2 and 3 are a street or a postcode."""


@dataclass(frozen=True, slots=True)
class SitePoint:
    """Where a site is, how well that is known, and what to say when it is not."""

    point: Point | None
    precision: str | None
    reliable: bool | None


@dataclass(frozen=True, slots=True)
class SaeSite:
    """A site, its commune and the ROR region it lies in."""

    site: Site
    insee: str
    region: str


@dataclass(frozen=True, slots=True)
class Sites:
    """Sites by FINESS, and what was wrong with the tables."""

    by_finess: Mapping[str, SaeSite]
    problems: tuple[Rejection | Notice, ...]


def read_sites(folder: Path) -> Sites:
    """Read table ``ID``; ``SourceError`` when it is missing, since nothing can be placed without it."""
    if not folder.is_dir():
        raise SourceError(f"{folder} is no folder: the SAE is a folder of tables such as MCO_2023r.csv.gz")
    path = find_table(folder, "ID")
    if path is None:
        raise SourceError(f"table ID is missing from {folder}: it names every site (ID_<year>r.csv or .csv.gz)")
    found: dict[str, SaeSite] = {}
    problems: list[Rejection | Notice] = []
    with open_lines(path) as lines:
        try:
            for number, row in rows(lines, ";"):
                if missing := {"FI", "RS", "COMINSEE"} - row.keys():
                    raise SourceError(f"table ID ({path.name}) has no column {', '.join(sorted(missing))}")
                _add(found, problems, number, row)
        except csv.Error as error:
            problems.append(Rejection(None, None, "source", f"table ID ({path.name}): {error}"))
        if lines.damage:
            problems.append(Rejection(None, None, "source", f"table ID ({path.name}): {lines.damage}"))
    if not found and not problems:
        raise SourceError(f"table ID ({path.name}) names no site")
    return Sites(found, tuple(problems))


def _add(found: dict[str, SaeSite], problems: list[Rejection | Notice], number: int, row: Mapping[str, str]) -> None:
    finess = row["FI"]
    if finess in found:
        problems.append(Rejection(number, finess, "ID.FI", "the site is named twice: the first one is kept", finess))
        return
    if not _FINESS.fullmatch(finess):
        problems.append(Rejection(number, finess, "ID.FI", "is no FINESS number", finess))
        return
    insee = insee_code(row.get("ARMT") or row["COMINSEE"])
    try:
        region = region_of(department_of(insee))
    except InvalidInput:
        problems.append(Rejection(number, finess, "ID.COMINSEE", "is no commune code", row["COMINSEE"]))
        return
    category = row.get("CAT") or None
    if category and category not in nomenclature()["site_category"]:
        problems.append(Notice(number, finess, "ID.CAT", "is no site category of list R66: left out", category))
        category = None
    found[finess] = SaeSite(_site(row, insee, category), insee, region)


def insee_code(code: str) -> str:
    """Return the INSEE code of a commune as the survey writes it."""
    overseas = OVERSEAS.get(code[:2].upper())
    insee = overseas[:2] + overseas[2] + code[3:] if overseas and len(code) == 5 else code.upper()
    return _NOW_COLLECTIVITIES.get(insee, insee)


def _site(row: Mapping[str, str], insee: str, category: str | None) -> Site:
    lists = nomenclature()
    siret = row.get("SIR", "")
    siret = siret if re.fullmatch(r"\d{14}", siret) else ""
    entity = row.get("FI_EJ", "")
    legal_status = row.get("STJ") or None
    return Site(
        name=title_case(row["RS"]) or row["FI"],
        usual_name=title_case(row.get("RSCOM", "")) or None,
        finess=row["FI"],
        siret=siret or None,
        category=category,
        public_service=row["ESPIC"] if row.get("ESPIC") in lists["R73"] else None,
        address=_address(row),
        insee=insee,
        legal_entity=LegalEntity(
            finess=entity if _FINESS.fullmatch(entity) else None,
            siren=siret[:9] or None,
            legal_status=legal_status if legal_status in lists["R72"] else None,
        ),
    )


def _address(row: Mapping[str, str]) -> Address:
    kind, name = row.get("TYPVOI", "").upper(), row.get("NOMVOI", "")
    street = " ".join(filter(None, (_STREETS.get(kind, title_case(kind)), title_case(name, inside=bool(kind)))))
    lines = (
        title_case(row.get("COMPD", "")),
        " ".join(filter(None, (row.get("NUMVOI", ""), street))),
        row.get("BP", ""),
    )
    postcode = row.get("CPO", "")
    return Address(
        lines=tuple(dict.fromkeys(line for line in lines if line)),
        postcode=postcode if re.fullmatch(r"\d{5}", postcode) else None,
        commune=title_case(row.get("LIBCOM") or row.get("NOMCOM", "")) or None,
    )


def read_points(path: Path | None) -> tuple[dict[str, SitePoint], tuple[Rejection | Notice, ...]]:
    """Read the file of site points (UTF-8, commas; ``finess_et``, ``lat``, ``lon``, ``geo_source``)."""
    if path is None:
        said = "no file of site points was given: every site is placed at the centre of its commune"
        return {}, (Notice(None, None, "sites", said),)
    points: dict[str, SitePoint] = {}
    problems: list[Rejection | Notice] = []
    with open_lines(path) as lines:
        try:
            for number, row in rows(lines, ","):
                if missing := _POINT_COLUMNS - row.keys():
                    names = ", ".join(sorted(missing)).lower()
                    raise SourceError(f"{path.name} is no file of site points: it has no column {names}")
                points[row["FINESS_ET"]] = _point(number, row, problems)
        except csv.Error as error:
            problems.append(Notice(None, None, "sites", f"{path.name}: {error}"))
        if lines.damage:
            problems.append(Notice(None, None, "sites", f"{path.name}: {lines.damage}"))
    return points, tuple(problems)


def _point(number: int, row: Mapping[str, str], problems: list[Rejection | Notice]) -> SitePoint:
    if not row["LAT"] and not row["LON"]:
        return SitePoint(None, None, None)
    try:
        point = Point(float(row["LAT"]), float(row["LON"]))
    except ValueError as error:
        value = f"{row['LAT']},{row['LON']}"
        problems.append(Notice(number, row["FINESS_ET"], "sites.lat,lon", f"point left out: {error}", value))
        return SitePoint(None, None, None)
    if row["GEO_SOURCE"] != _TRUSTED:
        return SitePoint(point, COMMUNE, False)
    exact = row.get("EUROSTAT_GEO_QUAL", _HOUSE_LEVEL) == _HOUSE_LEVEL
    return SitePoint(point, "address" if exact else "street", True)
