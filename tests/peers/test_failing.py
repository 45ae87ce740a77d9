"""A peer that fails is named, its units are not in the answer, and nobody waits for it beyond the budget."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from csd.peers.exchange import Exchanges, Sent
from mappings.geo import Point
from mappings.schema.unit import unit_to_dict
from orientation.access import Access
from orientation.criteria import Criteria
from orientation.peers.asking import PeerFailure
from orientation.peers.breaker import CLOSED, FAILURES, HALF_OPEN, OPEN, REST_S, Breaker
from orientation.peers.judging import judge
from orientation.peers.register import Peer
from tests.factory import NOW, make_place, make_unit
from tests.gazetteer_kit import GAZETTEER
from tests.http.test_tls import certificate_of_loopback
from tests.peers import broken
from tests.peers.conftest import World, app_of

BUDGET_S = 1.0
ASKED = {"place": "insee:76540", "radius": "50km", "peers": "all"}

WAYS: dict[str, tuple[broken.Behaviour, str]] = {
    "silent": (broken.silent, "late"),
    "hangs after headers": (broken.hangs_after_headers, "late"),
    "drips headers": (broken.drips_headers, "late"),
    "drips its body": (broken.drips_body, "late"),
    "huge": (broken.huge, "too-large"),
    "huge by its own word": (broken.says(broken.answer(b"", more="").replace(b"Length: 0", b"Length: 2147483648")),
                             "too-large"),
    "html": (broken.says(broken.answer(b"<html>hello</html>", "text/html")), "type"),
    "not well-formed": (broken.says(broken.answer(b"<CSD><a></CSD>")), "xml"),
    "a document type": (broken.says(broken.answer(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')), "xml"),
    "another document": (broken.says(broken.answer(b"<hello/>")), "xml"),
    "packed": (broken.says(broken.answer(b"x", more="Content-Encoding: gzip\r\n")), "type"),
    "redirect": (broken.says(broken.answer(b"", status="302 Found", more="Location: http://127.0.0.1:9/\r\n")),
                 "redirect"),
    "refusal": (broken.says(broken.answer(b"", status="403 Forbidden")), "refused"),
    "error": (broken.says(broken.answer(b"", status="500 Internal Server Error")), "status"),
    "no HTTP": (broken.says(b"\x00\x01\x02"), "unreachable"),
}  # fmt: skip


@pytest.fixture
def app(world: World) -> Iterator[Flask]:
    """Home with breakers of its own."""
    made = app_of(world.home, world.register, BUDGET_S)
    yield made
    made.extensions["ror"].federation.asker.exchanges.close()


def ids(answer: dict) -> list[str]:  # type: ignore[type-arg]
    return [result["unit"]["id"] for result in answer["results"]]


@pytest.mark.parametrize("way", WAYS)
def test_a_peer_that_fails_costs_no_more_than_the_budget_and_is_named(world: World, app: Flask, way: str) -> None:
    behaves, status = WAYS[way]
    client = app.test_client()
    # Who fails at once has time enough to do so on a busy machine: only who is late must be cut off.
    budget = BUDGET_S if status == "late" else 10 * BUDGET_S
    app.extensions["ror"].federation.budget_s = budget
    started = time.monotonic()
    alone = client.get("/api/v1/orientations", query_string=ASKED | {"peers": "none"}).get_json()
    own = time.monotonic() - started
    assert alone["total"] > 0
    with broken.peer_that(behaves) as address:
        world.register.add(replace(world.peer, url=address), "test")
        started = time.monotonic()
        answer = client.get("/api/v1/orientations", query_string=ASKED).get_json()
        took = time.monotonic() - started
    [peer] = answer["peers"]
    assert peer["status"] == status
    assert took < budget + own + 0.1
    assert ids(answer) == ids(alone)
    assert any(line.startswith("ROR Île-de-France ") for line in answer["warnings"])


@pytest.mark.parametrize("way", ["silent", "hangs after headers", "drips headers", "drips its body"])
def test_an_exchange_ends_with_its_time_whatever_the_peer_does(world: World, way: str) -> None:
    exchanges = Exchanges()
    with broken.peer_that(WAYS[way][0]) as address:
        peer = replace(world.peer, url=address)
        failure = exchanges.send(peer, Sent("/csr/ror/careServicesRequest", b"<careServicesRequest/>", 0.3)).exception(
            10
        )
    exchanges.close()
    assert isinstance(failure, PeerFailure)
    assert failure.kind == "late"


def test_units_of_another_region_and_at_impossible_places_are_not_taken(world: World, app: Flask) -> None:
    elsewhere = replace(world.peer, departments=("971",))
    world.register.add(elsewhere, "test")
    app.extensions["ror"].federation.budget_s = 5.0
    answer = app.test_client().get("/api/v1/orientations", query_string=ASKED | {"radius": "200km"}).get_json()
    [peer] = answer["peers"]
    assert peer["status"] == "answered"
    assert peer["not_taken"] > 0
    assert all("source" not in result for result in answer["results"])
    assert any("hors de son territoire" in line for line in answer["warnings"])


def test_a_breaker_opens_at_the_third_failure_probes_one_at_a_time_and_rests_longer_when_the_probe_fails() -> None:
    now = [0.0]
    breaker = Breaker(clock=lambda: now[0])
    for _ in range(FAILURES):
        assert breaker.state == CLOSED and breaker.allows()
        breaker.failed()
    assert breaker.state == OPEN and not breaker.allows()
    now[0] += REST_S
    assert breaker.state == HALF_OPEN
    assert breaker.allows() and not breaker.allows()
    breaker.failed()
    now[0] += REST_S
    assert breaker.state == OPEN and not breaker.allows()
    now[0] += REST_S
    assert breaker.allows()
    breaker.succeeded()
    assert breaker.state == CLOSED and breaker.allows()


def test_a_peer_left_alone_costs_no_time_and_is_still_named(world: World, app: Flask) -> None:
    client = app.test_client()
    with broken.peer_that(broken.says(broken.answer(b"", status="500 Oops"))) as address:
        world.register.add(replace(world.peer, url=address), "test")
        states = [client.get("/api/v1/orientations", query_string=ASKED).get_json()["peers"][0] for _ in range(5)]
    assert [state["status"] for state in states] == ["status", "status", "status", "resting", "resting"]
    assert [state["breaker"] for state in states] == ["closed", "closed", "open", "open", "open"]


def test_a_peer_whose_certificate_nobody_vouches_for_is_not_spoken_to(world: World, app: Flask, tmp_path: Path) -> None:
    shown, key = certificate_of_loopback(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown, key)
    client = app.test_client()
    with broken.peer_that(broken.says(broken.answer(broken.EMPTY)), context) as address:
        secure = replace(world.peer, url=address.replace("http:", "https:"))
        world.register.add(secure, "test")
        [doubted] = client.get("/api/v1/orientations", query_string=ASKED).get_json()["peers"]
        world.register.add(replace(secure, authority_file=str(shown)), "test")
        [trusted] = client.get("/api/v1/orientations", query_string=ASKED).get_json()["peers"]
    assert (doubted["status"], trusted["status"]) == ("certificate", "answered")


def test_of_what_a_peer_sends_only_what_can_be_and_answers_is_taken() -> None:
    here = make_place(id="HERE")
    units = {
        "taken": make_unit(id="A", places=(here,)),
        "twice": make_unit(id="A", places=(here,)),
        "coordinates": make_unit(id="B", places=(make_place(id="SEA", point=Point(0.0, 0.0)),)),
        "elsewhere": make_unit(id="C", places=(make_place(id="PARIS", insee="75056", point=None),)),
        "unanswering": make_unit(id="D", places=(here,), activities=("083",)),
    }
    peer = Peer(code="n", name="N", region="28", url="https://n.example/csd")
    criteria = Criteria(as_of=NOW, access=Access(1), activities=("127",))
    sent = [*(unit_to_dict(unit) for unit in units.values()), {"id": "E"}]
    judged = judge(sent, criteria, peer, GAZETTEER)
    assert [result.unit["id"] for result in judged.results] == ["A"]
    assert judged.unfit == dict.fromkeys(["twice", "coordinates", "elsewhere", "unanswering", "unreadable"], 1)
