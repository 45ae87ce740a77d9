"""The contract's rules in plain Python over plain units, sharing nothing with the query: what the API must equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import asin, cos, inf, radians, sin, sqrt
from zoneinfo import ZoneInfo

from mappings.nomenclature import freshness_class, freshness_policy, nomenclature, related
from mappings.territory import department_of, radius_ladder_m, region_of, time_zone
from mappings.unit import CareLocation, Closing, OpeningHours, Unit
from orientation.criteria import PRESETS, Criteria

HORIZON = {"now": "01", "1h": "02", "24h": "03", "48h": "04", "7d": "05"}
YEAR = 365.25
LENGTH = {"a": YEAR, "mo": YEAR / 12, "wk": 7.0, "d": 1.0}
EDGE_M = 0.05
"""The engine keeps points to a centimetre; no test point stands so near to an edge but by design."""


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance on the mean sphere."""
    la, lb = radians(a[0]), radians(b[0])
    h = sin((lb - la) / 2) ** 2 + cos(la) * cos(lb) * sin(radians(b[1] - a[1]) / 2) ** 2
    return 2 * 6371008.7714 * asin(sqrt(min(1.0, h)))


@dataclass(slots=True)
class Zone:
    """A place, ready to be asked."""

    place: CareLocation
    department: str
    region: str
    freshness: str

    def free(self, criteria: Criteria) -> tuple[int, datetime] | None:
        """Free beds of the asked kind and the oldest observation behind the count, or nothing known."""
        beds = criteria.wanted_beds
        ordinary = [c for c in self.place.capacities if c.key.status != "06" and c.key.crisis is None]
        kinds = {c.key.kind for c in ordinary or self.place.capacities}
        kind = "01" if "01" in kinds else "02"
        every = [
            c
            for c in self.place.capacities
            if c.key.kind == kind
            and c.key.status == "02"
            and c.key.horizon == HORIZON[beds.horizon]
            and c.key.assignment == "01"
        ]
        if not every:
            return None
        oldest = min(c.observed_at for c in every)
        if beds.max_age_s is not None and oldest < criteria.as_of - timedelta(seconds=beds.max_age_s):
            return None
        other = {"f": "02", "m": "01", None: "-"}[beds.gender]
        return sum(c.count for c in every if c.key.gender != other), oldest

    def tier(self, criteria: Criteria) -> int:
        """0 free and fresh, 1 free but stale, 2 unknown, 3 none."""
        found = self.free(criteria)
        if found is None:
            return 2
        if found[0] < max(1, criteria.wanted_beds.minimum or 1):
            return 3
        tense = self.department in criteria.tension_departments or self.region in criteria.tension_regions
        limit = freshness_policy(self.freshness).max_age(tension=tense)
        return 1 if found[1] < criteria.as_of - limit else 0

    def answers(self, criteria: Criteria, radius: int | None) -> bool:
        """Every criterion on places, by this one place."""
        place = self.place
        if criteria.departments and self.department not in criteria.departments:
            return False
        if criteria.regions and self.region not in criteria.regions:
            return False
        if criteria.communes and place.insee not in criteria.communes:
            return False
        if criteria.equipment and not any(self.stands(code, criteria) for code in criteria.equipment):
            return False
        if criteria.origin is not None and radius is not None and place.insee not in criteria.origin.communes:
            distance = self.distance(criteria)
            if distance is None or distance > radius + EDGE_M:
                return False
        if criteria.beds is not None and criteria.beds.minimum is not None:
            found = self.free(criteria)
            if found is None or found[0] < criteria.beds.minimum:
                return False
        return True

    def stands(self, code: str, criteria: Criteria) -> bool:
        """Equipment of that type is in service here, and bears the weight asked."""
        for item in self.place.equipment:
            if item.code != code or item.in_service == 0:
                continue
            if criteria.equipment_weight_min is None:
                return True
            if any(li.kind == "001" and li.value >= criteria.equipment_weight_min for li in item.limits):
                return True
        return False

    def distance(self, criteria: Criteria) -> float | None:
        """Metres from the origin."""
        if criteria.origin is None or self.place.point is None:
            return None
        origin = criteria.origin.point
        return metres((origin.lat, origin.lon), (self.place.point.lat, self.place.point.lon))


@dataclass(slots=True)
class Known:
    """A unit, ready to be asked."""

    unit: Unit
    zones: list[Zone]
    categories: frozenset[str]


def known(units: Iterable[Unit]) -> list[Known]:
    """Prepare units once for many questions."""
    prepared = []
    categories = nomenclature()["site_category"]
    for unit in units:
        fresh = freshness_class(unit.activities)
        zones = [
            Zone(place, (dep := department_of(place.insee)), region_of(dep), fresh)
            for place in unit.places
            if place.status not in {"1", "2"}
        ]
        category = unit.site.category
        above = {category, *categories.ancestors(category)} if category else set()
        prepared.append(Known(unit, zones, frozenset(above)))
    return prepared


def eligible(item: Known, c: Criteria, radius: int | None) -> bool:
    """Every criterion, by the letter."""
    unit = item.unit
    asked = set(c.activities) | set(c.near_activities)
    if c.related:
        for code in c.activities:
            asked |= related(code)
    several = (
        (asked, unit.activities),
        (c.acts, unit.acts),
        (c.modes, (unit.care_mode,)),
        (c.fields, (unit.field,)),
        (c.publics, unit.publics),
        (c.specialisations, unit.specialisations),
        (c.competences, unit.competences),
        (c.expertise, unit.expertise),
        (c.reception, unit.reception),
        (c.offer_types, (unit.offer_type,)),
        (c.site_categories, item.categories),
    )
    for wanted, have in several:
        if wanted and not any(code in wanted for code in have):
            return False
    if c.age is not None and not _takes(unit, c.age.value, c.age.unit):
        return False
    if unit.sensitive and c.access.profile not in {1, 4}:
        return False
    if (c.beds is not None or c.sort == "beds") and c.access.profile == 3 and unit.field != "04":
        return False
    if not _use_case(item, c) or _closed(unit, c.as_of.date()):
        return False
    if c.open_at is not None and not _open(unit, c.open_at):
        return False
    needs_place = (
        (c.origin is not None and radius is not None)
        or c.departments or c.regions or c.communes or c.equipment
        or (c.beds is not None and c.beds.minimum is not None)
    )  # fmt: skip
    return not needs_place or any(zone.answers(c, radius) for zone in item.zones)


def _takes(unit: Unit, value: int, spoken: str) -> bool:
    """Both bounds inclusive in completed units, to the day."""
    day = int(value * LENGTH[spoken] + 1e-9)
    low = int(unit.age.min.value * LENGTH[unit.age.min.unit] + 1e-9)
    high = int((unit.age.max.value + 1) * LENGTH[unit.age.max.unit] + 1e-9)
    return low <= day < high


def _use_case(item: Known, c: Criteria) -> bool:
    if c.use_case is None:
        return True
    preset = PRESETS[c.use_case]
    if (preset.modes or preset.reception) and not (c.modes or c.reception):
        unit = item.unit
        if unit.care_mode not in preset.modes and not set(unit.reception) & set(preset.reception):
            return False
    if (preset.activities or preset.equipment) and not (c.activities or c.equipment):
        has = any(e.code in preset.equipment and e.in_service != 0 for z in item.zones for e in z.place.equipment)
        if not has and not set(item.unit.activities) & set(preset.activities):
            return False
    return True


def _closed(unit: Unit, day: date) -> bool:
    entity = unit.site.legal_entity
    closings: list[Closing | None] = [unit.closing, unit.site.closing, entity.closing if entity else None]
    return any(
        closing is not None
        and (closing.closed_from or date.min) <= day
        and (closing.reopens_on is None or day < closing.reopens_on)
        for closing in closings
    )


def _open(unit: Unit, when: datetime) -> bool:
    """Walk the entries as a person would: exceptions of the day first, then the week, nights included."""
    insee = unit.places[0].insee if unit.places else unit.site.insee
    if insee is None:
        return False
    local = when.astimezone(ZoneInfo(time_zone(department_of(insee)).key)).replace(tzinfo=None)
    entries = [h for h in unit.hours if h.kind not in {"04", "05"}]
    dated = [h for h in entries if h.valid_from or h.valid_to]
    for back in (0, 1):
        day = local.date() - timedelta(back)
        if any(_rules(h, day) and h.open and h.kind != "08" and _spans(h, day, local) for h in dated):
            return True
    if any(_rules(h, local.date()) for h in dated):
        return False
    weekly = [h for h in entries if not (h.valid_from or h.valid_to)]

    def holds(entry: OpeningHours) -> bool:
        days = [local.date() - timedelta(back) for back in (0, 1)]
        return any((not entry.days or d.isoweekday() in entry.days) and _spans(entry, d, local) for d in days)

    opened = any(holds(h) for h in weekly if h.open and h.kind != "08")
    return opened and not any(holds(h) for h in weekly if not h.open or h.kind == "08")


def _rules(entry: OpeningHours, day: date) -> bool:
    first = entry.valid_from or entry.valid_to
    assert first is not None
    last = entry.valid_to or date.max
    return first <= day <= last and (not entry.days or day.isoweekday() in entry.days)


def _spans(entry: OpeningHours, day: date, local: datetime) -> bool:
    midnight = datetime.combine(day, datetime.min.time())
    start = midnight + timedelta(hours=entry.start.hour, minutes=entry.start.minute) if entry.start else midnight
    end = midnight + timedelta(days=1)
    if entry.end is not None:
        end = midnight + timedelta(hours=entry.end.hour, minutes=entry.end.minute)
    if end <= start:
        end += timedelta(days=1)
    return start <= local < end


def order_key(item: Known, c: Criteria, radius: int | None) -> tuple[object, ...]:
    """The contract's order: what sorts first is smaller."""
    zones = [zone for zone in item.zones if zone.answers(c, radius)]
    keys: list[object] = _suits(item.unit, c) if c.sort == "suitability" else []
    if c.sort == "distance" or not c.beds_matter:
        return (*keys, *_nearest(zones, c), item.unit.id)
    keys.append(min((zone.tier(c) for zone in zones), default=2))
    for tier in range(4):
        inside = [zone for zone in zones if zone.tier(c) == tier]
        if c.sort == "beds":
            counts = [found[0] for zone in inside if (found := zone.free(c)) is not None]
            keys.append(-max(counts, default=-1))
        keys += _nearest(inside, c)
    return (*keys, item.unit.id)


def reasons(item: Known, c: Criteria, radius: int | None) -> set[str]:
    """Why a unit ranks where it does, by the letter of the contract."""
    if c.sort == "distance":
        return set()
    reached: set[str] = set()
    if c.sort == "suitability":
        exact, act, competence, expertise, age, public = _suits(item.unit, c)
        if c.activities:
            reached.add("activity_related" if exact else "activity_exact")
        said = {
            "act_preferred": c.prefer_acts and not act,
            "competence_preferred": c.prefer_competences and not competence,
            "expertise_preferred": c.prefer_expertise and not expertise,
            "patient_closest": c.age is not None and age == 0,
            "patient_class": age == 1,
            "public_meant": set(c.publics) - {"07"} and not public,
        }
        reached |= {name for name, holds in said.items() if holds}
    if c.beds_matter:
        tier = min((zone.tier(c) for zone in item.zones if zone.answers(c, radius)), default=2)
        reached.add(("beds_fresh", "beds_stale", "beds_unknown", "beds_none")[tier])
    return reached


def _nearest(zones: list[Zone], c: Criteria) -> list[object]:
    if c.origin is None:
        return []
    return [min((d for zone in zones if (d := zone.distance(c)) is not None), default=inf)]


def _suits(unit: Unit, c: Criteria) -> list[object]:
    """Tiers a, b and c as penalties."""
    keys: list[object] = [0 if not c.activities or set(unit.activities) & set(c.activities) else 1]
    for wished, have in (
        (c.prefer_acts, unit.acts),
        (c.prefer_competences, unit.competences),
        (c.prefer_expertise, unit.expertise),
    ):
        keys.append(0 if set(wished) & set(have) else 1)
    keys.append(_age_fit(unit, c))
    specific = set(c.publics) - {"07"}
    keys.append(0 if specific & set(unit.publics) else 1)
    return keys


def _age_fit(unit: Unit, c: Criteria) -> int:
    """0 made for this patient, 1 for a neighbouring class, 2 merely accepts."""
    if c.age is None:
        return 0
    day = c.age.value * LENGTH[c.age.unit]
    low = unit.age.min.value * LENGTH[unit.age.min.unit]
    high = (unit.age.max.value + 1) * LENGTH[unit.age.max.unit]
    if int(high + 1e-9) <= 365:
        made = "neonate"
    elif int(high + 1e-9) <= int(22 * YEAR) and int(low + 1e-9) < int(18 * YEAR):
        made = "child"
    elif int(low + 1e-9) >= int(60 * YEAR):
        made = "senior"
    else:
        made = "adult" if int(low + 1e-9) >= int(15 * YEAR) else "anybody"
    if int(day + 1e-9) < 29:
        classes = ["neonate", "child"]
    elif int(day + 1e-9) < int(18 * YEAR):
        classes = ["child"]
    else:
        classes = ["senior", "adult"] if int(day + 1e-9) >= int(75 * YEAR) else ["adult"]
    return classes.index(made) if made in classes else 2


def radius_used(items: list[Known], c: Criteria) -> tuple[int | None, bool]:
    """Widen until five answers or 200 km."""
    if c.origin is None or c.radius_m is not None:
        return c.radius_m, False
    rungs = radius_ladder_m(c.origin_department) if c.origin_department else (30_000, 60_000, 100_000, 150_000, 200_000)
    asked = replace(c, near_activities=()) if c.activities else c
    inside = [item for item in items if eligible(item, asked, rungs[-1])]
    for n, radius in enumerate(rungs):
        if sum(eligible(item, asked, radius) for item in inside) >= 5:
            return radius, n > 0
    return rungs[-1], len(rungs) > 1


def answer(items: list[Known], c: Criteria) -> tuple[list[str], int | None]:
    """Return every id in order, and the radius used."""
    radius, _ = radius_used(items, c)
    found = [item for item in items if eligible(item, c, radius)]
    return [item.unit.id for item in sorted(found, key=lambda item: order_key(item, c, radius))], radius


SELECTS = {
    "activity": ("activities", lambda u: u.activities),
    "mode": ("modes", lambda u: (u.care_mode,)),
    "field": ("fields", lambda u: (u.field,)),
    "public": ("publics", lambda u: u.publics),
    "site_category": ("site_categories", lambda u: (u.site.category,) if u.site.category else ()),
    "specialisation": ("specialisations", lambda u: u.specialisations),
    "expertise": ("expertise", lambda u: u.expertise),
}


def facet(items: list[Known], c: Criteria, name: str, radius: int | None) -> dict[str, int]:
    """Count units by value with every selection but the facet's own."""
    counts: Counter[str] = Counter()
    if name in SELECTS:
        attribute, values = SELECTS[name]
        own = replace(c, **{attribute: ()})
        for item in items:
            if eligible(item, own, radius):
                counts.update(set(values(item.unit)))
        return dict(counts)
    attribute = {"equipment": "equipment", "department": "departments", "region": "regions"}[name]
    own = replace(c, **{attribute: ()})
    if name == "equipment":
        own = replace(own, equipment_weight_min=None)
    for item in items:
        if eligible(item, own, radius):
            zones = [zone for zone in item.zones if zone.answers(own, radius)]
            counts.update({value for zone in zones for value in _values(zone, name)})
    return dict(counts)


def _values(zone: Zone, name: str) -> set[str]:
    if name == "equipment":
        return {item.code for item in zone.place.equipment if item.in_service != 0}
    return {zone.department if name == "department" else zone.region}
