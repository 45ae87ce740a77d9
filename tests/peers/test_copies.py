"""Copies of other directories asked when these are away: the same answer, marked with its age."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator

from csd.peers.pulling import Puller
from engine.gateway import Gateway
from mappings.gazetteer import Gazetteer
from orientation.access import Access
from orientation.api.exchanges import SCHEMA_OF_INDICATORS
from orientation.peers.copied import CopyStates, copy_alias
from orientation.peers.copies import Copies
from orientation.peers.register import COPY, Peer, Register
from orientation.question import criteria_from
from tests import brute
from tests.asking import Questioner, before
from tests.peers import broken
from tests.peers.conftest import World, app_of
from tests.peers.copying import new_peer, pulling
from tests.peers.relay import DOWN, SILENT, Relay, relay_to
from tests.peers.test_federation import PLACES, pages
from tests.random_region import AS_OF

ASKED = {"place": "insee:78361", "radius": "120km", "peers": "all", "size": 100}
BUDGET_S = 1.5


@dataclass(slots=True)
class Beside:
    """Home, which has a copy of the region beside it, and the line between them."""

    app: Flask
    relay: Relay
    peer: Peer
    register: Register
    puller: Puller

    def ask(self, **changes: Any) -> dict[str, Any]:
        """Ask home, whose register is read anew."""
        response = self.app.test_client().get("/api/v1/orientations", query_string=ASKED | changes)
        assert response.status_code == 200, response.get_json()
        return response.get_json()


@pytest.fixture
def beside(world: World, gateway: Gateway, gazetteer: Gazetteer, tmp_path: Path) -> Iterator[Beside]:
    with relay_to(world.address) as relay:
        peer = replace(world.peer, code=new_peer("x").code, url=f"{relay.address}/csd")
        register = Register(gateway, index=f"{copy_alias(peer)}.register")
        register.add(peer, "test")
        with pulling(gateway, gazetteer, tmp_path, peer, clock=lambda: world.home.as_of) as puller:
            puller.pull(peer)
            app = app_of(world.home, register, BUDGET_S)
            federation = app.extensions["ror"].federation
            federation.copies = Copies(gateway, puller.states)
            yield Beside(app, relay, peer, register, puller)
            federation.asker.exchanges.close()


def shown(answer: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(result["unit"]["id"], "source" in result) for result in answer["results"]]


@pytest.mark.parametrize(("state", "failure"), [(DOWN, "unreachable"), (SILENT, "late")])
def test_a_peer_that_is_away_is_answered_for_by_its_copy_in_the_same_order(
    beside: Beside, state: str, failure: str
) -> None:
    live = beside.ask()
    assert live["peers"][0]["status"] == "answered"
    assert {"source" in result for result in live["results"]} == {True, False}
    assert all(result["source"]["copied_at"] is None for result in live["results"] if "source" in result)
    beside.relay.state = state
    federation = beside.app.extensions["ror"].federation
    federation.asker.exchanges.close()  # connections that were open before the line was cut
    started = time.monotonic()
    answer = beside.ask()
    took = time.monotonic() - started
    [told] = answer["peers"]
    assert (told["status"], told["failure"]) == ("copy", failure)
    assert told["copy_age_s"] == 0 and told["copied_at"] is not None
    assert told["total"] == live["peers"][0]["total"]
    assert took < BUDGET_S + 0.1
    assert shown(answer) == shown(live)
    assert answer["total"] == live["total"]
    assert all(result["source"]["copied_at"] for result in answer["results"] if "source" in result)
    [line] = [line for line in answer["warnings"] if "notre copie" in line]
    assert line.startswith("ROR Île-de-France ") and "moins de 2 minutes" in line


def test_a_peer_left_alone_is_answered_for_by_its_copy_at_once(beside: Beside) -> None:
    beside.relay.state = DOWN
    told = [beside.ask()["peers"][0] for _ in range(4)]
    assert [each["failure"] for each in told] == ["unreachable", "unreachable", "unreachable", "resting"]
    assert {each["status"] for each in told} == {"copy"}
    assert told[3]["breaker"] == "open"


def test_a_peer_that_refuses_us_is_not_answered_for_by_what_we_copied_before(beside: Beside) -> None:
    with broken.peer_that(broken.says(broken.answer(b"", status="403 Forbidden"))) as address:
        refusing = replace(beside.peer, url=address)
        state = beside.puller.states.of(beside.peer)
        assert state is not None
        beside.puller.states.put(replace(state, address=f"{refusing.url}#{refusing.document}"))
        beside.register.add(refusing, "test")
        answer = beside.ask()
    assert answer["peers"][0]["status"] == "refused"
    assert not any(source for _, source in shown(answer))


def test_a_peer_whose_dialect_is_its_copy_is_never_asked_itself(beside: Beside) -> None:
    live = beside.ask()
    beside.register.add(replace(beside.peer, dialect=COPY), "test")
    calls = beside.relay.calls
    answer = beside.ask()
    assert beside.relay.calls == calls
    [told] = answer["peers"]
    assert (told["status"], told["failure"]) == ("copy", None)
    assert shown(answer) == shown(live)
    beside.puller.states.forget(beside.peer)
    missing = beside.ask()
    assert missing["peers"][0]["status"] == "no-copy"
    assert any("pas encore faite" in line for line in missing["warnings"])


def test_the_order_with_a_copy_is_that_of_brute_force_over_both_regions(world: World, beside: Beside) -> None:
    beside.register.add(replace(beside.peer, dialect=COPY), "test")
    questioner = Questioner(Random(17), world.home.units + world.beside.units, PLACES, AS_OF)
    by_id = {item.unit.id: item for item in world.items}
    mixed = 0
    for _ in range(40):
        arguments, _ = questioner.ask()
        asked = {name: values for name, values in arguments.items() if name not in {"size", "facets"}}
        criteria = criteria_from(asked, gazetteer=world.home.gazetteer, access=Access(1), now=AS_OF).criteria
        answers = pages(beside.app.test_client(), asked | {"size": ["60"], "facets": ["none"], "peers": ["all"]})
        assert answers[0]["peers"][0]["status"] == "copy"
        radius = answers[0]["query"]["radius_m"]
        results = [result for answer in answers for result in answer["results"]]
        found = [result["unit"]["id"] for result in results]
        assert len(found) == len(set(found)), asked
        assert set(found) == {item.unit.id for item in world.items if brute.eligible(item, criteria, radius)}, asked
        keys = [brute.order_key(by_id[unit], criteria, radius) for unit in found]
        assert [1 for a, b in pairwise(zip(keys, found, strict=True)) if not before(a[0], b[0])] == [], asked
        mixed += {"source" in result for result in results} == {True, False}
    assert mixed > 3


def test_a_copy_of_another_address_or_of_another_version_does_not_speak_for_a_peer(beside: Beside) -> None:
    beside.relay.state = DOWN
    assert beside.ask()["peers"][0]["status"] == "copy"
    state = beside.puller.states.of(beside.peer)
    assert state is not None
    beside.puller.states.put(replace(state, mapping="older"))
    assert beside.ask()["peers"][0]["status"] == "unreachable"
    beside.puller.states.put(state)
    beside.register.add(replace(beside.peer, url="http://127.0.0.1:9/csd"), "test")
    assert beside.ask()["peers"][0]["status"] == "unreachable"


def test_how_far_each_copy_lags_is_told_by_the_indicators_and_the_metrics(beside: Beside, gateway: Gateway) -> None:
    now = beside.app.extensions["ror"].clock()
    state = beside.puller.states.of(beside.peer)
    assert state is not None
    beside.puller.states.put(replace(state, copied_at=now - timedelta(hours=3)))
    client = beside.app.test_client()
    told = client.get("/api/v1/exchanges/indicators").get_json()
    Draft202012Validator(SCHEMA_OF_INDICATORS).validate(told)
    [row] = told["copies"]
    assert row.keys() == SCHEMA_OF_INDICATORS["properties"]["copies"]["items"]["properties"].keys()
    assert (row["peer"], row["lag_s"], row["units"]) == (beside.peer.code, 3 * 3600, state.units)
    page = client.get("/exchanges").get_data(as_text=True)
    shown = page[page.index("Copies d’autres annuaires") :]
    assert "il y a 3\u202fh" in shown and f">{state.units}<" in shown
    beside.relay.state = DOWN
    answer = beside.ask()
    assert answer["peers"][0]["copy_age_s"] == 3 * 3600
    assert any("vieille de 3 heures" in line for line in answer["warnings"])
    outcomes = client.get("/api/v1/exchanges/indicators?group_by=outcome").get_json()["groups"]
    assert "unreachable" in {group["key"] for group in outcomes}, "the exchange failed, whoever answered for the peer"
    known = CopyStates(gateway)
    known.put(replace(state, copied_at=now - timedelta(hours=3)))
    try:
        told = client.get("/metrics").get_data(as_text=True)
    finally:
        known.forget(beside.peer)
    assert f'ror_peer_copy_lag_seconds{{peer="{beside.peer.code}"}} 10800.0' in told
    assert f'ror_peer_copy_units{{peer="{beside.peer.code}"}} {float(state.units)}' in told
