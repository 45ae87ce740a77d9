"""Who is eligible: one small function a criterion, nothing decided anywhere else."""

from __future__ import annotations

from collections import defaultdict
from zoneinfo import ZoneInfo

from mappings.fold import fold
from mappings.hours import DAY
from mappings.territory import departments
from orientation.access import MEDICO_SOCIAL
from orientation.criteria import Criteria
from orientation.query.clauses import Clause, all_of, any_of, none_of, present, terms
from orientation.query.presets import activities, use_case_clause


def unit_clauses(criteria: Criteria) -> list[Clause]:
    """Return the clauses on the unit itself; ``places.place_clauses`` has those on its places."""
    return present(
        (
            terms("activities", activities(criteria)),
            terms("acts", criteria.acts),
            terms("care_mode", criteria.modes),
            terms("field", criteria.fields),
            terms("publics", criteria.publics),
            terms("specialisations", criteria.specialisations),
            terms("competences", criteria.competences),
            terms("expertise", criteria.expertise),
            terms("reception", criteria.reception),
            terms("offer_type", criteria.offer_types),
            terms("site_category_path", criteria.site_categories),
            _takes_age(criteria),
            _named(criteria),
            _open_then(criteria),
            _not_closed(criteria),
            _visible(criteria),
            _counts_visible(criteria),
            use_case_clause(criteria),
        )
    )


def _takes_age(criteria: Criteria) -> Clause | None:
    """The patient is within both bounds, inclusive in completed units (see ``mappings.age``)."""
    if criteria.age is None:
        return None
    age = criteria.age.days
    return all_of(({"range": {"age_min": {"lte": age}}}, {"range": {"age_max": {"gt": age}}}))


def _named(criteria: Criteria) -> Clause | None:
    """Every word of the text is in the names, the last one perhaps unfinished."""
    words = fold(criteria.text) if criteria.text else ""
    return {"match_bool_prefix": {"names": {"query": words, "operator": "and"}}} if words else None


def _not_closed(criteria: Criteria) -> Clause:
    """A unit, site or entity closed on the day of the question takes nobody."""
    return none_of({"term": {"closed": criteria.as_of.date().isoformat()}})


def _visible(criteria: Criteria) -> Clause | None:
    """Sensitive units exist only for the profiles that may see them."""
    return None if criteria.access.sees_sensitive else {"term": {"sensitive": False}}


def _counts_visible(criteria: Criteria) -> Clause | None:
    """Asking for beds must not tell more than showing them would."""
    if not criteria.asks_beds or not criteria.access.counts_of_one_field:
        return None
    return {"term": {"field": MEDICO_SOCIAL}}


def _open_then(criteria: Criteria) -> Clause | None:
    """Open at that moment in the unit's own time; unknown hours are not open hours."""
    if criteria.open_at is None:
        return None
    zones: dict[tuple[str, int], list[str]] = defaultdict(list)
    for zone in sorted({department.time_zone for department in departments().values()}):
        local = criteria.open_at.astimezone(ZoneInfo(zone))
        minute = (local.isoweekday() - 1) * DAY + local.hour * 60 + local.minute
        zones[local.strftime("%Y-%m-%dT%H:%M"), minute].append(zone)
    return any_of(_open_in(zone, stamp, minute) for (stamp, minute), zone in zones.items())


def _open_in(zones: list[str], stamp: str, minute: int) -> Clause:
    """Open in those time zones: by a dated opening, else by the week unless that day is an exception."""
    weekly = all_of(({"term": {"open_week": minute}}, none_of({"term": {"exception_days": stamp[:10]}})))
    return all_of((terms("time_zone", zones), any_of(({"term": {"open_dates": stamp}}, weekly))))
