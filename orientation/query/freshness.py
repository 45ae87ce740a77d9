"""When a bed count is too old to be called fresh: by activity class, tighter where tension is declared."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from mappings.beds import instant
from mappings.nomenclature import FreshnessPolicy, freshness_policies
from orientation.criteria import BedCriteria, Criteria
from orientation.query.clauses import Clause, all_of, any_of, none_of, terms
from orientation.query.places import bed_time_field


def fresh_clause(criteria: Criteria, beds: BedCriteria) -> Clause | None:
    """Return the clause, inside a place, that its count at the asked horizon is fresh."""
    field = bed_time_field(beds)
    return any_of(_class_clause(policy, field, criteria) for policy in freshness_policies().values())


def _class_clause(policy: FreshnessPolicy, field: str, criteria: Criteria) -> Clause:
    calm = _since(field, criteria.as_of, policy.ordinary)
    of_class = {"term": {"places.freshness": policy.code}}
    tense = any_of(
        (
            terms("places.department", criteria.tension_departments),
            terms("places.region", criteria.tension_regions),
        )
    )
    if tense is None:
        return all_of((of_class, calm))
    tight = _since(field, criteria.as_of, policy.in_tension)
    return all_of((of_class, any_of((all_of((tense, tight)), all_of((none_of(tense), calm))))))


def _since(field: str, as_of: datetime, age: timedelta) -> Clause:
    return {"range": {field: {"gte": instant(as_of - age)}}}


def is_stale(place: Mapping[str, Any], observed_at: datetime, criteria: Criteria) -> bool:
    """Say whether a count of this place (its index entry) is too old; the same rule as ``fresh_clause``."""
    policy = freshness_policies()[place["freshness"]]
    in_tension = place["department"] in criteria.tension_departments or place.get("region") in criteria.tension_regions
    return instant(observed_at) < instant(criteria.as_of - policy.max_age(tension=in_tension))
