"""Other regions on the orientation page: whom to ask, how they answered, and what they say of a unit.

A unit of another directory has no page here: what came with the answer stands in its line, so that no link leads
nowhere and nobody is asked twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from orientation.pages.french import plural, time_shown
from orientation.pages.links import Links
from orientation.pages.phones import contact_shown
from orientation.peers.merging import ANSWERED, Asked
from orientation.peers.territory import ALL, AUTO, NONE

CHOICES = {AUTO: "au besoin", NONE: "aucune", ALL: "toutes"}
"""Value of ``peers`` → what the page calls it."""
_LISTS = {
    "acts": "Actes",
    "specialisations": "Spécialisations",
    "competences": "Compétences",
    "equipment": "Équipement",
    "publics": "Publics",
    "reception": "Modes d’accueil",
}


def choices(links: Links, asked: Sequence[str]) -> list[dict[str, Any]]:
    """Return the ways to ask other regions; those that the address names stand beside the usual three."""
    every = [
        {
            "label": label,
            "url": links.with_(peers=None if name == AUTO else name, n=None),
            "on": tuple(asked) == (name,),
        }
        for name, label in CHOICES.items()
    ]
    if not any(each["on"] for each in every):
        every.append({"label": ", ".join(asked), "url": links.with_(n=None), "on": True})
    return every


def asked(peers: Iterable[Asked]) -> list[dict[str, str]]:
    """Return the peers that were asked and what came of it; why one failed is among the warnings."""
    return [
        {
            "name": each.peer.name,
            "words": plural(each.total, "unité") if each.status == ANSWERED else "sans réponse",
        }
        for each in peers
    ]


def told(written: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return who says a result in its JSON shape, how old that is, and all that was said."""
    source, unit = written["source"], written["unit"]
    site, place = unit["site"], unit["place"] or {}
    entity = site["legal_entity"] or {}
    facts = {
        "Adresse": place.get("address"),
        **{label: ", ".join(each["label"] for each in unit[name]) for name, label in _LISTS.items()},
        "Établissement": " – ".join(filter(None, (site["name"], (site["category"] or {}).get("label")))),
        "FINESS": site["finess"],
        "Entité juridique": entity.get("name"),
        "Identifiant": unit["id"],
    }
    return {
        "name": source["name"],
        "region": source["region"]["label"] if source["region"] else source["name"],
        "updated": time_shown(unit["updated_at"], now),
        "facts": [(label, text) for label, text in facts.items() if text],
        "contacts": [contact_shown(each) for each in unit["contacts"]],
    }
