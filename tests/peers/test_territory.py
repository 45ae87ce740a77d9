"""A territory drawn as a polygon: who is asked for what lies in it, and what is taken from whom."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.gateway import Gateway
from mappings.gazetteer import Found, Gazetteer
from mappings.geo import Point
from mappings.schema.unit import unit_to_dict
from orientation.access import Access
from orientation.cli import ror
from orientation.criteria import Criteria
from orientation.peers.judging import judge
from orientation.peers.outline import read_area
from orientation.peers.register import Peer, Register
from orientation.peers.territory import Territories
from tests.factory import NOW, make_place, make_unit

AROUND_DIEPPE = [[0.9, 49.8], [1.3, 49.8], [1.3, 50.0], [0.9, 50.0], [0.9, 49.8]]
OUTLINE = json.dumps({"type": "Polygon", "coordinates": [AROUND_DIEPPE]})
PEER = Peer(code="n", name="N", region="28", url="https://n.example/csd", area=read_area(OUTLINE))
IN_DIEPPE = make_place(id="D", insee="76217", point=Point(49.92, 1.08))
IN_ROUEN = make_place(id="R", insee="76540", point=Point(49.44, 1.10))


@pytest.fixture(scope="module")
def territories(gazetteer: Gazetteer) -> Territories:
    return Territories(gazetteer)


def around(gazetteer: Gazetteer, insee: str, radius_m: int) -> Criteria:
    found = gazetteer.resolve(f"insee:{insee}")
    assert isinstance(found, Found)
    return Criteria(as_of=NOW, access=Access(1), origin=found.origin, radius_m=radius_m, origin_department="76")


def test_a_circle_asks_whom_its_outline_is_near_to(territories: Territories, gazetteer: Gazetteer) -> None:
    assert territories.touches(around(gazetteer, "76217", 1_000), PEER), "inside"
    assert not territories.touches(around(gazetteer, "76540", 30_000), PEER)
    assert territories.touches(around(gazetteer, "76540", 50_000), PEER)
    beside = replace(PEER, departments=("76",))
    assert territories.touches(around(gazetteer, "76540", 1_000), beside), "departments count beside an outline"


def test_a_question_for_places_asks_whom_they_lie_with(territories: Territories) -> None:
    asked = Criteria(as_of=NOW, access=Access(1))
    assert territories.touches(replace(asked, communes=("76217",)), PEER)
    assert not territories.touches(replace(asked, communes=("76540",)), PEER)
    assert territories.touches(replace(asked, departments=("76",)), PEER)
    assert not territories.touches(replace(asked, departments=("27",)), PEER)
    assert territories.touches(replace(asked, regions=("28",)), PEER)


def test_what_lies_outside_the_outline_is_not_taken(gazetteer: Gazetteer) -> None:
    asked = Criteria(as_of=NOW, access=Access(1))
    nowhere = replace(IN_DIEPPE, point=None, geo_precision=None)
    placed = {"in": (IN_DIEPPE,), "centre": (nowhere,), "out": (IN_ROUEN,), "both": (IN_DIEPPE, IN_ROUEN)}
    units = [make_unit(id=name, places=places) for name, places in placed.items()]
    judged = judge([unit_to_dict(unit) for unit in units], asked, PEER, gazetteer)
    assert [each.unit["id"] for each in judged.results] == ["in", "centre"]
    assert judged.unfit == {"elsewhere": 2}


def test_the_command_keeps_an_outline_and_refuses_one_that_cannot_be(gateway: Gateway, tmp_path: Path) -> None:
    environ = {"ROR_ELASTICSEARCH_URL": gateway.config.url, "ROR_DATA_DIR": str(tmp_path)}
    code = f"t-{uuid.uuid4().hex[:8]}"
    file = tmp_path / "territory.geojson"

    def add(content: str) -> str:
        file.write_text(content, encoding="utf-8")
        arguments = ["peers", "add", code, "--url", "https://n.example/csd", "--region", "28", "--territory", str(file)]
        done = CliRunner().invoke(ror, arguments, env=environ)
        return "" if done.exit_code == 0 else str(done.exception) + done.output

    swapped = [[lat, lon] for lon, lat in AROUND_DIEPPE]
    assert "holds the middle of no commune" in add(json.dumps({"type": "Polygon", "coordinates": [swapped]}))
    assert "territory.type" in add('{"type": "LineString"}')
    assert add(OUTLINE) == ""
    try:
        found = Register(gateway).get(code)
        assert found.area == PEER.area
        assert found.territory == frozenset()
        listed = CliRunner().invoke(ror, ["peers", "list"], env=environ)
        assert "territory its outline\n" in listed.output
        again = ["peers", "add", code.upper(), "--url", "https://n.example/csd", "--region", "28"]
        twin = CliRunner().invoke(ror, again, env=environ)
        assert twin.exit_code != 0 and "by its case only" in str(twin.exception)
    finally:
        gateway.delete("peers", code, refresh="true")
