"""Two regions in one list: the order is that of one search over both."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from csd.functions.orientation import URN
from csd.names import CSD
from engine.gateway import Gateway
from mappings.schema.unit import unit_to_dict
from mappings.territory import departments as known_departments
from orientation.access import Access
from orientation.cli import ror
from orientation.criteria import Criteria, Page
from orientation.exchanges.indicators import Span, indicators
from orientation.identity import Clients, Grant
from orientation.peers.judging import judge
from orientation.peers.register import Register
from orientation.peers.territory import is_rare
from orientation.query.order import position
from orientation.question import criteria_from
from orientation.search import SearchService
from tests import brute
from tests.asking import Questioner, before
from tests.peers.conftest import World, app_of
from tests.ports import free_port
from tests.random_region import AS_OF

PLACES = ("insee:78361", "insee:28134", "insee:27229", "insee:76540", "insee:75056")
"""Mantes-la-Jolie, Dreux, Évreux, Rouen, Paris."""


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[FlaskClient]:
    """A client of home, which knows the region beside."""
    world.register.add(world.peer, "test")
    app = app_of(world.home, world.register)
    yield app.test_client()
    app.extensions["ror"].federation.asker.exchanges.close()


def ask(client: FlaskClient, **arguments: Any) -> dict[str, Any]:
    response = client.get("/api/v1/orientations", query_string=arguments)
    assert response.status_code == 200, response.get_json()
    return response.get_json()


def pages(client: FlaskClient, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    found, cursor = [], None
    while cursor is not None or not found:
        found.append(ask(client, **arguments, **({"cursor": cursor} if cursor else {})))
        cursor = found[-1]["next"]
    return found


def test_the_order_over_both_regions_is_that_of_brute_force_over_their_union(world: World, client: FlaskClient) -> None:
    questioner = Questioner(Random(3), world.home.units + world.beside.units, PLACES, AS_OF)
    by_id = {item.unit.id: item for item in world.items}
    mixed = 0
    for _ in range(120):
        arguments, _ = questioner.ask()
        asked = {name: values for name, values in arguments.items() if name not in {"size", "facets"}}
        criteria = criteria_from(asked, gazetteer=world.home.gazetteer, access=Access(1), now=AS_OF).criteria
        answers = pages(client, asked | {"size": ["40"], "facets": ["none"], "peers": ["all"]})
        results = [result for answer in answers for result in answer["results"]]
        found = [result["unit"]["id"] for result in results]
        radius = answers[0]["query"]["radius_m"]
        expected = {item.unit.id for item in world.items if brute.eligible(item, criteria, radius)}
        assert len(found) == len(set(found)), asked
        assert set(found) == expected, (asked, answers[0]["warnings"], answers[0]["peers"])
        keys = [brute.order_key(by_id[unit], criteria, radius) for unit in found]
        misplaced = [(a, b) for a, b in pairwise(zip(keys, found, strict=True)) if not before(a[0], b[0])]
        assert misplaced == [], (str(asked), [r for r in results if r["unit"]["id"] in str(misplaced)])
        assert [result["rank"] for result in results] == list(range(1, len(found) + 1))
        sources = {"source" in result for result in results}
        mixed += sources == {True, False}
    assert mixed > 10


def test_each_result_of_a_peer_says_its_region_and_the_age_of_its_data(world: World, client: FlaskClient) -> None:
    answer = ask(client, place="insee:78361", radius="120km", peers="idf", size=100)
    theirs = {unit.id for unit in world.beside.units}
    for result in answer["results"]:
        assert (result["unit"]["id"] in theirs) == ("source" in result)
        if "source" in result:
            assert result["source"]["peer"] == "idf"
            assert result["source"]["region"]["code"] == "11"
            assert result["source"]["age_s"] >= 0
    assert {"source" in result for result in answer["results"]} == {True, False}
    [peer] = answer["peers"]
    assert (peer["status"], peer["breaker"]) == ("answered", "closed")
    assert peer["total"] > 0


def test_auto_asks_a_region_that_the_circle_touches_and_none_that_it_does_not(client: FlaskClient) -> None:
    assert [peer["code"] for peer in ask(client, place="insee:78361", radius="10km")["peers"]] == ["idf"]
    near_rouen = ask(client, place="insee:76540", radius="5km")
    assert near_rouen["total"] > 0
    assert "peers" not in near_rouen
    evreux = ask(client, place="insee:27229", radius="20km")
    assert evreux["total"] > 0
    assert "peers" not in evreux, "on the latitude of the region beside, and far from it"
    assert "peers" not in ask(client, place="insee:78361", radius="10km", peers="none")
    assert [peer["code"] for peer in ask(client, place="insee:76540", radius="5km", peers="all")["peers"]] == ["idf"]
    rare = ask(client, place="insee:76540", radius="5km", activity="121")
    assert [peer["code"] for peer in rare["peers"]] == ["idf"]


def test_a_unit_judged_here_has_the_sort_values_that_the_engine_gives_it(
    world: World, gateway: Gateway, client: FlaskClient
) -> None:
    own = world.home
    by_id = {unit.id: unit for unit in own.units}
    peer = replace(world.peer, region="28", departments=tuple(sorted(known_departments())))
    search = SearchService(gateway, index=f"{own.name}-units")
    questioner = Questioner(Random(11), own.units, PLACES, AS_OF)
    compared = 0
    for _ in range(60):
        arguments, _ = questioner.ask()
        asked = {name: values for name, values in arguments.items() if name not in {"size", "facets"}}
        criteria = criteria_from(asked, gazetteer=own.gazetteer, access=Access(1), now=AS_OF).criteria
        answer = search.search(criteria, Page(size=100, facets=()))
        settled = replace(criteria, radius_m=answer.radius_m)
        units = [unit_to_dict(by_id[result.unit["id"]]) for result in answer.results]
        judged = {each.unit["id"]: each for each in judge(units, settled, peer, own.gazetteer).results}
        for result in answer.results:
            said = judged.get(result.unit["id"])
            if said is None:  # placed at random, too far from its commune to be taken from a peer
                continue
            assert [reason.reason for reason in said.why] == [reason.reason for reason in result.why]
            ours, theirs = (position(settled, each.sort) for each in (result, said))
            assert theirs[-1] == ours[-1]
            for own_value, value in zip(ours[:-1], theirs[:-1], strict=True):
                # To the millimetre, but very near the origin: the engine takes the cosine of the angle, rough there.
                assert value == pytest.approx(own_value, abs=1e-3 if own_value > 10 else 0.05)
            compared += 1
    assert compared > 200


def test_care_of_severe_burns_is_sought_in_the_whole_country() -> None:
    asked = Criteria(as_of=AS_OF, access=Access(1), activities=("121",))
    assert is_rare(asked)
    assert is_rare(replace(asked, activities=("121", "359")))
    assert not is_rare(replace(asked, activities=("121", "083")))
    assert not is_rare(replace(asked, activities=()))


def test_an_unknown_peer_is_refused_by_name(client: FlaskClient) -> None:
    response = client.get("/api/v1/orientations", query_string={"place": "insee:76540", "peers": "atlantis"})
    assert response.status_code == 422
    assert "peers" in response.get_json()["errors"]


def test_each_exchange_is_counted_by_the_indicators(client: FlaskClient) -> None:
    def counted() -> tuple[int, dict[str, int]]:
        said = client.get("/api/v1/exchanges/indicators", query_string={"group_by": "outcome"})
        assert said.status_code == 200, said.get_json()
        body = said.get_json()
        return body["total"]["exchanges"], {group["key"]: group["exchanges"] for group in body["groups"]}

    before, _ = counted()
    for _ in range(3):
        assert ask(client, place="insee:78361", radius="10km")["peers"]
    after, groups = counted()
    assert after == before + 3
    assert groups["answered"] >= 3
    told = client.get("/metrics").get_data(as_text=True)
    assert 'ror_peer_breaker{peer="idf"} 0.0' in told
    refused = client.get("/api/v1/exchanges/indicators", query_string={"group_by": "patient"})
    assert refused.status_code == 422


def test_who_asks_is_noted_by_profession_and_never_by_name(world: World, gateway: Gateway, client: FlaskClient) -> None:
    index = f"{world.home.name}-clients"
    clients = Clients(gateway, index=index, clock=lambda: AS_OF)
    client.application.extensions["guard"].identity.clients = clients
    try:
        grant = Grant(client="bedside-app", profile=2, scopes=("search",), profession="50")
        _, key = clients.add(grant, "tests", None)
        asked = {"place": "insee:78361", "radius": "10km"}
        url = "/api/v1/orientations"
        assert client.get(url, query_string=asked, headers={"X-Api-Key": key}).get_json()["peers"]
        said = client.get("/api/v1/exchanges/indicators?group_by=profession").get_json()
        assert [group["exchanges"] for group in said["groups"] if group["key"] == "50"] == [1]
        journal = client.application.extensions["ror"].journal
        noted = [hit["_source"] for hit in gateway.scan(f"{journal.index}-*", {"term": {"profession": "50"}})]
        assert len(noted) == 1 and "bedside-app" not in str(noted)
    finally:
        gateway.delete_index(index)


def test_exchanges_that_our_own_engine_made_fail_are_noted_on_both_sides(world: World, gateway: Gateway) -> None:
    app = app_of(world.home, world.register)
    known = app.extensions["ror"]
    known.journal.index = f"{world.home.name}-exchanges"
    app.extensions["ror"] = replace(known, search=SearchService(gateway, index=f"{world.home.name}-missing"))
    client = app.test_client()

    def outcomes() -> dict[str, int]:
        journal = known.journal
        journal.send()
        gateway.refresh(f"{journal.index}-*")
        groups = indicators(gateway, Span(), "outcome", AS_OF, journal.index)["groups"]
        return {group["key"]: group["exchanges"] for group in groups}

    before = outcomes()
    asked = {"place": "insee:78361", "radius": "10km", "peers": "idf"}
    assert client.get("/api/v1/orientations", query_string=asked).status_code == 503
    body = f'<careServicesRequest xmlns="{CSD}"><function urn="{URN}" encapsulated="false"><requestParams/></function>'
    path = f"/csd/csr/{world.home.name}/careServicesRequest"
    refused = client.post(path, data=f"{body}</careServicesRequest>", content_type="text/xml")
    assert refused.status_code == 503
    after = outcomes()
    assert after.get("given-up", 0) == before.get("given-up", 0) + 1
    assert after.get("unavailable", 0) == before.get("unavailable", 0) + 1
    app.extensions["ror"].federation.asker.exchanges.close()


def test_the_directory_that_is_asked_notes_the_exchange_too(world: World, client: FlaskClient) -> None:
    def incoming() -> int:
        said = world.beside.client().get("/api/v1/exchanges/indicators?group_by=direction").get_json()
        return next((group["exchanges"] for group in said["groups"] if group["key"] == "in"), 0)

    before = incoming()
    assert ask(client, place="insee:78361", radius="10km")["peers"][0]["status"] == "answered"
    assert incoming() == before + 1


def test_the_command_registers_checks_and_leaves_out_a_peer(world: World, gateway: Gateway, tmp_path: Path) -> None:
    environ = {"ROR_ELASTICSEARCH_URL": gateway.config.url, "ROR_DATA_DIR": str(tmp_path)}

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(ror, ["peers", *arguments], env=environ)

    code = f"t-{uuid.uuid4().hex[:8]}"
    address = ("--url", f"{world.address}/csd", "--document", world.beside.name)
    assert run("add", code, *address, "--region", "99").exit_code == 1, "there is no such region"
    assert run("add", code, *address, "--region", "11", "--name", "Île-de-France").exit_code == 0
    checked = run("check", code)
    assert checked.exit_code == 0, checked.output
    assert f"{code}: answers" in checked.output
    assert ", 0 of the first" not in checked.output
    assert run("disable", code).exit_code == 0
    assert code not in [peer.code for peer in Register(gateway).enabled()]
    assert code in run("list").output
    assert run("add", code, "--url", f"http://127.0.0.1:{free_port()}/csd", "--region", "11").exit_code == 0
    nobody = run("check", code)
    assert nobody.exit_code == 3
    assert "unreachable" in nobody.output
    assert "atlantis" in str(run("check", "atlantis").exception)
