"""Real questions on real data: the first answers are those that the tables give."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from flask.testing import FlaskClient

from engine.gateway import Gateway
from indexer.build import build
from indexer.generations import Target
from indexer.load import LoadOptions
from indexer.sources.sae import read_sae
from mappings.gazetteer import Gazetteer
from mappings.schema.unit import unit_from_dict
from orientation.settings import Settings
from tests.asking import Asker, Questioner
from tests.golden_sae import QUESTIONS, Question, Tables

AS_OF = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
RANDOM_QUESTIONS = 40


@pytest.fixture(scope="module")
def france(shared: Path, aside: Settings, gazetteer: Gazetteer, aside_gateway: Gateway) -> Iterator[Asker]:
    """The whole of France out of the open data, loaded as an operator would."""
    source = read_sae(shared / "data" / "sae2023", shared / "data" / "sites_sae2023_geo.csv.gz")
    target = Target(alias="golden")
    report = build(source, aside_gateway, gazetteer, LoadOptions(source="sae", target=target))
    assert report.applied, report.refusals
    units = [unit_from_dict(hit["_source"]["unit"]) for hit in aside_gateway.scan("golden", source="unit")]
    assert len(units) == report.indexed > 13_000
    yield Asker(aside, gazetteer, aside_gateway, "golden", units, AS_OF)
    aside_gateway.delete_index(report.index or "")


@pytest.fixture(scope="module")
def tables(shared: Path) -> Tables:
    """The tables, read by other means."""
    return Tables(shared)


@pytest.fixture
def client(france: Asker) -> FlaskClient:
    """Who may see everything."""
    return france.app(1).test_client()


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.words)
def test_the_nearest_sites_are_those_of_the_tables(client: FlaskClient, tables: Tables, question: Question) -> None:
    lat, lon = tables.origin(question.commune)
    expected = tables.expected(question)
    asked = {**question.parameters, "lat": str(lat), "lon": str(lon), "radius": "400km", "size": "5", "facets": "none"}
    answer = client.get("/api/v1/orientations", query_string=asked).get_json()
    found = [(result["distance_m"], result["unit"]["site"]["finess"]) for result in answer["results"]]
    assert expected
    assert [finess for _, finess in found] == [finess for _, finess in expected[:5]]
    assert [metres for metres, _ in found] == pytest.approx([metres for metres, _ in expected[:5]], abs=1)
    assert answer["total"] == len(expected)


def test_random_questions_on_real_units_equal_brute_force(france: Asker) -> None:
    places = ("insee:76540", "insee:75056", "insee:69123", "insee:97411", "insee:2A004", "48000")
    questioner = Questioner(Random(23), france.units, places, AS_OF)
    for _ in range(RANDOM_QUESTIONS):
        arguments, profile = questioner.ask()
        arguments["size"] = ["100"]
        assert france.disagreements(arguments, profile) == [], arguments
