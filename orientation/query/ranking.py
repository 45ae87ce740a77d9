"""What ranks, and why: tiers, each decisive over all below it.

Weights are powers and sums chosen so that a tier exceeds everything under it; all stay far below 2**24, where the
engine's float scores would lose units. No two sets of reasons add up to the same, so that a score tells its reasons.
"""

from __future__ import annotations

from dataclasses import dataclass

from mappings.age import patient_classes
from orientation.criteria import BedCriteria, Criteria
from orientation.query.clauses import Clause, all_of, any_of, in_one_place, none_of, present, terms
from orientation.query.freshness import fresh_clause
from orientation.query.places import bed_count_field, not_older, place_clauses


@dataclass(frozen=True, slots=True)
class Weight:
    """What a reason weighs, what it says to people, and why it weighs that."""

    weight: int
    label: str
    because: str


WEIGHTS = {
    "activity_exact": Weight(256, "Activité demandée", "a. the asked activity before a related one"),
    "activity_related": Weight(0, "Activité voisine de celle demandée", "shown, never ranked up"),
    "act_preferred": Weight(128, "Acte souhaité réalisé", "b. an act is why the patient is sent"),
    "competence_preferred": Weight(64, "Compétence souhaitée présente", "b. then who can do it"),
    "expertise_preferred": Weight(32, "Niveau d’expertise souhaité", "b. then at which level"),
    "patient_closest": Weight(16, "Unité faite pour cet âge", "c. made for this patient (child: paediatric)"),
    "patient_class": Weight(8, "Unité faite pour une tranche d’âge voisine", "c. newborn in a paediatric unit"),
    "public_meant": Weight(4, "Public demandé pris en charge spécifiquement", "c. this public rather than all"),
    "beds_fresh": Weight(3, "Lit disponible, information récente", "d. free and recently said"),
    "beds_stale": Weight(2, "Lit disponible, information ancienne", "d. perhaps still free: call"),
    "beds_unknown": Weight(1, "Disponibilité non renseignée", "d. unknown may be free, full is not"),
    "beds_none": Weight(0, "Aucun lit disponible", "d. last, but shown"),
}

EVERYBODY = "07"
"""R239 code of « tout public »."""

BED_TIERS = ("beds_fresh", "beds_stale", "beds_unknown", "beds_none")
_MOST_BY_BEDS = WEIGHTS[BED_TIERS[0]].weight


def ranking_clauses(criteria: Criteria, radius_m: int | None) -> list[Clause]:
    """Return the ``should`` clauses of the asked order, each scoring its weight and bearing its name."""
    if criteria.sort == "distance":
        return []
    beds = _beds(criteria, radius_m)
    if criteria.sort == "beds":
        return beds
    return [*_activity(criteria), *_preferences(criteria), *_patient(criteria), *beds]


def scored(reason: str, clause: Clause) -> Clause:
    """Return a clause that adds the weight of its reason."""
    return {"constant_score": {"boost": WEIGHTS[reason].weight, "filter": clause}}


def reasons(criteria: Criteria, score: float) -> tuple[str, ...]:
    """Return the reasons that a score is made of, in the order of their tiers.

    Asked by name (``matched_queries``), the engine would evaluate every clause again for each hit.
    """
    if criteria.sort == "distance":
        return ()
    left, reached = int(score), set()
    for reason, weight in WEIGHTS.items():
        if weight.weight > _MOST_BY_BEDS and left >= weight.weight:
            left -= weight.weight
            reached.add(reason)
    if criteria.beds_matter:
        reached.add(bed_tier_of(score))
    if criteria.activities and criteria.sort != "beds" and "activity_exact" not in reached:
        reached.add("activity_related")
    return tuple(reason for reason in WEIGHTS if reason in reached)


def bed_tier_of(score: float) -> str:
    """Return the bed tier that a score tells: every other weight is a multiple of four."""
    return BED_TIERS[_MOST_BY_BEDS - int(score) % (_MOST_BY_BEDS + 1)]


def _activity(criteria: Criteria) -> list[Clause]:
    """Tier a: how exactly the activity answers."""
    exact = terms("activities", criteria.activities)
    if exact is None:
        return []
    return [scored("activity_exact", exact)]


def _preferences(criteria: Criteria) -> list[Clause]:
    """Tier b: asked as a preference, so it ranks without excluding."""
    wished = (
        ("act_preferred", terms("acts", criteria.prefer_acts)),
        ("competence_preferred", terms("competences", criteria.prefer_competences)),
        ("expertise_preferred", terms("expertise", criteria.prefer_expertise)),
    )
    return [scored(reason, clause) for reason, clause in wished if clause is not None]


def _patient(criteria: Criteria) -> list[Clause]:
    """Tier c: a unit meant for this patient before one that merely accepts."""
    clauses = []
    specific = terms("publics", set(criteria.publics) - {EVERYBODY})
    if specific is not None:
        clauses.append(scored("public_meant", specific))
    if criteria.age is not None:
        classes = patient_classes(criteria.age)
        closest: Clause = {"term": {"meant_for": classes[0]}}
        clauses.append(scored("patient_closest", closest))
        if len(classes) > 1:
            second = {"bool": {"filter": [{"term": {"meant_for": classes[1]}}], "must_not": [closest]}}
            clauses.append(scored("patient_class", second))
    return clauses


def _beds(criteria: Criteria, radius_m: int | None) -> list[Clause]:
    """Tier d: known available and fresh, then stale, then unknown, then none; the best place of the unit counts."""
    if not criteria.beds_matter:
        return []
    places = place_clauses(criteria, radius_m)
    tiers = {reason: in_one_place([*places, inside]) for reason, inside in bed_tiers(criteria).items()}
    tiers["beds_unknown"] = any_of((tiers["beds_unknown"], _NO_PLACE))
    return [{"dis_max": {"queries": [scored(reason, tier) for reason, tier in tiers.items() if tier is not None]}}]


_NO_PLACE = none_of({"nested": {"path": "places", "query": {"match_all": {}}}})
"""Of a unit whose places are not described nothing is known; where a place is asked for it is not eligible."""


def bed_tiers(criteria: Criteria) -> dict[str, Clause]:
    """Return, by tier, the clause inside one place; the four exclude each other and leave nothing out."""
    beds = criteria.wanted_beds
    count, recent = bed_count_field(beds), not_older(criteria, beds)
    enough = all_of(({"range": {count: {"gte": _needed(beds)}}}, recent))
    known = all_of(({"exists": {"field": count}}, recent))
    fresh = fresh_clause(criteria, beds)
    return {
        "beds_fresh": {"bool": {"filter": present((enough, fresh))}},
        "beds_stale": {"bool": {"filter": [enough], "must_not": present((fresh,))}},
        "beds_unknown": none_of(known),
        "beds_none": {"bool": {"filter": [known], "must_not": [enough]}},
    }


def _needed(beds: BedCriteria) -> int:
    """One bed at least makes a place available."""
    return max(1, beds.minimum or 1)
