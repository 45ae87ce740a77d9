"""Random small regions and random questions, made to meet every corner: shared codes, several places, no point."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from mappings.age import Age, AgeRange
from mappings.capacity import Capacity, CapacityKey
from mappings.gazetteer import Origin
from mappings.geo import Point
from mappings.unit import (
    CareLocation,
    Closing,
    Equipment,
    EquipmentLimit,
    LegalEntity,
    OpeningHours,
    Site,
    Unit,
)
from orientation.access import Access
from orientation.criteria import BedCriteria, Criteria

AS_OF = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ACTIVITIES = ("127", "126", "130", "128", "373", "391", "354", "083", "100", "059", "157", "136")
MODES = ("28", "29", "31", "32", "33", "13", "35", "55")
COMMUNES = {
    "76540": (49.4431, 1.0993), "76351": (49.4944, 0.1079), "27229": (49.0241, 1.1508), "14118": (49.1829, -0.3707),
    "61001": (48.4328, 0.0911), "80021": (49.8942, 2.2957), "75115": (48.8400, 2.2930), "97411": (-20.8823, 55.4504),
}  # fmt: skip
PUBLICS = ("01", "04", "06", "07")
EQUIPMENT = ("072", "083", "131", "135")
ACTS = ("0145", "0459", "0131")
COMPETENCES = ("01", "02")


def some(random: Random, codes: tuple[str, ...], most: int) -> tuple[str, ...]:
    """Return up to ``most`` of the codes."""
    return tuple(sorted(random.sample(codes, random.randint(0, min(most, len(codes))))))


def random_age(random: Random) -> Age:
    """Return an age in any unit."""
    unit = random.choice(("a", "a", "a", "mo", "wk", "d"))
    return Age(random.randint(0, {"a": 100, "mo": 30, "wk": 12, "d": 40}[unit]), unit)


def random_range(random: Random) -> AgeRange:
    """Return whom a unit takes: often a usual range, sometimes an odd one."""
    usual = [(Age(16), Age(120)), (Age(0), Age(17)), (Age(0, "d"), Age(28, "d")), (Age(0), Age(120))]
    if random.random() < 0.6:
        return AgeRange(*random.choice([*usual, (Age(75), Age(120))]))
    while True:
        try:
            return AgeRange(random_age(random), random_age(random))
        except ValueError:
            continue


def random_counts(random: Random) -> tuple[Capacity, ...]:
    """Return counts of one place with distinct keys, at ages around every freshness limit."""
    counts = {}
    for _ in range(random.choice((0, 0, 1, 2, 4, 6))):
        status = random.choice(("01", "02", "02", "02", "05", "06"))
        key = CapacityKey(
            kind=random.choice(("01", "01", "02")),
            status=status,
            horizon=random.choice(("01", "01", "03")) if status == "02" else "01",
            gender=random.choice((None, None, "01", "02", "04")) if status == "02" else None,
            closing_kind=random.choice((None, "01", "02")) if status == "05" else None,
            extra_kind=random.choice(("02", "03")) if status == "06" else None,
            assignment=random.choice(("01", "01", "01", "02")),
        )
        age = timedelta(minutes=random.choice((5, 60, 700, 730, 1430, 1450, 4300, 4400, 10_000)))
        counts[key] = Capacity(key=key, count=random.choice((0, 0, 1, 2, 5)), observed_at=AS_OF - age, source="01")
    return tuple(counts.values())


def random_place(random: Random, place_id: str) -> CareLocation:
    """Return a place in or near one of a few communes."""
    insee = random.choice(tuple(COMMUNES))
    lat, lon = COMMUNES[insee]
    point = Point(lat + random.uniform(-0.2, 0.2), lon + random.uniform(-0.3, 0.3))
    equipment = tuple(
        Equipment(
            code=code,
            in_service=random.choice((None, 0, 1)),
            limits=(EquipmentLimit(kind="001", value=random.choice((150.0, 200.5, 250.0)), unit="kg"),)
            if random.random() < 0.6
            else (),
        )
        for code in some(random, EQUIPMENT, 2)
    )
    return CareLocation(
        id=place_id,
        insee=insee,
        status=random.choice((None, "3", "3", "2")),
        point=point if random.random() < 0.9 else None,
        equipment=equipment,
        capacities=random_counts(random),
    )


def random_hours(random: Random) -> tuple[OpeningHours, ...]:
    """Return weekly spans, nights, closings and exceptions around the day of the questions."""
    kinds: list[dict[str, Any]] = [
        {"kind": "01", "days": (1, 2, 3, 4, 5), "start": time(8), "end": time(18)},
        {"kind": "03", "start": time(20), "end": time(7)},
        {"kind": "01"},
        {"kind": "08", "days": (2,), "start": time(12), "end": time(14)},
        {"kind": "04", "start": time(0), "end": time(23)},
        {"open": False, "valid_from": date(2026, 11, 24), "valid_to": date(2026, 11, 25)},
        {"valid_from": date(2026, 11, 20), "valid_to": date(2026, 11, 26), "start": time(9), "end": time(12)},
        {"valid_from": date(2026, 11, 23), "valid_to": date(2026, 11, 23), "start": time(22), "end": time(6)},
    ]
    return tuple(OpeningHours(**chosen) for chosen in random.sample(kinds, random.choice((0, 0, 1, 2))))


def random_closing(random: Random) -> Closing | None:
    """Return mostly nothing, else a closing around the day of the questions."""
    if random.random() < 0.85:
        return None
    return Closing(
        kind="PRO",
        closed_from=random.choice((None, date(2026, 11, 24), date(2026, 11, 25), date(2020, 1, 1))),
        reopens_on=random.choice((None, date(2026, 11, 24), date(2026, 11, 25))),
    )


def random_units(random: Random, count: int) -> list[Unit]:
    """Return units, some of which share a place."""
    units: list[Unit] = []
    shared: list[CareLocation] = []
    for n in range(count):
        places = tuple(random_place(random, f"L{n}-{k}") for k in range(random.choice((0, 1, 1, 1, 1, 2, 3))))
        if shared and random.random() < 0.15:
            places = (*places, random.choice(shared))
        shared += places[:1]
        units.append(
            Unit(
                id=f"28/{n}",
                name=f"Unité {n}",
                field=random.choice(("01", "01", "02", "03", "04")),
                activities=some(random, ACTIVITIES, 2) or ("083",),
                care_mode=random.choice(MODES),
                site=Site(
                    name="Site",
                    category=random.choice((None, "101", "355", "109")),
                    insee=random.choice(tuple(COMMUNES)),
                    closing=random_closing(random) if random.random() < 0.2 else None,
                    legal_entity=LegalEntity(name="Entité"),
                ),
                updated_at=AS_OF,
                age=random_range(random),
                sensitive=random.random() < 0.1,
                reception=some(random, ("02", "06", "10"), 2),
                acts=some(random, ACTS, 2),
                competences=some(random, COMPETENCES, 1),
                expertise=some(random, ("01", "02"), 1),
                publics=some(random, PUBLICS, 2),
                closing=random_closing(random),
                hours=random_hours(random),
                places=places,
            )
        )
    return units


def random_origin(random: Random) -> tuple[Origin, str]:
    """Return an origin (a commune or a bare point) and its department."""
    insee = random.choice(tuple(COMMUNES))
    lat, lon = COMMUNES[insee]
    department = insee[:3] if insee.startswith("97") else insee[:2]
    if random.random() < 0.5:
        return Origin(Point(lat, lon), "commune", "commune", insee, frozenset({insee})), department
    point = Point(lat + random.uniform(-0.1, 0.1), lon + random.uniform(-0.1, 0.1))
    return Origin(point, "point", "point", None, frozenset()), department


def random_question(random: Random) -> Criteria:
    """Return a question with a few criteria out of all there are."""
    asked: dict[str, Any] = {"as_of": AS_OF, "access": Access(random.choice((1, 1, 1, 1, 2, 3, 4)))}
    if random.random() < 0.8:
        asked["origin"], asked["origin_department"] = random_origin(random)
        if random.random() < 0.6:
            asked["radius_m"] = random.choice((0, 5_000, 15_000, 60_000, 150_000, 1_000_000))
    choices: dict[str, Any] = {
        "activities": lambda: some(random, ACTIVITIES, 3),
        "related": lambda: True,
        "modes": lambda: some(random, MODES, 3),
        "fields": lambda: some(random, ("01", "02", "04"), 2),
        "departments": lambda: some(random, ("76", "27", "14", "974"), 2),
        "regions": lambda: some(random, ("28", "11"), 1),
        "communes": lambda: some(random, tuple(COMMUNES), 2),
        "equipment": lambda: some(random, EQUIPMENT, 2),
        "publics": lambda: some(random, PUBLICS, 2),
        "reception": lambda: some(random, ("02", "06", "10"), 1),
        "expertise": lambda: some(random, ("01", "02"), 1),
        "site_categories": lambda: some(random, ("101", "355", "1101", "1100"), 2),
        "acts": lambda: some(random, ACTS, 1),
        "prefer_acts": lambda: some(random, ACTS, 2),
        "prefer_competences": lambda: some(random, COMPETENCES, 1),
        "prefer_expertise": lambda: some(random, ("01", "02"), 1),
        "age": lambda: random_age(random),
        "use_case": lambda: random.choice(("opinion", "act", "destination", "means")),
        "open_at": lambda: AS_OF + timedelta(hours=random.randint(-72, 72), minutes=random.choice((0, 30))),
        "beds": lambda: BedCriteria(
            minimum=random.choice((None, 1, 1, 2, 4)),
            gender=random.choice((None, None, "f", "m")),
            horizon=random.choice(("now", "now", "24h")),
            max_age_s=random.choice((None, None, 3600, 43_200)),
        ),
        "tension_departments": lambda: some(random, ("76", "14"), 1),
        "tension_regions": lambda: some(random, ("28",), 1),
    }
    for name in random.sample(tuple(choices), random.choice((1, 2, 2, 3, 4))):
        asked[name] = choices[name]()
    if asked.get("equipment") and random.random() < 0.5:
        asked["equipment_weight_min"] = random.choice((150.0, 200.5, 200.6, 250.0))
    sorts = ["suitability", "suitability", "beds"] + (["distance"] if "origin" in asked else [])
    asked["sort"] = random.choice(sorts)
    return Criteria(**asked)
