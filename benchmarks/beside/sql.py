"""A question as SQL: first the radius, where it is to be widened, then the page, the total and every facet at once."""

from __future__ import annotations

from typing import Any

from mappings.age import patient_classes
from mappings.nomenclature import freshness_policies
from orientation.criteria import PRESETS, Criteria
from orientation.query.ranking import EVERYBODY
from orientation.query.rungs import ENOUGH

ORIGIN = "ST_MakePoint(%(lon)s, %(lat)s)::geography"
UNWEIGHED = "0"


def parameters(criteria: Criteria, radii: tuple[int | None, ...]) -> dict[str, Any]:
    """Return all that a statement may name; what is not asked is not named."""
    assert criteria.origin is not None
    classes = patient_classes(criteria.age) if criteria.age else ()
    found: dict[str, Any] = {
        "lat": criteria.origin.point.lat, "lon": criteria.origin.point.lon, "communes": list(criteria.origin.communes),
        "radii": list(radii), "day": criteria.as_of.date(), "activities": list(criteria.activities),
        "modes": list(criteria.modes), "publics": list(criteria.publics),
        "specific": sorted(set(criteria.publics) - {EVERYBODY}), "enough": ENOUGH,
        "age": criteria.age.days if criteria.age else None,
        "closest": classes[0] if classes else None, "second": classes[1] if len(classes) > 1 else None,
        "beds": max(1, (criteria.beds and criteria.beds.minimum) or 1),
    }  # fmt: skip
    if criteria.use_case:
        chosen = PRESETS[criteria.use_case]
        found |= {"case_modes": list(chosen.modes), "case_reception": list(chosen.reception)}
    for code, policy in freshness_policies().items():
        found[f"fresh_{code}"] = criteria.as_of - policy.ordinary
    return found


def rung_statement(criteria: Criteria) -> str:
    """Return the statement of the nearest radius with enough units: it stops at the first, and counts to five."""
    return f"""
SELECT radius FROM unnest(%(radii)s::int[]) WITH ORDINALITY AS rung (radius, number)
WHERE (SELECT count(*) FROM (
    SELECT DISTINCT p.unit FROM places p JOIN units u ON u.pk = p.unit
    WHERE {_inside("rung.radius")}{_enough_beds(criteria)}
      AND {_whole(criteria)}
    LIMIT %(enough)s) AS found) >= %(enough)s
ORDER BY number LIMIT 1"""


def page_statement(criteria: Criteria) -> str:
    """Return the statement of a page: rows (kind, code, number, metres, shown), hits in their order."""
    tier = _tier(criteria)
    nearest = ", ".join(f"min(metres) FILTER (WHERE tier = {n}) AS near_{n}" for n in range(4))
    order = "near_0, near_1, near_2, near_3"
    return f"""
WITH near AS MATERIALIZED (
  SELECT p.unit, p.department, p.equipment, ST_Distance(p.point, {ORIGIN}, false) AS metres, {tier} AS tier
  FROM places p
  WHERE {_inside("%(radius)s::int")}{_enough_beds(criteria)}
), grouped AS (
  SELECT unit, min(tier) AS tier, min(metres) AS metres, {nearest} FROM near GROUP BY unit
), relaxed AS MATERIALIZED (
  SELECT u.pk, u.id, u.field, u.activities, u.care_mode, u.publics, u.site_category, n.*,
    {_flag(criteria.activities, "u.activities && %(activities)s")} AS of_activity,
    {_flag(criteria.modes, "u.care_mode = ANY(%(modes)s)")} AS of_mode,
    {_flag(criteria.publics, "u.publics && %(publics)s")} AS of_public,
    {_case() if criteria.use_case and criteria.modes else "true"} AS of_case,
    {_score(criteria)} AS score
  FROM grouped n JOIN units u ON u.pk = n.unit
  WHERE {_common(criteria)}
), answering AS MATERIALIZED (
  SELECT * FROM relaxed WHERE of_activity AND of_mode AND of_public
), page AS (
  SELECT row_number() OVER () AS number, best.* FROM (
    SELECT pk, id, metres FROM answering ORDER BY score DESC, {order}, id LIMIT 20) AS best
)
SELECT 'hit' AS kind, page.id AS code, page.number, page.metres, units.shown::text AS shown
  FROM page JOIN units USING (pk)
UNION ALL SELECT 'total', NULL, count(*), NULL, NULL FROM answering
UNION ALL SELECT 'activity', code, count(*), NULL, NULL
  FROM relaxed, unnest(activities) AS code WHERE of_mode AND of_public GROUP BY code
UNION ALL SELECT 'mode', care_mode, count(*), NULL, NULL
  FROM relaxed WHERE of_activity AND of_public AND of_case GROUP BY care_mode
UNION ALL SELECT 'public', code, count(*), NULL, NULL
  FROM relaxed, unnest(publics) AS code WHERE of_activity AND of_mode GROUP BY code
UNION ALL SELECT 'field', field, count(*), NULL, NULL FROM answering GROUP BY field
UNION ALL SELECT 'site_category', site_category, count(*), NULL, NULL
  FROM answering WHERE site_category IS NOT NULL GROUP BY site_category
UNION ALL SELECT 'department', department, count(*), NULL, NULL FROM (
  SELECT DISTINCT near.unit, near.department FROM near JOIN answering USING (unit)) AS d GROUP BY department
UNION ALL SELECT 'equipment', code, count(*), NULL, NULL FROM (
  SELECT DISTINCT near.unit, code FROM near JOIN answering USING (unit), unnest(near.equipment) AS code) AS e
  GROUP BY code"""


def _inside(radius: str) -> str:
    return f"(ST_DWithin(p.point, {ORIGIN}, {radius}, false) OR p.insee = ANY(%(communes)s))"


def _enough_beds(criteria: Criteria) -> str:
    return " AND p.beds >= %(beds)s" if criteria.beds and criteria.beds.minimum is not None else ""


def _flag(asked: tuple[str, ...], condition: str) -> str:
    return condition if asked else "true"


def _case() -> str:
    """What a use case asks for; modes asked for replace it, but it holds where they are left out to be counted."""
    return "(u.care_mode = ANY(%(case_modes)s) OR u.reception && %(case_reception)s)"


def _common(criteria: Criteria) -> str:
    """What every facet keeps."""
    parts = ["NOT u.closed @> %(day)s::date"]
    if criteria.age:
        parts.append("u.age_min <= %(age)s AND u.age_max > %(age)s")
    if criteria.use_case and not criteria.modes:
        parts.append(_case())
    return "\n      AND ".join(parts)


def _whole(criteria: Criteria) -> str:
    """What a result must satisfy."""
    parts = [_common(criteria)]
    if criteria.activities:
        parts.append("u.activities && %(activities)s")
    if criteria.modes:
        parts.append("u.care_mode = ANY(%(modes)s)")
    if criteria.publics:
        parts.append("u.publics && %(publics)s")
    return "\n      AND ".join(parts)


def _tier(criteria: Criteria) -> str:
    """0 free and fresh, 1 free but stale, 2 unknown, 3 none; one tier for all where beds do not matter."""
    if not criteria.beds_matter:
        return UNWEIGHED
    fresh = " ".join(f"WHEN '{code}' THEN %(fresh_{code})s::timestamptz" for code in freshness_policies())
    return f"""CASE WHEN p.beds IS NULL THEN 2 WHEN p.beds < %(beds)s THEN 3
    WHEN p.beds_at >= CASE p.freshness {fresh} END THEN 0 ELSE 1 END"""


def _score(criteria: Criteria) -> str:
    parts = ["3 - n.tier"] if criteria.beds_matter else []
    if criteria.age:
        steps = "WHEN %(closest)s = ANY(u.meant_for) THEN 16"
        if len(patient_classes(criteria.age)) > 1:
            steps += " WHEN %(second)s = ANY(u.meant_for) THEN 8"
        parts.append(f"CASE {steps} ELSE 0 END")
    if set(criteria.publics) - {EVERYBODY}:
        parts.append("CASE WHEN u.publics && %(specific)s THEN 4 ELSE 0 END")
    return " + ".join(parts) or UNWEIGHED
