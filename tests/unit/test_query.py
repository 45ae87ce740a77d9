"""The query as text: golden bodies, and no field that the mapping lacks (the engine would answer 0 hits, no error)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mappings.age import Age
from mappings.definitions import known_fields
from mappings.gazetteer import Origin
from mappings.geo import Point
from orientation.access import Access
from orientation.criteria import BedCriteria, Criteria, Page
from orientation.query.facets import FACETS
from orientation.query.ranking import BED_TIERS, WEIGHTS
from orientation.query.request import build_request
from orientation.query.rungs import ladder, rung_bodies
from orientation.search import session_of
from tests.random_region import random_question

GOLDEN = Path(__file__).parent / "golden"
AS_OF = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ROUEN = Origin(Point(49.4431, 1.0993), "Rouen (76)", "commune", "76540", frozenset({"76540"}))

QUESTIONS: dict[str, tuple[Criteria, Page]] = {
    "activity_near_a_commune": (
        Criteria(
            as_of=AS_OF, access=Access(1), origin=ROUEN, origin_department="76", radius_m=30_000, activities=("127",),
            age=Age(4),
        ),
        Page(),
    ),
    "destination_with_beds_widened": (
        Criteria(
            as_of=AS_OF, access=Access(2), origin=ROUEN, origin_department="76", activities=("130",), related=True,
            use_case="destination", beds=BedCriteria(minimum=1, max_age_s=43_200), tension_departments=("76",),
        ),
        Page(size=5),
    ),
    "selected_facets_count_apart": (
        Criteria(as_of=AS_OF, access=Access(1), activities=("354",), departments=("76",)),
        Page(facets=("activity", "mode", "department")),
    ),
    "public_by_distance": (
        Criteria(as_of=AS_OF, access=Access(0), origin=ROUEN, radius_m=10_000, sort="distance", text="chu de rouen"),
        Page(),
    ),
}  # fmt: skip


def test_a_question_asks_one_copy_whatever_its_radius_moment_and_process() -> None:
    asked = QUESTIONS["activity_near_a_commune"][0]
    later = replace(asked, as_of=AS_OF + timedelta(minutes=9), radius_m=60_000)
    assert session_of(later) == session_of(asked)
    assert session_of(replace(asked, activities=("083",))) != session_of(asked)
    assert session_of(replace(asked, access=Access(5))) != session_of(asked)
    elsewhere = replace(ROUEN, point=Point(48.0, 2.0))
    assert session_of(replace(asked, origin=elsewhere)) != session_of(asked)
    script = (
        "from dataclasses import replace\nfrom tests.unit.test_query import *\n"
        "many = replace(ROUEN, communes=frozenset(map(str, range(50))))\n"
        "print(session_of(replace(QUESTIONS['activity_near_a_commune'][0], origin=many)))"
    )
    told = {
        subprocess.check_output([sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": seed})
        for seed in "12"
    }
    assert len(told) == 1, "sets are written in another order there"


def bodies_of(criteria: Criteria, page: Page) -> list[dict[str, Any]]:
    """Return what is sent for a question: the counts of the rungs, then the search within the widest."""
    radii = ladder(criteria)
    counts = rung_bodies(criteria, radii) if len(radii) > 1 else []
    return [*counts, *build_request(replace(criteria, radius_m=radii[-1]), page).bodies]


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_gives_the_query_it_always_gave(name: str) -> None:
    bodies = bodies_of(*QUESTIONS[name])
    path = GOLDEN / f"{name}.json"
    if os.environ.get("ROR_TEST_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(bodies, indent=1) + "\n")
    assert bodies == json.loads(path.read_text())


def test_the_radius_is_not_widened_for_want_of_near_activities_but_they_are_searched() -> None:
    asked = Criteria(as_of=AS_OF, access=Access(1), origin=ROUEN, origin_department="76", activities=("127",))
    near = replace(asked, near_activities=("083",))
    assert rung_bodies(near, ladder(near)) == rung_bodies(asked, ladder(asked))
    within = [replace(each, radius_m=30_000) for each in (asked, near)]
    assert build_request(within[0], Page()).bodies != build_request(within[1], Page()).bodies


def test_every_field_of_every_query_is_in_the_mapping() -> None:
    known = known_fields("units")
    random = Random(5)
    named: set[str] = set()
    for _ in range(400):
        for body in bodies_of(random_question(random), Page(facets=tuple(FACETS))):
            named |= set(fields(body))
    assert named - known == set()
    assert {"places.beds.now.all", "place.beds.now.all", "place.point", "site_category_path", "open_week"} <= named


CLAUSES = {
    "term", "terms", "range", "exists", "match_bool_prefix", "geo_bounding_box", "distance_feature", "geo_distance",
    "_geo_distance",
}  # fmt: skip


def fields(node: Any) -> Iterator[str]:
    """Yield the fields that a query body names."""
    if isinstance(node, list):
        for each in node:
            yield from fields(each)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key in CLAUSES:
            yield from named_by(key, value)
        elif key == "nested" and "path" in value:
            yield value["path"]
        if key == "sort":
            keys = [name for each in value for name in ([each] if isinstance(each, str) else each)]
            yield from (name for name in keys if not name.startswith("_"))
        yield from fields(value)


def named_by(kind: str, clause: dict[str, Any]) -> Iterator[str]:
    """Yield the fields of one clause."""
    if kind in {"exists", "distance_feature", "geo_distance"} or "size" in clause:
        yield clause["field"]
        return
    options = {"distance", "order", "unit", "mode", "nested", "size", "boost"}
    yield from (name for name in clause if name not in options)


def test_a_query_on_a_field_that_is_not_there_would_be_noticed() -> None:
    assert set(fields({"query": {"bool": {"filter": [{"terms": {"activites": ["127"]}}]}}})) == {"activites"}


def test_each_tier_outweighs_all_below_it() -> None:
    tiers: dict[str, list[int]] = {}
    for weight in WEIGHTS.values():
        tiers.setdefault(weight.because[0], []).append(weight.weight)
    below = 0
    for tier in ("d", "c", "b", "a"):
        smallest = min((weight for weight in tiers.get(tier, []) if weight > 0), default=None)
        if smallest is not None:
            assert smallest > below, tier
            below += max(tiers[tier]) if tier == "d" else sum(tiers[tier])  # bed tiers exclude each other
    assert below < 2**24


def test_every_weight_above_the_bed_tiers_leaves_them_readable_in_the_score() -> None:
    others = [weight.weight for name, weight in WEIGHTS.items() if name not in BED_TIERS]
    assert all(weight % 4 == 0 for weight in others)
    assert [WEIGHTS[tier].weight for tier in BED_TIERS] == [3, 2, 1, 0]
