"""What the record of a unit must have and must not say: one rule a line, judged when the unit is indexed.

Sources: the indicators of the national ROR (ansforge/ROR-indicateurs-BI-SQL: CO1, CO3, CP5 and what makes a record
*finalised*), the exposition model 3.0, and rules of our own where they say so. Themes are those of list R350.
How recent a record is depends on the day of the question, and is asked of the index.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, lru_cache
from typing import Any

from mappings.age import days
from mappings.fold import fold
from mappings.nomenclature import nomenclature
from mappings.territory import department_of, region_of
from mappings.unit import Contact, Unit

COMPLETENESS, COHERENCE, RECENCY, STRUCTURE, EXACTNESS = "01", "03", "04", "05", "06"
"""Codes of R350 (02, exhaustiveness, needs the registers of authorisations, which are not in the source)."""
THEMES: Mapping[str, str] = {
    COMPLETENESS: "Complétude",
    COHERENCE: "Cohérence",
    RECENCY: "Récence",
    STRUCTURE: "Structuration",
    EXACTNESS: "Exactitude",
}
"""Theme (R350, version of 2023-03-31) → its label."""
HOSTING = ("09", "13", "14", "28", "29", "30", "34", "46")
"""Modes of care (R213) that need beds or places: their zones are expected to count."""
RECENT = timedelta(days=365)
"""National rule RE1.2: a record is recent when it was updated within twelve months…"""
RECENT_SHARE = 0.25
"""… and a site when a quarter of its units are, …"""
FEW_UNITS = 8
"""… or one of them where it has fewer units than this."""
AT_CENTRE = "commune"
"""``geo_precision`` of a place that stands at the centre of its commune, as the indexer says it."""

_SET_HOURS = frozenset({"20", "29", "30", "32", "47", "48"})
"""Modes whose units keep hours: consultations, ambulatory care, day or night care."""
_DECLARED_OFFER = frozenset({"209", "354", "460"})
"""Categories of sites whose units say their type of offer (BI, *finalised*)."""
_SOCIAL, _CITY = "04", "05"
_PHONES = frozenset({"1", "2", "8"})
"""Channels (R200) that a voice answers: mobile, landline, emergency line."""
_EMERGENCY = frozenset({"157", "249"})
_GUARDED = re.compile(r"\b(uhsi|uhsa|smpr|nrbc|penitentiaire|penitentiaires)\b")
_OF_CHILDREN = re.compile(r"pediatri|neonat")
_CODES = {
    "R227": "field",
    "R211": "activities",
    "R213": "care_mode",
    "R210": "acts",
    "R239": "publics",
    "R244": "offer_type",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what is wrong when it is broken (French), its theme (R350), whether it holds, for whom (all)."""

    id: str
    theme: str
    label: str
    holds: Callable[[Unit], bool]
    applies: Callable[[Unit], bool] | None = None

    def judge(self, unit: Unit) -> bool | None:
        """Say whether it holds for a unit, ``None`` where it does not apply."""
        return self.holds(unit) if self.applies is None or self.applies(unit) else None


def judged(unit: Unit) -> dict[str, Any]:
    """Return what the index keeps of a unit's quality: its territory, the rules kept and those broken."""
    verdicts = {name: rule.judge(unit) for name, rule in RULES.items()}
    insee = unit.places[0].insee if unit.places else unit.site.insee
    department = department_of(insee) if insee else None
    told: dict[str, Any] = {
        "department": department,
        "region": region_of(department) if department else None,
        "kept": sorted(name for name, holds in verdicts.items() if holds),
        "broken": [name for name, holds in verdicts.items() if holds is False],
    }
    return {name: value for name, value in told.items() if value}


def _has_place(unit: Unit) -> bool:
    """A unit without a place is given that of its site by the indexer, under a name that says so."""
    return any(place.id != f"{unit.id}@site" for place in unit.places)


def _has_address(unit: Unit) -> bool:
    known = (place.address for place in unit.places)
    return any(each and each.lines and each.postcode and each.commune for each in known)


def _every_contact(unit: Unit) -> Iterator[Contact]:
    yield from unit.contacts
    yield from unit.site.contacts


def _has_contact(unit: Unit) -> bool:
    """A contact says for what it is, and how to reach it."""
    return any((each.function or each.nature) and each.telecoms for each in _every_contact(unit))


def _has_phone(unit: Unit) -> bool:
    of_contacts = (way for each in _every_contact(unit) for way in each.telecoms)
    of_places = (way for place in unit.places for way in place.telecoms)
    every = (*of_contacts, *of_places, *unit.site.telecoms)
    return any(way.channel in _PHONES for way in every)


def _is_social_host(unit: Unit) -> bool:
    return unit.field == _SOCIAL and unit.care_mode in HOSTING


def _declares_offer(unit: Unit) -> bool:
    return unit.site.category in _DECLARED_OFFER or _is_social_host(unit)


def _is_emergency(unit: Unit) -> bool:
    return unit.care_mode == "33" and not _EMERGENCY.isdisjoint(unit.activities)


def _is_guarded(unit: Unit) -> bool:
    return _GUARDED.search(fold(unit.name)) is not None


@cache
def _children() -> frozenset[str]:
    """Return the activities that are for children, by the words of the national list."""
    return frozenset(each.code for each in nomenclature()["R211"] if _OF_CHILDREN.search(fold(each.label)))


def _is_for_children(unit: Unit) -> bool:
    return bool(unit.activities) and set(unit.activities) <= _children()


def _codes_in_force(unit: Unit) -> bool:
    return all(_in_force(list_id, getattr(unit, name)) for list_id, name in _CODES.items())


@lru_cache(maxsize=4096)
def _in_force(list_id: str, value: str | tuple[str, ...] | None) -> bool:
    codes = (value,) if isinstance(value, str) else value or ()
    known = (nomenclature()[list_id].get(code) for code in codes)
    return all(concept is not None and concept.active for concept in known)


def _same_department(unit: Unit) -> bool:
    """The first characters of a FINESS number are a department: two digits, ``2A``, ``2B``, 97 and 98 overseas."""
    assert unit.site.finess is not None
    here = {department_of(place.insee)[:2] for place in unit.places}
    here |= {department_of(unit.site.insee)[:2]} if unit.site.insee else set()
    return unit.site.finess[:2] in here or (unit.site.finess[:2] == "98" and "97" in here)


_TABLE = (
    Rule("place", COMPLETENESS, "aucun lieu de réalisation", _has_place),
    Rule("address", COMPLETENESS, "adresse incomplète (voie, code postal, commune)", _has_address),
    Rule(
        "coordinates",
        COMPLETENESS,
        "sans coordonnées : placée au centre de la commune",
        lambda u: any(p.geo_precision != AT_CENTRE or p.rejected_point is not None for p in u.places),
        lambda u: bool(u.places),
    ),
    Rule("contact", COMPLETENESS, "aucun contact complet (fonction ou nature, et moyen de joindre)", _has_contact),
    Rule("phone", COMPLETENESS, "aucun téléphone", _has_phone),
    Rule("public", COMPLETENESS, "public pris en charge absent", lambda u: bool(u.publics)),
    Rule("hours", COMPLETENESS, "horaires absents", lambda u: bool(u.hours), lambda u: u.care_mode in _SET_HOURS),
    Rule("offer_type", COMPLETENESS, "type d’offre absent", lambda u: u.offer_type is not None, _declares_offer),
    Rule(
        "stay_duration",
        COMPLETENESS,
        "temporalité d’accueil absente",
        lambda u: u.stay_duration is not None,
        _is_social_host,
    ),
    Rule("finess", COMPLETENESS, "site sans numéro FINESS", lambda u: bool(u.site.finess), lambda u: u.field != _CITY),
    Rule("category", COMPLETENESS, "catégorie du site absente", lambda u: u.site.category is not None),
    Rule(
        "legal_entity",
        COMPLETENESS,
        "entité juridique absente",
        lambda u: u.site.legal_entity is not None,
        lambda u: u.field != _CITY,
    ),
    Rule(
        "open_place",
        COHERENCE,
        "unité ouverte dont aucun lieu ne fonctionne",
        lambda u: any(place.is_open for place in u.places),
        lambda u: bool(u.places),
    ),
    Rule(
        "emergency_name",
        COHERENCE,
        "accueil des urgences dont le nom ne dit pas « urgence »",
        lambda u: "urgence" in fold(u.name),
        _is_emergency,
    ),
    Rule("sensitive", COHERENCE, "unité gardée non déclarée sensible", lambda u: u.sensitive, _is_guarded),
    Rule(
        "children_age",
        COHERENCE,
        "activité pédiatrique fermée aux enfants",
        lambda u: u.age.min.days < days(18, "a"),
        _is_for_children,
    ),
    Rule(
        "dates",
        COHERENCE,
        "mise à jour antérieure à la création",
        lambda u: u.created_at is None or u.created_at <= u.updated_at,
        lambda u: u.created_at is not None,
    ),
    Rule("codes", STRUCTURE, "code retiré de sa liste nationale", _codes_in_force),
    Rule(
        "point",
        EXACTNESS,
        "coordonnées trop loin de la commune",
        lambda u: all(place.rejected_point is None for place in u.places),
        lambda u: any(p.geo_precision != AT_CENTRE or p.rejected_point is not None for p in u.places),
    ),
    Rule(
        "finess_department",
        EXACTNESS,
        "FINESS d’un autre département que le lieu",
        _same_department,
        lambda u: bool(u.site.finess) and bool(u.places or u.site.insee),
    ),
)
RULES: Mapping[str, Rule] = {rule.id: rule for rule in _TABLE}
"""Every rule by id, the most useful of each theme first."""
