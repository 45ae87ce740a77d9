"""Carry the national code lists into tables of our own (run by a developer, never at run time).

Usage: ``python tools/carry_nomenclature.py FOLDER`` where FOLDER holds the published lists as CSV files
(``TRE_R211_….csv``, ``JDV_J237_….csv``) and their ``manifest.json``. Writes one CSV a list and
``lists.json`` to ``mappings/nomenclature/tables``. Only facts are carried (codes, labels, links, dates);
definitions and notes are not.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from pathlib import Path
from typing import Any

TABLES = Path(__file__).resolve().parents[1] / "mappings" / "nomenclature" / "tables"

COLUMNS = ("code", "label", "short_label", "parent", "valid_from", "valid_to")

TITLES = {
    "R211": "Activités opérationnelles",
    "R213": "Modes de prise en charge",
    "R210": "Actes spécifiques",
    "R212": "Équipements spécifiques",
    "R227": "Champs d'activité",
    "R239": "Publics pris en charge",
    "R208": "Classes d'âge",
    "R244": "Types d'offre",
    "R245": "Spécialisations de prise en charge",
    "R243": "Compétences spécifiques",
    "R356": "Professions des ressources",
    "R344": "Niveaux d'expertise",
    "R253": "Types de maternité",
    "R338": "Modalités d'accueil",
    "R240": "Temporalités d'accueil",
    "R238": "Ouverture annuelle",
    "R236": "Modes de gestion",
    "R329": "Natures de capacité",
    "R330": "Statuts de capacité",
    "R331": "Temporalités de capacité",
    "R332": "Genres des capacités disponibles",
    "R333": "Types de fermeture de capacité",
    "R334": "Types de lits supplémentaires",
    "R335": "Sources des capacités",
    "R336": "Types de crise",
    "R337": "Affectations temporaires",
    "R340": "Caractéristiques limites des équipements",
    "R343": "Fonctions du lieu",
    "R203": "Statuts du lieu",
    "R207": "Types d'organisation interne",
    "R66": "Catégories d'établissement (FINESS)",
    "R02": "Secteurs d'activité",
    "R316": "Autres catégories d'établissement",
    "R65": "Catégories d'établissement, agrégat de niveau 3",
    "R64": "Catégories d'établissement, agrégat de niveau 2",
    "R63": "Catégories d'établissement, agrégat de niveau 1",
    "R72": "Statuts juridiques (FINESS)",
    "R69": "Agrégats de statuts juridiques",
    "R73": "Participation au service public hospitalier",
    "R284": "Niveaux de recours ORSAN",
    "R286": "Types de fermeture",
    "R202": "Accessibilité du lieu",
    "R241": "Aides financières",
    "R242": "Types d'habitation",
    "R252": "Types de plage horaire",
    "R200": "Canaux de communication",
    "R283": "Niveaux de confidentialité",
    "R287": "Natures de contact",
    "R251": "Fonctions de contact",
    "R201": "Types de division territoriale",
    "R30": "Régions, outre-mer et Monaco compris",
    "G07": "Types d'identifiant de structure",
    "R345": "Autres types d'identifiant",
    "R354": "Types d'identifiant de ressource opérationnelle",
    "R355": "Types d'identifiant d'offre",
    "R247": "Unités de mesure (UCUM)",
    "J229": "Professions de santé",
    "J237": "Régions des ROR",
    "J248": "Départements, outre-mer et Monaco compris",
    "J249": "Territoires de santé",
    "J51": "Familles d'activité (hors SERAFIN)",
}
"""The lists carried, in the order people meet them, each with a French title of ours."""

VALUE_SETS = {
    "J229": ("profession", "20230703120000", ""),
    "J237": ("regionSource", "20230703120000", "1.2.250.1.213.2.25"),
    "J248": ("divisionTerritoriale", "20230703120000", ""),
    "J249": ("territoireSante", "20230703120000", ""),
    "J51": ("familleActivite", "20200424120000", ""),
}
"""Attribute, version and code system OID of the lists known only as value sets, not in the manifest."""

WRONG_SHORT_LABELS = {("R210", "0148"), ("R210", "0167"), ("R210", "0439"), ("R212", "148")}
"""Short labels that belong to another code or are a bare number in the source: shown, they would mislead."""


def list_id(path: Path) -> str:
    """Return ``R211`` for ``TRE_R211_….csv``."""
    return path.name.split("_")[1].removesuffix(".csv")


def canonical(system: str) -> str:
    """Return the published address of a code system, mended where the source file has a stray form.

    The published shape is ``…/NOS/TRE_Rn-Name/FHIR/TRE-Rn-Name``; the carried copy writes R340 with ``.tabs``
    and R247 without its tail.
    """
    found = re.match(r"(https://[^/]+/NOS/)TRE_([A-Z]\d+-\w+)", system)
    if found is None:
        raise SystemExit(f"unexpected code system {system!r}")
    base, name = found.groups()
    return f"{base}TRE_{name}/FHIR/TRE-{name}"


def concepts(name: str, rows: list[dict[str, str]]) -> list[tuple[str, ...]]:
    """Return our columns of each row, sorted by code; a duplicated code stops the run."""
    carried: list[tuple[str, ...]] = sorted(
        (
            row["code"],
            row["display"],
            "" if (name, row["code"]) in WRONG_SHORT_LABELS else row.get("short_display", ""),
            row.get("parent", ""),
            row.get("valid_from", ""),
            row.get("valid_to", ""),
        )
        for row in rows
    )
    if len({row[0] for row in carried}) != len(carried):
        raise SystemExit(f"{name}: a code appears twice")
    return carried


def describe(name: str, rows: list[dict[str, str]], entry: dict[str, Any]) -> dict[str, Any]:
    """Return the entry of ``lists.json``: what the list is, where it comes from, how much it holds."""
    versions = sorted(re.findall(r"\d{14}", entry["version"]))
    if not versions:
        raise SystemExit(f"{name}: no version in {entry['version']!r}")
    (system,) = {canonical(row["system"]) for row in rows}
    kind = "jeu de valeurs JDV" if name.startswith("J") else "table de référence TRE"
    source = (
        f"Nomenclature des objets de santé (ANS), {kind}_{name}, version {versions[-1]}, "
        "lue dans une copie publique d'ansforge/IG-terminologie-de-sante de septembre 2023"
    )
    if entry.get("overlay"):
        source += " et complétée d'après une version publique plus récente"
    if len(versions) > 1:
        source += f" ; les codes plus anciens gardent leur libellé de la version {versions[0]}"
    return {
        "title": TITLES[name],
        "attribute": entry["attribute"],
        "oid": entry["oid"],
        "system": system,
        "value_set": entry["value_set"],
        "version": versions[-1],
        "source": source + ".",
        "count": len(rows),
        "active": sum(not row.get("valid_to") for row in rows),
    }


def manifest(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the facts of each list by its id: the manifest's, and ours for the value sets."""
    entries = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    known = {list_id(Path(entry["file"])): entry for entry in entries}
    for name, (attribute, version, oid) in VALUE_SETS.items():
        known[name] = {"attribute": attribute, "version": version, "oid": oid, "value_set": f"JDV_{name}"}
    return known


def carry(folder: Path, tables: Path) -> int:
    """Write every list of ``TITLES`` from ``folder`` to ``tables`` and return the number of codes."""
    files = {list_id(path): path for path in sorted(folder.glob("[TJ]*_*.csv"))}
    missing = sorted(set(TITLES) - set(files))
    if missing:
        raise SystemExit(f"{folder} lacks {', '.join(missing)}")
    facts = manifest(folder)
    described = {}
    for name in TITLES:
        with files[name].open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        described[name] = describe(name, rows, facts[name])
        with (tables / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(concepts(name, rows))
    text = json.dumps(described, ensure_ascii=False, indent=1)
    (tables / "lists.json").write_text(text + "\n", encoding="utf-8")
    return sum(entry["count"] for entry in described.values())


def main(arguments: list[str]) -> None:
    """Run from the command line with the folder of published lists as the only argument."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        raise SystemExit("usage: carry_nomenclature.py FOLDER (the published lists and manifest.json)")
    count = carry(Path(arguments[0]), TABLES)
    print(f"{len(TITLES)} lists, {count} codes")


if __name__ == "__main__":
    main(sys.argv[1:])
