"""What the pages call things, and what is wrong with a question, in plain French."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from mappings.errors import FieldError, InvalidInput
from orientation.criteria import PRESETS
from orientation.pages.french import moment, plural
from orientation.pages.links import Links

TITLES = {
    "q": "Recherche",
    "place": "Lieu",
    "lat": "Latitude",
    "lon": "Longitude",
    "radius": "Rayon",
    "activity": "Activité",
    "act": "Acte",
    "equipment": "Équipement",
    "mode": "Prise en charge",
    "field": "Champ",
    "public": "Public",
    "specialisation": "Spécialisation",
    "competence": "Compétence",
    "expertise": "Niveau d’expertise",
    "reception": "Accueil",
    "offer_type": "Type d’offre",
    "site_category": "Établissement",
    "department": "Département",
    "region": "Région",
    "commune": "Commune",
    "age": "Âge",
    "use_case": "Besoin",
    "beds_min": "Lits",
    "beds_gender": "Lits",
    "beds_horizon": "Lits",
    "open_at": "Horaires",
    "related": "Activités voisines",
    "equipment_weight_min": "Équipement",
    "prefer_act": "Acte souhaité",
    "prefer_competence": "Compétence souhaitée",
    "prefer_expertise": "Expertise souhaitée",
    "peers": "Autres régions",
}
SORTS = {"suitability": "Le plus adapté", "distance": "Le plus proche", "beds": "Le plus de lits"}

CHIPS: Mapping[str, Callable[[Any], str]] = {
    "age": str,
    "use_case": lambda value: PRESETS[value].label,
    "beds_min": lambda value: plural(value, "lit libre au moins", "lits libres au moins"),
    "beds_gender": lambda value: {"f": "pour une femme", "m": "pour un homme"}[value],
    "beds_horizon": lambda value: {
        "now": "maintenant",
        "1h": "dans 1 h",
        "24h": "dans 24 h",
        "48h": "dans 48 h",
        "7d": "dans 7 jours",
    }[value],
    "open_at": lambda value: "ouvert le " + moment(datetime.fromisoformat(value)),
    "related": lambda value: "avec les activités voisines",
    "equipment_weight_min": lambda value: f"supporte {value:g} kg",
}
"""Plain parameters that are shown as chips → what the chip says of their value."""

DIRECTIONS = {"out": "demandes faites", "in": "demandes reçues"}
TRANSACTIONS = {"find": "recherche"}
PROFESSIONS = {"AUTOMATE": "Programme", "other": "Autre"}
AGE_BANDS = {
    "0-27d": "moins de 28 jours", "1-11mo": "de 28 jours à 11 mois", "1-4y": "1 à 4 ans", "5-14y": "5 à 14 ans",
    "15-17y": "15 à 17 ans", "18-64y": "18 à 64 ans", "65-74y": "65 à 74 ans", "75-84y": "75 à 84 ans",
    "85y+": "85 ans et plus",
}  # fmt: skip
FAILED = {
    "answered": "répondu", "late": "hors délai", "unreachable": "injoignable", "certificate": "certificat refusé",
    "redirect": "redirection", "refused": "accès refusé", "status": "erreur du serveur", "type": "pas de XML",
    "xml": "XML illisible", "too-large": "réponse trop longue", "secret": "secret illisible",
    "busy": "trop de demandes en cours", "resting": "mis au repos", "unsupported": "question non comprise",
    "no-copy": "pas encore copié", "broken-off": "interrompu",
    "given-up": "abandonné", "unavailable": "moteur de recherche absent",
}  # fmt: skip
"""Outcome of an exchange → what the page calls it."""

_WRONG = {
    "age": "Écrire un âge comme 35, 18 mois, 3 semaines ou 10 jours.",
    "beds_min": "Le nombre de lits doit être un nombre entier.",
    "radius": "Écrire un rayon comme 30km.",
    "open_at": "Écrire « now », ou une date et une heure.",
    "lat": "Les coordonnées sont fausses.",
    "lon": "Les coordonnées sont fausses.",
}


def title(name: str) -> str:
    """Return what a parameter is called."""
    return TITLES.get(name, name)


def problems(error: InvalidInput, links: Links) -> list[dict[str, Any]]:
    """Return what is wrong, each with what to do, and the places that were perhaps meant."""
    choices = [
        {
            "label": f"{each['name']} ({each['department']})",
            "detail": ", ".join(each["postcodes"][:3]),
            "url": links.with_(place=each["place"]),
        }
        for name in ("candidates", "suggestions")
        for each in error.extra.get(name, ())
    ]
    several = bool(error.extra.get("candidates"))
    return [
        {
            "title": title(each.field),
            "text": _wrong(each, several),
            "choices": choices if each.field == "place" else [],
        }
        for each in error.errors
    ]


def _wrong(error: FieldError, ambiguous: bool) -> str:
    if error.field == "place":
        if ambiguous:
            return f"Plusieurs communes s’appellent « {error.value} ». Laquelle ?"
        return f"Le lieu « {error.value} » n’est pas connu. Essayer une commune ou un code postal."
    given = f" (reçu : « {error.value} »)" if error.value else ""
    return _WRONG.get(error.field, f"Valeur non comprise pour « {title(error.field)} ».") + given
