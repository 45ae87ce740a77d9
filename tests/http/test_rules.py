"""The five rules of the contract, for any data and any question: the API equals brute force."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from engine.bulk import Action
from engine.gateway import Gateway
from mappings.definitions import index_definition
from mappings.document import unit_to_document
from mappings.gazetteer import Gazetteer
from orientation.criteria import Criteria, Page
from orientation.query.facets import FACETS as ALL_FACETS
from orientation.query.rungs import Rungs, ladder
from orientation.search import SearchService
from orientation.settings import Settings
from tests import brute
from tests.asking import Asker, Questioner
from tests.random_region import AS_OF, random_question, random_units

QUESTIONS = 150
COUNTED = ("activity", "mode", "field", "public", "equipment", "site_category", "department", "region")


@pytest.fixture(scope="module", params=[1, 2])
def asker(
    request: pytest.FixtureRequest, aside: Settings, gazetteer: Gazetteer, aside_gateway: Gateway
) -> Iterator[Asker]:
    """A random region with every corner in it, in an index of its own."""
    units = random_units(Random(request.param), 300)
    index = f"rules-{request.param}"
    aside_gateway.create_index(index, index_definition("units"))
    outcomes = aside_gateway.bulk([Action("index", index, unit.id, unit_to_document(unit)) for unit in units])
    assert all(outcome.ok for outcome in outcomes)
    aside_gateway.refresh(index)
    yield Asker(aside, gazetteer, aside_gateway, index, units, AS_OF)
    aside_gateway.delete_index(index)


def test_every_answer_over_http_equals_brute_force(asker: Asker) -> None:
    questioner = Questioner(Random(7), asker.units, ("insee:76540", "insee:75056", "Le Havre (76)", "27000"), AS_OF)
    answered = 0
    for _ in range(QUESTIONS):
        arguments, profile = questioner.ask()
        assert asker.disagreements(arguments, profile) == [], arguments
        answered += bool(brute.answer(asker.items, asker.criteria(arguments, profile))[0])
    assert answered > QUESTIONS // 2  # else the questions prove little


def test_every_criterion_there_is_equals_brute_force(asker: Asker) -> None:
    random = Random(11)
    service = SearchService(asker.gateway, index=asker.index)
    for _ in range(QUESTIONS):
        criteria = random_question(random)
        expected, radius = brute.answer(asker.items, criteria)
        answer = service.search(criteria, Page(size=100, facets=COUNTED))
        assert [result.unit["id"] for result in answer.results] == expected[:100], criteria
        assert (answer.total, answer.radius_m) == (len(expected), radius), criteria
        for name, values in answer.facets.items():
            counted = {value.code: value.count for value in values if value.count}
            assert counted == brute.facet(asker.items, criteria, name, radius), (name, criteria)


class Counted(Gateway):
    """A gateway that counts what goes to the engine at once."""

    trips = 0

    def msearch(self, *args: Any, **options: Any) -> list[dict[str, Any]]:
        self.trips += 1
        return super().msearch(*args, **options)


class Fixed(Rungs):
    """Guesses one rung whatever is asked."""

    def __init__(self, rung: int) -> None:
        super().__init__()
        self.rung = rung

    def guess(self, criteria: Criteria) -> int | None:
        return self.rung


def test_a_guessed_radius_saves_a_trip_and_changes_no_answer(asker: Asker) -> None:
    random = Random(23)
    asked = [each for each in (random_question(random) for _ in range(400)) if len(ladder(each)) > 1][:40]
    offered = sorted({activity for item in asker.items for activity in item.unit.activities})
    near = {"near_activities": tuple(offered)}  # within the guess, but not what the radius is widened for
    asked += [replace(each, activities=(random.choice(offered),), **near) for each in asked[:20]]
    page, saved = Page(size=20, facets=COUNTED), 0
    with Counted(asker.gateway.config) as counted:
        for criteria in asked:
            service = SearchService(counted, index=asker.index)
            first = service.search(criteria, page)
            assert counted.trips == 2
            told = {rung: SearchService(counted, index=asker.index, rungs=Fixed(rung)) for rung in (0, 1, 3)}
            answers = [first, *(each.search(criteria, page) for each in told.values())]
            counted.trips = 0
            answers.append(service.search(criteria, page))
            saved += counted.trips == 1
            counted.trips = 0
            assert [replace(each, engine_ms=0) for each in answers[1:]] == [replace(first, engine_ms=0)] * 4, criteria
    assert saved == len(asked)


class Timed(Gateway):
    """A gateway whose engine says that it took 100 ms for a search of hits, and 1,000 for one that counts."""

    def search(self, *args: Any, **options: Any) -> dict[str, Any]:
        return {**super().search(*args, **options), "took": 100}

    def msearch(self, index: str, bodies: Sequence[Mapping[str, Any]], *args: Any) -> list[dict[str, Any]]:
        told = super().msearch(index, bodies, *args)
        return [{**each, "took": 100 if body["size"] else 1000} for each, body in zip(told, bodies, strict=True)]


def test_the_time_of_the_engine_is_that_of_every_round_trip(asker: Asker) -> None:
    random = Random(23)
    criteria = next(each for each in (random_question(random) for _ in range(400)) if len(ladder(each)) > 1)
    criteria = replace(criteria, activities=("none",), near_activities=(), use_case=None)
    last = len(ladder(criteria)) - 1
    with Timed(asker.gateway.config) as timed:
        for rung, spent in ((last, 1000), (0, 100 + 1000 + 100)):
            service = SearchService(timed, index=asker.index, rungs=Fixed(rung))
            assert service.search(criteria, Page(size=20)).engine_ms == spent
        assert SearchService(timed, index=asker.index).search(criteria, Page(size=20)).engine_ms == 1000 + 100


def test_size_never_changes_the_order(asker: Asker) -> None:
    random = Random(13)
    service = SearchService(asker.gateway, index=asker.index)
    for _ in range(60):
        criteria = random_question(random)
        many = service.search(criteria, Page(size=50))
        one = service.search(criteria, Page(size=1))
        assert [r.unit["id"] for r in one.results] == [r.unit["id"] for r in many.results[:1]], criteria


def test_the_place_shown_meets_every_criterion_and_is_the_nearest_of_the_best(asker: Asker) -> None:
    random = Random(17)
    service = SearchService(asker.gateway, index=asker.index)
    items = {item.unit.id: item for item in asker.items}
    several = 0
    for _ in range(120):
        criteria = random_question(random)
        answer = service.search(criteria, Page(size=100))
        for result in answer.results:
            if result.place is None or criteria.origin is None:
                continue
            zones = [zone for zone in items[result.unit["id"]].zones if zone.answers(criteria, answer.radius_m)]
            shown = next(zone for zone in zones if zone.place.id == result.place["id"])
            if criteria.beds_matter and criteria.sort != "distance":
                assert shown.tier(criteria) == min(zone.tier(criteria) for zone in zones), criteria
                zones = [zone for zone in zones if zone.tier(criteria) == shown.tier(criteria)]
            if criteria.sort == "beds" or len(zones) < 2:
                continue
            distances = [d for zone in zones if (d := zone.distance(criteria)) is not None]
            if distances:
                assert result.distance_m == pytest.approx(min(distances), abs=0.1), criteria
                several += 1
    assert several > 20


def test_brute_force_would_notice_a_wrong_order(asker: Asker) -> None:
    questioner = Questioner(Random(7), asker.units, ("insee:76540",), AS_OF)
    arguments: dict[str, list[str]] = {}
    while not arguments or len(brute.answer(asker.items, asker.criteria(arguments, 1))[0]) < 2:
        arguments, _ = questioner.ask()
        arguments["sort"] = ["suitability"]
    honest = asker.items
    asker.items = [replace(item, unit=replace(item.unit, id="!" + item.unit.id)) for item in honest]
    try:
        assert asker.disagreements(arguments, 1) != []
    finally:
        asker.items = honest


def test_every_facet_names_a_field_of_criteria() -> None:
    known: Callable[[str], bool] = lambda name: hasattr(random_question(Random(1)), name)  # noqa: E731
    assert all(known(facet.selects) for facet in ALL_FACETS.values())
