"""Questions as parameters of the API, random or not, and the answer checked against brute force."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

from flask import Flask

from mappings.gazetteer import Gazetteer
from mappings.unit import Unit
from orientation.access import Access
from orientation.app import create_app
from orientation.criteria import Criteria
from orientation.question import criteria_from
from orientation.search import SearchService
from orientation.settings import Settings
from tests import brute

Arguments = dict[str, list[str]]
MOST_PAGES = 25
"""Of a very long answer, the pages that are read."""

FACETS = ("activity", "mode", "field", "public", "equipment", "site_category", "department", "region")


@dataclass(slots=True)
class Asker:
    """One index of known units, asked over HTTP and by brute force."""

    settings: Settings
    gazetteer: Gazetteer
    gateway: Any
    index: str
    units: list[Unit]
    as_of: datetime
    items: list[brute.Known] = field(init=False)
    apps: dict[int, Flask] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Prepare the units for brute force."""
        self.items = brute.known(self.units)

    def app(self, profile: int) -> Flask:
        """Return the application as anybody of this profile sees it."""
        if profile not in self.apps:
            chosen = replace(self.settings, anonymous_profile=profile)
            app = create_app(chosen, gateway=self.gateway, gazetteer=self.gazetteer, clock=lambda: self.as_of)
            app.extensions["ror"] = replace(app.extensions["ror"], search=SearchService(self.gateway, index=self.index))
            self.apps[profile] = app
        return self.apps[profile]

    def criteria(self, arguments: Arguments, profile: int) -> Criteria:
        """Return what the parameters mean."""
        return criteria_from(arguments, gazetteer=self.gazetteer, access=Access(profile), now=self.as_of).criteria

    def pages(self, arguments: Arguments, profile: int) -> list[dict[str, Any]]:
        """Ask until the last page, or for ``MOST_PAGES``."""
        client = self.app(profile).test_client()
        pages: list[dict[str, Any]] = []
        cursor: str | None = None
        while not pages or (cursor is not None and len(pages) < MOST_PAGES):
            query = {**arguments, "cursor": [cursor]} if cursor else arguments
            response = client.get("/api/v1/orientations", query_string=query)
            assert response.status_code == 200, (arguments, response.get_json())
            pages.append(response.get_json())
            cursor = pages[-1]["next"]
        return pages

    def same_order(self, found: list[str], expected: list[str], criteria: Criteria, radius: int | None) -> bool:
        """Say whether two orders are one, up to places that stand within the engine's precision of one distance."""
        if found == expected:
            return True
        if len(found) != len(expected) or set(found) != set(expected):
            return False
        by_id = {item.unit.id: item for item in self.items}
        keys = [brute.order_key(by_id[unit], criteria, radius) for unit in found]
        return all(before(a, b) for a, b in pairwise(keys))

    def disagreements(self, arguments: Arguments, profile: int = 1) -> list[str]:
        """Return what the API says otherwise than the rules do: order, total, radius, paging, facets."""
        criteria = self.criteria(arguments, profile)
        expected, radius = brute.answer(self.items, criteria)
        pages = self.pages(arguments, profile)
        found = [result["unit"]["id"] for page in pages for result in page["results"]]
        ranks = [result["rank"] for page in pages for result in page["results"]]
        wrong = []
        asked_for = expected if pages[-1]["next"] is None else expected[: len(found)]
        if not self.same_order(found, asked_for, criteria, radius):
            first = next((n for n, (a, b) in enumerate(zip(found, expected, strict=False)) if a != b), len(found))
            wrong.append(f"order differs at {first}: {found[first : first + 3]} for {expected[first : first + 3]}")
        by_id = {item.unit.id: item for item in self.items}
        for result in (each for page in pages for each in page["results"] if each["unit"]["id"] in by_id):
            told = {why["reason"] for why in result["why"]}
            if told != (by_rules := brute.reasons(by_id[result["unit"]["id"]], criteria, radius)):
                wrong.append(f"reasons of {result['unit']['id']}: {sorted(told)} for {sorted(by_rules)}")
        if ranks != list(range(1, len(found) + 1)):
            wrong.append(f"ranks {ranks[:10]}")
        if pages[0]["total"] != len(expected):
            wrong.append(f"total {pages[0]['total']} for {len(expected)}")
        if pages[0]["query"]["radius_m"] != radius:
            wrong.append(f"radius {pages[0]['query']['radius_m']} for {radius}")
        for name, values in pages[0]["facets"].items():
            counted = {value["code"]: value["count"] for value in values if value["count"]}
            by_hand = brute.facet(self.items, criteria, name, radius)
            if counted != by_hand:
                differing = {k for k in counted.keys() | by_hand.keys() if counted.get(k) != by_hand.get(k)}
                wrong.append(f"facet {name} differs at {sorted(differing)[:5]}")
        return wrong


def before(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Say whether a key may come before another; distances this near are the same to the engine."""
    exact = True
    for a, b in zip(one, other, strict=True):
        if a == b:
            continue
        if isinstance(a, float) and isinstance(b, float) and abs(a - b) < brute.EDGE_M:
            exact = False
            continue
        return a < b or (isinstance(a, str) and not exact)
    return True


@dataclass(slots=True)
class Questioner:
    """Makes random questions out of the values that a set of units really has, so that few are empty."""

    random: Random
    units: list[Unit]
    places: tuple[str, ...]
    as_of: datetime

    def ask(self) -> tuple[Arguments, int]:
        """Return the parameters of one question and the profile that asks."""
        pick = self.random.choice
        unit = pick(self.units)
        arguments: Arguments = {"size": [pick(("1", "5", "20", "100", "100"))]}
        if self.random.random() < 0.85:
            arguments |= self._origin(unit)
            if self.random.random() < 0.5:
                arguments["radius"] = [pick(("0km", "800m", "5km", "20km", "60km", "150km", "1000km"))]
        else:
            arguments["department"] = [unit.places[0].insee[:2] if unit.places else "76"]
            if arguments["department"] == ["97"]:
                arguments["department"] = ["974"]
        offers = self._criteria(unit)
        for name in self.random.sample(sorted(offers), pick((1, 2, 2, 3, 4))):
            values = offers[name]()
            if values:
                arguments[name] = values
        if "equipment_weight_min" in arguments and "equipment" not in arguments:
            del arguments["equipment_weight_min"]
        sorts = ["suitability", "suitability", "beds"]
        if "lat" in arguments or "place" in arguments:
            sorts.append("distance")
        arguments["sort"] = [pick(sorts)]
        arguments["facets"] = [",".join(FACETS)] if self.random.random() < 0.4 else ["none"]
        return arguments, pick((1, 1, 1, 2, 4))

    def _origin(self, unit: Unit) -> Arguments:
        if self.random.random() < 0.4:
            return {"place": [self.random.choice(self.places)]}
        point = next((place.point for place in unit.places if place.point), None)
        lat, lon = (point.lat, point.lon) if point else (49.44, 1.1)
        around = self.random.choice((0.0, 0.05, 0.5))
        return {
            "lat": [f"{lat + self.random.uniform(-around, around):.5f}"],
            "lon": [f"{lon + self.random.uniform(-around, around):.5f}"],
        }

    def _criteria(self, unit: Unit) -> dict[str, Callable[[], list[str]]]:
        pick, random = self.random.choice, self.random

        def of(codes: tuple[str, ...]) -> Callable[[], list[str]]:
            return lambda: random.sample(codes, min(len(codes), random.choice((1, 1, 2))))

        equipment = tuple({item.code for place in unit.places for item in place.equipment})
        when = self.as_of + timedelta(hours=random.randint(-90, 90))
        return {
            "activity": lambda: list(unit.activities[:1]) + list(pick(self.units).activities[: random.choice((0, 1))]),
            "related": lambda: ["true"],
            "mode": lambda: [unit.care_mode],
            "field": lambda: [unit.field],
            "site_category": of((unit.site.category,) if unit.site.category else ()),
            "age": lambda: [pick(("0d", "20d", "18mo", "4", "15", "16", "17y", "35", "74", "75", "90y"))],
            "act": of(unit.acts),
            "expertise": of(unit.expertise),
            "reception": of(unit.reception),
            "public": of(unit.publics),
            "specialisation": of(unit.specialisations),
            "equipment": of(equipment),
            "equipment_weight_min": lambda: [pick(("100", "180", "250"))],
            "prefer_act": of(unit.acts),
            "prefer_expertise": of(unit.expertise),
            "use_case": lambda: [pick(("opinion", "act", "destination", "means"))],
            "beds_min": lambda: [pick(("1", "2", "5"))],
            "beds_gender": lambda: [pick(("f", "m"))],
            "beds_max_age": lambda: [pick(("1h", "12h", "3d"))],
            "beds_horizon": lambda: [pick(("now", "now", "24h"))],
            "open_at": lambda: [when.isoformat()],
        }
