"""The board and the search tiers against a recount by hand, zone by zone, shared zones included."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from beds.board import COLUMNS, BoardQuestion, board
from engine.gateway import Gateway
from mappings.nomenclature import activity_groups, freshness_class, freshness_policy
from mappings.territory import department_of, region_of
from mappings.unit import CareLocation, Unit
from orientation.access import Access
from orientation.criteria import BedCriteria, Criteria, Page
from orientation.search import SearchService
from orientation.zones import zones_of
from tests import brute
from tests.beds_kit import Ward
from tests.random_region import AS_OF, random_question, random_units

SEEDS = (1, 2, 3)
KEYS = (
    {"kind": "01", "status": "02"},
    {"kind": "01", "status": "02", "gender": "01"},
    {"kind": "01", "status": "02", "assignment": "02"},
    {"kind": "01", "status": "01"},
    {"kind": "01", "status": "05", "closing_kind": "01"},
    {"kind": "01", "status": "06", "extra_kind": "02"},
    {"kind": "02", "status": "02"},
)


@pytest.fixture(scope="module", params=SEEDS)
def region(request: pytest.FixtureRequest, gateway: Gateway) -> Iterator[tuple[Ward, list[Unit], Random]]:
    """A random region, loaded with its counts, then written to at random: late, twice, deleted."""
    random = Random(request.param)
    ward = Ward(gateway, f"test-{uuid.uuid4().hex[:12]}", now=AS_OF)
    units = random_units(random, 60)
    ward.load(units)
    places = sorted({place.id for unit in units for place in unit.places})
    for _ in range(5):
        ward.take(*(random_write(random, places) for _ in range(40)))
    for name in (ward.indices.units, ward.indices.store):
        gateway.refresh(name)
    yield ward, recounted(ward, units), random
    gateway.delete_index(*gateway.indices(f"{ward.prefix}-*"))


def random_write(random: Random, places: list[str]) -> dict[str, Any]:
    """Return a write that may be late, or take a count away."""
    age = timedelta(minutes=random.choice((1, 30, 700, 1430, 1450, 4400)))
    said = {**random.choice(KEYS), "place": random.choice(places), "observed_at": (AS_OF - age).isoformat()}
    if random.random() < 0.1:
        return {**said, "op": "delete"}
    return {**said, "op": "add", "count": random.choice((0, 0, 1, 3)), "source": "02"}


def recounted(ward: Ward, units: Iterable[Unit]) -> list[Unit]:
    """Return the units with the counts that the store holds in place of their own."""
    zones = ward.service.store.load({place.id for unit in units for place in unit.places})
    return [
        replace(
            unit,
            places=tuple(replace(place, capacities=tuple(zones[place.id].capacities())) for place in unit.places),
        )
        for unit in units
    ]


def by_hand(units: list[Unit], criteria: Criteria, group_by: str, kind: str) -> dict[str, dict[str, Any]]:
    """Recount a board: every place once a row, over all units that use it."""
    asked = [item for item in brute.known(units) if brute.eligible(item, criteria, criteria.radius_m)]
    answering = {
        zone.place.id: zone.place for item in asked for zone in item.zones if zone.answers(criteria, criteria.radius_m)
    }
    rows: dict[str, dict[str, Any]] = {}
    for place in answering.values():
        counts = [count for count in place.capacities if count.key.kind == kind]
        if not counts and any(count.key.kind in {"01", "02"} for count in place.capacities):
            continue
        users = [unit for unit in units if place.id in {each.id for each in unit.places}]
        for code in {"total", *codes(users, place, group_by)}:
            add(rows.setdefault(code, empty()), place, counts, users, criteria)
    return rows


def codes(users: list[Unit], place: CareLocation, group_by: str) -> set[str]:
    """Return the rows that a place is in."""
    activities = {activity for unit in users for activity in unit.activities}
    department = department_of(place.insee)
    if group_by == "activity":
        return activities
    if group_by == "activity_group":
        groups = {code for code, group in activity_groups().items() if activities & set(group.activities)}
        return groups or {"other"}
    if group_by == "site":
        return {unit.site.finess or unit.site.name for unit in users}
    return {department} if group_by == "department" else {region_of(department)}


def empty() -> dict[str, Any]:
    return {**dict.fromkeys(COLUMNS), "zones": 0, "stale": 0, "silent": 0, "times": []}


def add(row: dict[str, Any], place: CareLocation, counts: list[Any], users: list[Unit], criteria: Criteria) -> None:
    """Add one place to a row."""
    row["zones"] += 1
    now = [count for count in counts if count.key.horizon == "01"]
    free = [count for count in now if count.key.status == "02" and count.key.assignment == "01"]
    sums: dict[str, list[int]] = defaultdict(list)
    for count in free:
        sums["available"].append(count.count)
        sums["available_f"].append(count.count if count.key.gender != "02" else 0)
        sums["available_m"].append(count.count if count.key.gender != "01" else 0)
    for count in now:
        if count.key.status == "01":
            sums["installed"].append(count.count)
        if count.key.status == "05":
            sums["closed"].append(count.count)
            if count.key.closing_kind == "01":
                sums["reopenable"].append(count.count)
        if count.key.status == "06":
            extra = {"02": "extra_without_staff", "03": "extra_with_staff"}.get(count.key.extra_kind)
            if extra:
                sums[extra].append(count.count)
    for name, values in sums.items():
        row[name] = (row[name] or 0) + sum(values)
    if not free:
        row["silent"] += 1
        return
    oldest = min(count.observed_at for count in free)
    row["times"].append(oldest)
    strictest = freshness_class([activity for unit in users for activity in unit.activities])
    department = department_of(place.insee)
    tense = department in criteria.tension_departments or region_of(department) in criteria.tension_regions
    row["stale"] += oldest < criteria.as_of - freshness_policy(strictest).max_age(tension=tense)


def finished(row: dict[str, Any]) -> dict[str, Any]:
    times = row.pop("times")
    return {**row, "oldest": min(times, default=None), "newest": max(times, default=None)}


@pytest.mark.parametrize("kind", ["bed", "place"])
@pytest.mark.parametrize("group_by", ["activity_group", "activity", "site", "department", "region"])
def test_a_board_equals_a_recount_of_the_store(
    region: tuple[Ward, list[Unit], Random], group_by: str, kind: str
) -> None:
    ward, units, random = region
    seen = 0
    for n in range(6):
        criteria = Criteria(as_of=AS_OF, access=Access(1)) if n == 0 else plain(random_question(random))
        question = BoardQuestion(
            as_of=AS_OF,
            group_by=group_by,
            kind=kind,
            tension_departments=criteria.tension_departments,
            tension_regions=criteria.tension_regions,
        )
        zones = zones_of(ward.gateway, criteria, ward.indices.units)
        rows, total = board(ward.gateway, ward.indices, question, zones)
        wanted = {
            code: finished(row)
            for code, row in by_hand(units, criteria, group_by, "01" if kind == "bed" else "02").items()
        }
        found = {row.code: read(row.to_dict()) for row in (*rows, total) if row.zones}
        assert found == wanted
        seen += total.zones
    assert seen > 20


def plain(criteria: Criteria) -> Criteria:
    """Return a random question as a board takes it: with a radius where it has an origin, over all places."""
    radius = criteria.radius_m if criteria.radius_m is not None or criteria.origin is None else 60_000
    return replace(criteria, radius_m=radius, text=None, access=Access(1))


def read(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its times read and no code."""
    times = {name: datetime.fromisoformat(row[name]) if row[name] else None for name in ("oldest", "newest")}
    return {name: value for name, value in (row | times).items() if name != "code"}


def test_search_tiers_equal_a_recount_of_the_store(region: tuple[Ward, list[Unit], Random]) -> None:
    ward, units, random = region
    known = brute.known(units)
    search = SearchService(ward.gateway, index=ward.indices.units)
    seen = set()
    for _ in range(25):
        asked = random_question(random)
        beds = BedCriteria(gender=random.choice((None, "f", "m")), max_age_s=random.choice((None, 43_200)))
        criteria = replace(asked, beds=beds, sort="suitability", text=None, access=Access(1))
        found = search.search(criteria, Page(size=100))
        assert [result.document["unit"]["id"] for result in found.results] == brute.answer(known, criteria)[0][:100]
        by_id = {item.unit.id: item for item in known}
        for result in found.results:
            item = by_id[result.document["unit"]["id"]]
            zones = [zone for zone in item.zones if zone.answers(criteria, found.radius_m)]
            tier = min((zone.tier(criteria) for zone in zones), default=None)
            told = {reason.reason for reason in result.why if reason.reason.startswith("beds_")}
            names = ("beds_fresh", "beds_stale", "beds_unknown", "beds_none")
            if tier is not None:
                assert names[tier] in told
                seen.add(tier)
    assert seen == {0, 1, 2, 3}
