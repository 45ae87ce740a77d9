"""What a use case adds to a question, unless the question says otherwise itself."""

from __future__ import annotations

from mappings.nomenclature import related
from orientation.criteria import PRESETS, Criteria, Preset
from orientation.query.clauses import Clause, any_of, in_one_place, terms


def preset(criteria: Criteria) -> Preset:
    """Return the use case's preset, an empty one without use case."""
    return PRESETS[criteria.use_case] if criteria.use_case else Preset()


def activities(criteria: Criteria) -> frozenset[str]:
    """Return the activities that answer: those asked for, those near them, and related ones when wanted."""
    asked = frozenset(criteria.activities)
    others = map(related, asked) if criteria.related else ()
    return asked.union(criteria.near_activities, *others)


def use_case_clause(criteria: Criteria) -> Clause | None:
    """Return what the use case asks for; an explicit mode, reception, activity or equipment replaces its own."""
    chosen = preset(criteria)
    if criteria.modes or criteria.reception:
        by_mode = None
    else:
        by_mode = any_of((terms("care_mode", chosen.modes), terms("reception", chosen.reception)))
    if criteria.activities or criteria.equipment:
        by_means = None
    else:
        by_means = any_of(
            (terms("activities", chosen.activities), in_one_place([terms("places.equipment", chosen.equipment)]))
        )
    return by_mode or by_means
