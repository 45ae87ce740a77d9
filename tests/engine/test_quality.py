"""The quality of the directory against a recount by hand, record by record and zone by zone."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from beds.recency import AGES, Recency
from engine.gateway import Gateway
from mappings.nomenclature import freshness_class, freshness_policy
from mappings.quality import HOSTING, RULES, judged
from mappings.territory import department_of, region_of
from mappings.unit import CareLocation, Unit
from orientation.access import Access
from orientation.criteria import Criteria
from orientation.quality import RECENCY_RULE, UNIT_AGES, QualityQuestion, Row, quality
from orientation.quality.reading import is_recent
from tests import brute
from tests.beds_kit import Ward
from tests.engine.test_beds_board import random_write, recounted
from tests.random_region import AS_OF, random_units

SITES = ("760780239", "760000166", "140000100", "270000060", None)
YEAR = timedelta(days=365)


@pytest.fixture(scope="module", params=(1, 2))
def region(request: pytest.FixtureRequest, gateway: Gateway) -> Iterator[tuple[Ward, list[Unit]]]:
    """A random region whose records are of every age, at sites of one unit and of many, and its counts."""
    random = Random(request.param)
    ward = Ward(gateway, f"test-{uuid.uuid4().hex[:12]}", now=AS_OF)
    units = [_aged(random, unit) for unit in random_units(random, 90)]
    ward.load(units)
    places = sorted({place.id for unit in units for place in unit.places})
    for _ in range(4):
        ward.take(*(random_write(random, places) for _ in range(40)))
    for name in (ward.indices.units, ward.indices.store):
        gateway.refresh(name)
    yield ward, recounted(ward, units)
    gateway.delete_index(*gateway.indices(f"{ward.prefix}-*"))


def _aged(random: Random, unit: Unit) -> Unit:
    days = random.choice((1, 80, 200, 364, 366, 500, 729, 731, 2000))
    site = replace(unit.site, finess=random.choice((*SITES, SITES[0], SITES[0])), insee=random.choice((None, "76540")))
    return replace(unit, updated_at=AS_OF - timedelta(days=days), site=site)


def asked(units: list[Unit], question: QualityQuestion) -> list[Unit]:
    """Return the units in question."""
    return [
        unit
        for unit in units
        if not any(closing and closing.covers(AS_OF.date()) for closing in (unit.closing, unit.site.closing))
        and (question.access.sees_sensitive or not unit.sensitive)
        and (not question.departments or judged(unit).get("department") in question.departments)
        and (not question.sites or unit.site.finess in question.sites)
        and (not question.fields or unit.field in question.fields)
    ]


def by_hand(units: list[Unit]) -> dict[str, Any]:
    """Recount a row, beds apart."""
    told = [judged(unit) for unit in units]
    broken = Counter(rule for each in told for rule in each.get("broken", ()))
    kept = Counter(rule for each in told for rule in each.get("kept", ()))
    ages = [AS_OF - unit.updated_at for unit in units]
    bounds = [timedelta(0), *UNIT_AGES, timedelta.max]
    sites: dict[str, list[Unit]] = {}
    for unit in units:
        if unit.site.finess:
            sites.setdefault(unit.site.finess, []).append(unit)
    recent = [is_recent(len(every), sum(AS_OF - u.updated_at <= YEAR for u in every)) for every in sites.values()]
    return {
        "units": len(units),
        "checked": {rule: broken[rule] + kept[rule] for rule in RULES},
        "broken": dict(broken),
        "ages": tuple(sum(low <= age < high for age in ages) for low, high in pairwise(bounds)),
        "oldest": min((unit.updated_at for unit in units), default=None),
        "newest": max((unit.updated_at for unit in units), default=None),
        "sites": len(sites),
        "recent_sites": sum(recent),
    }


def as_told(row: Row) -> dict[str, Any]:
    """Return a row as the recount has it."""
    return {name: getattr(row, name) for name in by_hand([])}


def key_of(unit: Unit, group_by: str) -> str | None:
    """Return the row that a unit is in."""
    return unit.site.finess if group_by == "site" else judged(unit).get(group_by)


def zones_by_hand(units: list[Unit], question: QualityQuestion, group_by: str) -> dict[str, Recency]:
    """Recount the zones of units that host, each once a row."""
    criteria = Criteria(
        as_of=AS_OF,
        access=question.access,
        departments=question.departments,
        fields=question.fields,
        modes=HOSTING,
    )
    items = [item for item in brute.known(units) if brute.eligible(item, criteria, None)]
    hosting = {zone.place.id: zone.place for item in items for zone in item.zones if zone.answers(criteria, None)}
    rows: dict[str, Recency] = {}
    for place in hosting.values():
        users = [unit for unit in units if place.id in {each.id for each in unit.places}]
        if question.sites and not {user.site.finess for user in users} & set(question.sites):
            continue
        department = department_of(place.insee)
        codes = {
            "site": {unit.site.finess for unit in users if unit.site.finess},
            "department": {department},
            "region": {region_of(department)},
        }[group_by]
        for code in ("total", *codes):
            rows[str(code)] = rows.get(str(code), Recency()) + _zone(place, users)
    return rows


def _zone(place: CareLocation, users: list[Unit]) -> Recency:
    free = [n for n in place.capacities if (n.key.status, n.key.horizon, n.key.assignment) == ("02", "01", "01")]
    if not free:
        return Recency(zones=1, silent=1)
    oldest = min(n.observed_at for n in free)
    limit = freshness_policy(freshness_class([code for unit in users for code in unit.activities])).max_age(
        tension=False
    )
    edges = [AS_OF - age for age in AGES]
    slot = next((n for n, edge in enumerate(edges) if oldest >= edge), len(edges))
    ages = tuple(int(n == slot) for n in range(len(edges) + 1))
    return Recency(zones=1, stale=int(oldest < AS_OF - limit), ages=ages, oldest=oldest)


QUESTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"departments": ("76", "27")},
    {"sites": (SITES[0],)},
    {"fields": ("01",)},
    {"access": Access(2)},
    {"access": Access(0)},
)


@pytest.mark.parametrize("changes", QUESTIONS, ids=str)
@pytest.mark.parametrize("group_by", ["region", "department", "site"])
def test_every_row_equals_a_recount(region: tuple[Ward, list[Unit]], group_by: str, changes: dict[str, Any]) -> None:
    ward, units = region
    question = QualityQuestion(**{"as_of": AS_OF, "group_by": group_by, "access": Access(1), **changes})
    found = quality(ward.gateway, ward.indices, question)
    wanted = asked(units, question)
    assert wanted
    keys = {key for unit in wanted if (key := key_of(unit, group_by))}
    assert {row.code for row in found.rows} == keys
    assert as_told(found.total) == by_hand(wanted)
    for row in found.rows:
        assert as_told(row) == by_hand([unit for unit in wanted if key_of(unit, group_by) == row.code]), row.code


@pytest.mark.parametrize("changes", QUESTIONS[:4], ids=str)
@pytest.mark.parametrize("group_by", ["region", "department", "site"])
def test_the_zones_of_every_row_equal_a_recount(
    region: tuple[Ward, list[Unit]], group_by: str, changes: dict[str, Any]
) -> None:
    ward, units = region
    question = QualityQuestion(**{"as_of": AS_OF, "group_by": group_by, "access": Access(1), **changes})
    found = quality(ward.gateway, ward.indices, question)
    wanted = zones_by_hand(units, question, group_by)
    assert wanted["total"].silent and wanted["total"].stale
    assert found.total.beds == wanted["total"]
    for row in found.rows:
        assert row.beds == wanted.get(row.code, Recency()), row.code


def test_counts_are_for_those_who_may_see_them(region: tuple[Ward, list[Unit]]) -> None:
    ward, _ = region
    hidden = quality(ward.gateway, ward.indices, QualityQuestion(as_of=AS_OF, access=Access(0)))
    assert hidden.total.units and hidden.total.beds is None
    social = quality(ward.gateway, ward.indices, QualityQuestion(as_of=AS_OF, access=Access(3)))
    every = quality(ward.gateway, ward.indices, QualityQuestion(as_of=AS_OF, access=Access(1)))
    assert social.total.beds is not None and every.total.beds is not None
    assert social.total.beds.zones < every.total.beds.zones


@pytest.mark.parametrize("rule", ["address", "codes", RECENCY_RULE])
def test_who_breaks_a_rule_is_listed_the_longest_untouched_first(region: tuple[Ward, list[Unit]], rule: str) -> None:
    ward, units = region
    question = QualityQuestion(as_of=AS_OF, access=Access(1), rule=rule, size=5)
    found = quality(ward.gateway, ward.indices, question)
    wanted = [unit for unit in asked(units, question) if breaks(unit, rule, AS_OF)]
    wanted.sort(key=lambda unit: (unit.updated_at, unit.id))
    assert found.units_total == len(wanted)
    assert [unit["id"] for unit in found.units] == [unit.id for unit in wanted[:5]]


def breaks(unit: Unit, rule: str, now: datetime) -> bool:
    """Say whether a unit breaks a rule."""
    return now - unit.updated_at > YEAR if rule == RECENCY_RULE else rule in judged(unit).get("broken", ())


def test_the_sites_with_most_faults_come_first(region: tuple[Ward, list[Unit]]) -> None:
    ward, _ = region
    question = QualityQuestion(as_of=AS_OF, access=Access(1), group_by="site", size=2)
    few = quality(ward.gateway, ward.indices, question)
    every = quality(ward.gateway, ward.indices, replace(question, size=100))
    faults = [sum(row.broken.values()) for row in every.rows]
    assert faults == sorted(faults, reverse=True)
    assert few.rows == every.rows[:2]
    assert few.total == every.total
