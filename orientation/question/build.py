"""From the parameters of a question to its criteria, page, format and warnings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from mappings.errors import FieldError, InvalidInput
from mappings.gazetteer import Gazetteer
from mappings.nomenclature import nomenclature
from orientation.access import MEDICO_SOCIAL, Access
from orientation.criteria import BedCriteria, Criteria, Page
from orientation.cursor import Cursors
from orientation.errors import Forbidden
from orientation.question.fields import PARIS, Code
from orientation.question.origin import Geocoder, department_at, origin_of
from orientation.question.schema import SCHEMA
from orientation.question.shape import Arguments, read
from orientation.question.words import Words, default_words, with_words
from orientation.words import Reading

COUNTS_RIGHT = "needs the right to see bed counts (access profiles 1 to 4)"

CODES = {
    "activities": "activity",
    "near_activities": "near_activity",
    "acts": "act",
    "equipment": "equipment",
    "modes": "mode",
    "fields": "field",
    "publics": "public",
    "specialisations": "specialisation",
    "competences": "competence",
    "expertise": "expertise",
    "reception": "reception",
    "offer_types": "offer_type",
    "site_categories": "site_category",
    "prefer_acts": "prefer_act",
    "prefer_competences": "prefer_competence",
    "prefer_expertise": "prefer_expertise",
    "departments": "department",
    "regions": "region",
}
"""Tuple of codes in ``Criteria`` → parameter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tension:
    """Where a tighter freshness of bed counts is in force."""

    departments: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


class Asked(NamedTuple):
    """A question understood: ``format`` is absent unless asked for, ``widened`` comes from the cursor."""

    criteria: Criteria
    page: Page
    format: str | None
    warnings: tuple[str, ...]
    question: str
    widened: bool = False
    reading: Reading | None = None
    peers: tuple[str, ...] = ("auto",)


def criteria_from(
    args: Arguments,
    *,
    gazetteer: Gazetteer,
    access: Access,
    now: datetime,
    cursors: Cursors | None = None,
    geocoder: Geocoder | None = None,
    tension: Tension | None = None,
    words: Words | None = None,
) -> Asked:
    """Return what is asked; ``InvalidInput`` names each bad parameter, ``Forbidden`` the right missing.

    ``now`` is aware. Without ``cursors`` (a surface that pages otherwise) a cursor is no parameter. A cursor
    gives back the moment, tension and radius of the first page, so that all pages answer one question.
    """
    values = read(SCHEMA, args)
    merged = with_words(args, args["q"][0], words or default_words(gazetteer), access) if "q" in values else None
    if merged is not None:
        values = read(SCHEMA, merged.arguments)
    _check_rights(values, access)
    _check_together(values)
    held, now = None, now.astimezone(UTC)
    if "cursor" in values:
        if cursors is None:
            raise InvalidInput([FieldError("cursor", "is not understood here")])
        held = cursors.open(values["cursor"])
        now = held.as_of
        tension = Tension(departments=held.tension[0], regions=held.tension[1])
    criteria, warnings = _criteria(values, gazetteer, access, now, geocoder, tension or Tension())
    reading = merged.reading if merged else None
    if merged is not None and reading is not None:
        criteria, warnings = replace(criteria, text=reading.text), (*merged.warnings, *warnings)
    page = Page(size=values["size"], facets=values["facets"])
    question = fingerprint(criteria)
    widened = False
    if held is not None:
        held.check(question)
        criteria = replace(criteria, radius_m=held.radius_m)
        page = replace(page, after=held.after, first_rank=held.first_rank)
        widened = held.widened
    return Asked(criteria, page, values.get("format"), warnings, question, widened, reading, values["peers"])


def _criteria(
    values: Mapping[str, Any],
    gazetteer: Gazetteer,
    access: Access,
    now: datetime,
    geocoder: Geocoder | None,
    tension: Tension,
) -> tuple[Criteria, tuple[str, ...]]:
    origin = origin_of(values, gazetteer, geocoder)
    _check_origin(values, has_origin=origin is not None)
    open_at, naive = _open_at(values.get("open_at"), now)
    criteria = Criteria(
        as_of=now,
        access=access,
        origin=origin,
        origin_department=department_at(origin, gazetteer) if origin else None,
        radius_m=values.get("radius"),
        communes=_communes(values.get("commune", ()), gazetteer),
        related=values.get("related", False),
        equipment_weight_min=values.get("equipment_weight_min"),
        age=values.get("age"),
        beds=_beds(values),
        use_case=values.get("use_case"),
        open_at=open_at,
        sort=values["sort"],
        tension_departments=tension.departments,
        tension_regions=tension.regions,
        **{name: values.get(parameter, ()) for name, parameter in CODES.items()},
    )
    return criteria, (*_retired(values), *naive, *_narrowed(criteria))


def _narrowed(criteria: Criteria) -> tuple[str, ...]:
    """Say what a profile that sees counts of one field only is not told."""
    if not criteria.access.counts_of_one_field or criteria.fields == (MEDICO_SOCIAL,):
        return ()
    if criteria.asks_beds:
        return ("Seules les unités médico-sociales répondent : votre profil ne voit pas les lits des autres.",)
    if criteria.use_case == "destination":
        return ("Les lits ne classent pas cette réponse : votre profil ne voit que ceux du médico-social.",)
    return ()


def fingerprint(criteria: Criteria) -> str:
    """Return text that is the same for the same question in every process: sets have no order."""
    origin = criteria.origin
    start = (origin.point, sorted(origin.communes)) if origin else None
    return repr((start, replace(criteria, origin=None)))


def _check_rights(values: Mapping[str, Any], access: Access) -> None:
    """Refuse questions whose answers, by their order or number alone, would tell counts."""
    if access.sees_counts:
        return
    asked = [name for name in values if name.startswith("beds_")]
    if values["sort"] == "beds":
        asked.append("sort=beds")
    if asked:
        raise Forbidden(f"{', '.join(asked)}: {COUNTS_RIGHT}")


def _check_together(values: Mapping[str, Any]) -> None:
    if "equipment_weight_min" in values and "equipment" not in values:
        raise InvalidInput([FieldError("equipment_weight_min", "needs equipment: the weight is what that bears")])
    if "near_activity" in values and "activity" not in values:
        raise InvalidInput([FieldError("near_activity", "needs activity: it ranks after that")])


def _check_origin(values: Mapping[str, Any], *, has_origin: bool) -> None:
    if has_origin:
        return
    if "radius" in values:
        raise InvalidInput([FieldError("radius", "needs an origin: give lat and lon, or place")])
    if values["sort"] == "distance":
        raise InvalidInput([FieldError("sort", "distance needs an origin: give lat and lon, or place", "distance")])


def _communes(codes: tuple[str, ...], gazetteer: Gazetteer) -> tuple[str, ...]:
    """Return every code that units of these communes may bear."""
    strange = [code for code in codes if gazetteer.get(code) is None]
    if strange:
        raise InvalidInput(
            [FieldError("commune", "must be the INSEE code of a known commune", code) for code in strange]
        )
    return tuple(sorted({within for code in codes for within in (code, *gazetteer.codes_within(code))}))


def _beds(values: Mapping[str, Any]) -> BedCriteria | None:
    if not any(name.startswith("beds_") for name in values):
        return None
    return BedCriteria(
        minimum=values.get("beds_min"),
        gender=values.get("beds_gender"),
        horizon=values.get("beds_horizon", "now"),
        max_age_s=values.get("beds_max_age"),
    )


def _open_at(asked: datetime | str | None, now: datetime) -> tuple[datetime | None, tuple[str, ...]]:
    """Return an aware time, and the warning that says which zone was understood."""
    if asked is None or isinstance(asked, str):
        return (now if asked else None), ()
    if asked.tzinfo is not None:
        return asked, ()
    local = asked.replace(tzinfo=PARIS)
    return local, (f"open_at sans fuseau : compris à l’heure de Paris, {local.isoformat()}.",)


def _retired(values: Mapping[str, Any]) -> list[str]:
    """Return a warning for each retired code asked for."""
    warnings = []
    for name, field in SCHEMA.fields.items():
        if not isinstance(field, Code):
            continue
        concepts = nomenclature()[field.list_id].concepts
        warnings += [
            f"{name}={code} : code retiré le {concepts[code].valid_to} ({concepts[code].label})."
            for code in values.get(name, ())
            if not concepts[code].active
        ]
    return warnings
