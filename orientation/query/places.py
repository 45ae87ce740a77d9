"""What is asked of a place: where it is, what stands in it, which beds are free; one place meets all of it."""

from __future__ import annotations

from datetime import timedelta

from mappings.beds import HORIZON_FIELDS, instant
from mappings.capacity import HORIZONS
from mappings.document import weight_token
from mappings.geo import Point, box_around
from orientation.criteria import BedCriteria, Criteria
from orientation.query.clauses import Clause, all_of, any_of, present, terms

_HEAVIEST_KG = 999_999.0
AT_PIVOT = 0.5
"""What ``distance_feature`` scores at its pivot; nearer is more."""
_HERE_M = 0.05
"""A radius of nothing is the very point, to the engine's precision (it refuses 0)."""


def place_clauses(criteria: Criteria, radius_m: int | None) -> list[Clause]:
    """Return the clauses that one and the same place must satisfy, within ``radius_m`` metres of the origin."""
    return present(
        (
            _near(criteria, radius_m),
            terms("places.department", criteria.departments),
            terms("places.region", criteria.regions),
            terms("places.insee", criteria.communes),
            terms("places.equipment", criteria.equipment),
            _bears(criteria),
            _free_beds(criteria),
        )
    )


def _near(criteria: Criteria, radius_m: int | None) -> Clause | None:
    """Within the radius, or in the commune given as origin: its edge may be further than the radius from its centre."""
    if criteria.origin is None or radius_m is None:
        return None
    return any_of((disc(criteria.origin.point, radius_m), terms("places.insee", criteria.origin.communes)))


def disc(centre: Point, radius_m: int) -> Clause:
    """Return the clause that a place lies within the radius, to the engine's precision.

    ``geo_distance`` says the same, but each time it occurs the engine draws a grid over the circle first: half a
    millisecond, several times a question. Here a box narrows, then the distance of what is left is computed.
    """
    metres = max(radius_m, _HERE_M)
    feature = {"field": "places.point", "origin": {"lat": centre.lat, "lon": centre.lon}, "pivot": f"{metres}m"}
    within: Clause = {"function_score": {"query": {"distance_feature": feature}, "min_score": AT_PIVOT}}
    box = box_around(centre, metres)
    if box is None:
        return within
    bounds = {"top": box.north, "bottom": box.south, "left": box.west, "right": box.east}
    return all_of(({"geo_bounding_box": {"places.point": bounds}}, within))


def _bears(criteria: Criteria) -> Clause | None:
    """Equipment of an asked type bears the weight; equipment without a stated limit does not answer."""
    if criteria.equipment_weight_min is None:
        return None
    return any_of(
        {
            "range": {
                "places.equipment_limits": {
                    "gte": weight_token(code, criteria.equipment_weight_min),
                    "lte": weight_token(code, _HEAVIEST_KG),
                }
            }
        }
        for code in criteria.equipment
    )


def _free_beds(criteria: Criteria) -> Clause | None:
    """Enough free beds by counts recent enough; without a minimum, beds rank and exclude nobody."""
    beds = criteria.beds
    if beds is None or beds.minimum is None:
        return None
    return all_of(({"range": {bed_count_field(beds): {"gte": beds.minimum}}}, not_older(criteria, beds)))


def not_older(criteria: Criteria, beds: BedCriteria) -> Clause | None:
    """Counts older than asked do not count."""
    if beds.max_age_s is None:
        return None
    oldest = criteria.as_of - timedelta(seconds=beds.max_age_s)
    return {"range": {bed_time_field(beds): {"gte": instant(oldest)}}}


def bed_field(beds: BedCriteria) -> str:
    """Return the object that holds the free beds at the asked horizon."""
    return f"places.beds.{HORIZON_FIELDS[HORIZONS[beds.horizon]]}"


def bed_count_field(beds: BedCriteria) -> str:
    """Return the field that counts the free beds asked for."""
    return f"{bed_field(beds)}.{beds.gender or 'all'}"


def bed_time_field(beds: BedCriteria) -> str:
    """Return the field of the oldest observation behind that count."""
    return f"{bed_field(beds)}.observed_at"
