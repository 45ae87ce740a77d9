"""Copies of other directories: equal to their source whatever changes or breaks off, and asked when it is away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask

import csd.peers.pulling as pulling_module
from csd.names import CSD, SOAP
from csd.peers.applying import ADDED, CHANGED, REMOVED
from csd.peers.copy_store import CopyStore
from csd.peers.pulling import OVERLAP, Puller, Shrunk
from csd.routes import updates as route
from engine.bulk import Action
from engine.gateway import Gateway, require_done
from mappings.gazetteer import Gazetteer
from mappings.schema.unit import unit_to_dict
from mappings.unit import Unit
from orientation.peers.asking import PeerFailure
from orientation.peers.copied import CopyStates, copy_alias
from orientation.peers.copies import Copies
from orientation.peers.register import COPY, Peer, Register
from orientation.settings import Settings
from tests.csd.own import Own, own_directory
from tests.csd.test_polling import SITES, Source, first_units
from tests.factory import NOW, make_place, make_unit
from tests.peers import broken
from tests.peers.conftest import World, app_of, served
from tests.peers.copying import new_peer, pulling, units_of, utc_now, without_counts
from tests.peers.relay import DOWN, SILENT, Relay, relay_to

ASKED = {"place": "insee:78361", "radius": "120km", "peers": "all", "size": 100}
BUDGET_S = 1.5


@pytest.fixture
def source(settings: Settings, gateway: Gateway, gazetteer: Gazetteer) -> Iterator[Own]:
    """A directory of thirty units."""
    with own_directory(settings, gateway, gazetteer, first_units(), NOW) as own:
        yield own


@pytest.fixture
def peer(source: Own) -> Iterator[Peer]:
    """That directory as another one knows it, on a real socket."""
    source.client()
    with served(source.apps[1]) as address:
        yield new_peer(address, document=source.name)


@pytest.fixture
def puller(gateway: Gateway, gazetteer: Gazetteer, tmp_path: Path, peer: Peer) -> Iterator[Puller]:
    with pulling(gateway, gazetteer, tmp_path, peer) as made:
        yield made


def expected(units: dict[str, Unit]) -> dict[str, Any]:
    return {unit.id: without_counts(unit_to_dict(unit)) for unit in units.values()}


def copied(gateway: Gateway, peer: Peer) -> dict[str, Any]:
    return {name: without_counts(unit) for name, unit in units_of(gateway, peer).items()}


def test_after_two_hundred_random_changes_the_copy_is_the_source(
    gateway: Gateway, source: Own, peer: Peer, puller: Puller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route, "OVERLAP", timedelta())  # so that nothing is right by being sent twice
    monkeypatch.setattr(pulling_module, "OVERLAP", timedelta())
    changing = Source(source, Random(5))
    first = puller.pull(peer)
    assert first.is_first and first.news.counts[ADDED] > 30
    assert copied(gateway, peer) == expected(changing.units)
    removed = 0
    for _ in range(20):
        changing.change(10)
        done = puller.pull(peer)
        assert not done.is_first and done.drift is None
        removed += done.news.counts[REMOVED]
    assert removed > 20
    assert copied(gateway, peer) == expected(changing.units)
    compared = puller.pull(peer, whole=True)
    assert compared.drift is not None and not compared.drift, compared.drift.shown
    assert compared.state.units == len(changing.units)


def test_a_pull_that_is_killed_goes_on_without_harm(
    settings: Settings, gateway: Gateway, gazetteer: Gazetteer, tmp_path: Path
) -> None:
    units = [make_unit(id=f"28/{n}", name=f"Unité {n}", site=SITES[n % 5], places=(make_place(id=f"P{n}"),))
             for n in range(900)]  # fmt: skip
    environ = {**os.environ, "ROR_ELASTICSEARCH_URL": gateway.config.url, "ROR_DATA_DIR": str(tmp_path)}
    with own_directory(settings, gateway, gazetteer, units, NOW) as own:
        own.client()
        with served(own.apps[1]) as address:
            peer = new_peer(address, document=own.name)
            Register(gateway).add(peer, "test")
            store, states = CopyStore(gateway, peer), CopyStates(gateway)

            def pull() -> subprocess.Popen[bytes]:
                command = [sys.executable, "-m", "orientation.cli", "peers", "pull", peer.code]
                return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

            try:
                _kill_once(pull, lambda: _count(gateway, store.entities) > 0)
                assert _count(gateway, store.entities) > 0
                assert states.of(peer) is None
                _kill_once(pull, lambda: _count(gateway, store.units) > 0)
                assert 0 < _count(gateway, store.units) < len(units)
                assert states.of(peer) is None and not store.serves(), "half a copy is never searched"
                with pull() as last:
                    said = last.communicate(timeout=120)
                assert last.returncode == 0, said
                assert copied(gateway, peer) == expected({unit.id: unit for unit in units})
                state = states.of(peer)
                assert state is not None and state.units == len(units)
            finally:
                states.forget(peer)
                store.delete()
                gateway.delete("peers", peer.code, refresh="true")


def _kill_once(pull: Callable[[], subprocess.Popen[bytes]], when: Callable[[], bool]) -> None:
    """Start a pull and kill it, as a machine that falls would, once something holds."""
    with pull() as process:
        while process.poll() is None and not when():
            time.sleep(0.005)
        assert process.poll() is None, process.communicate()
        process.send_signal(signal.SIGKILL)


def _count(gateway: Gateway, index: str) -> int:
    if not gateway.indices(index):
        return 0
    gateway.refresh(index)
    return gateway.count(index)


def test_a_whole_comparison_says_what_had_drifted_and_mends_it(gateway: Gateway, peer: Peer, puller: Puller) -> None:
    assert puller.pull(peer).state.units == 30
    store = CopyStore(gateway, peer)
    facilities = sorted(store.facilities())
    altered = store.held(facilities[:3], "kind,entity_id,names,content,written,xml")
    lost, changed, foreign = (altered[each] for each in facilities[:3])
    other = foreign | {"entity_id": "urn:uuid:never-there", "content": "x", "written": "x"}
    require_done(
        gateway.bulk(
            [
                Action("delete", store.entities, facilities[0]),
                Action("delete", store.units, facilities[0]),
                Action("index", store.entities, facilities[1], changed | {"content": "?", "written": "?"}),
                Action("index", store.entities, f"facility-{'0' * 32}", other),
                Action("delete", store.units, facilities[4]),
            ],
            refresh="true",
        )
    )
    assert len(units_of(gateway, peer)) == 28
    found = puller.pull(peer, whole=True)
    assert found.drift is not None
    # What the overlap asks for once more is mended by the pull before; the comparison says the rest.
    mended = found.news.counts + found.drift.counts
    assert (mended[ADDED], mended[CHANGED], mended[REMOVED]) == (1, 1, 1)
    assert any(lost["entity_id"] in line for line in [*found.news.shown, *found.drift.shown])
    assert f"{REMOVED} facility urn:uuid:never-there" in found.drift.shown
    assert len(units_of(gateway, peer)) == 30
    assert not puller.pull(peer, whole=True).drift


def test_a_whole_comparison_is_due_after_some_days(peer: Peer, puller: Puller) -> None:
    puller.pull(peer)
    assert puller.pull(peer).drift is None
    later = replace(puller, clock=lambda: utc_now() + timedelta(days=8))
    assert later.pull(peer).drift is not None
    assert later.pull(peer).drift is None


def test_each_pull_asks_once_more_for_what_the_slower_clock_may_have_missed(
    peer: Peer, puller: Puller, gateway: Gateway, gazetteer: Gazetteer, tmp_path: Path
) -> None:
    state = puller.pull(peer).state
    assert state.since is not None and state.copied_at is not None
    assert OVERLAP <= state.copied_at - state.since <= OVERLAP + timedelta(seconds=1)
    slow = "Date: Tue, 24 Nov 2026 09:00:00 GMT\r\n"
    with broken.peer_that(broken.says(broken.answer(updated(), more=slow))) as address:
        behind = new_peer(address)
        with pulling(gateway, gazetteer, tmp_path, behind) as other:
            found = other.pull(behind).state
    assert found.since == datetime(2026, 11, 24, 9, tzinfo=UTC) - OVERLAP


def updated(inner: bytes = b"<CSD xmlns='urn:ihe:iti:csd:2013'/>", element: str = "getModificationsResponse") -> bytes:
    """An answer of ITI-74."""
    head = f'<s:Envelope xmlns:s="{SOAP}"><s:Body><c:{element} xmlns:c="{CSD}">'.encode()
    return head + inner + f"</c:{element}></s:Body></s:Envelope>".encode()


WAYS: dict[str, tuple[broken.Behaviour, str]] = {
    "silent": (broken.silent, "late"),
    "drips headers": (broken.drips_headers, "late"),
    "drips its body": (broken.drips_body, "late"),
    "huge": (broken.huge, "too-large"),
    "html": (broken.says(broken.answer(b"<html/>", "text/html")), "type"),
    "packed": (broken.says(broken.answer(b"x", more="Content-Encoding: gzip\r\n")), "type"),
    "redirect": (broken.says(broken.answer(b"", status="302 Found", more="Location: http://127.0.0.1:9/\r\n")),
                 "redirect"),
    "refusal": (broken.says(broken.answer(b"", status="401 Unauthorized")), "refused"),
    "no such transaction": (broken.says(broken.answer(b"", status="404 Not Found")), "unsupported"),
    "cut": (broken.says(broken.answer(updated()[:-20])), "xml"),
    "a document type": (broken.says(broken.answer(b'<!DOCTYPE a [<!ENTITY b "c">]>' + updated())), "xml"),
    "a fault": (broken.says(broken.answer(updated(b"", "error"))), "xml"),
    "no document": (broken.says(broken.answer(updated(b""))), "xml"),
    "not SOAP": (broken.says(broken.answer(broken.EMPTY)), "xml"),
    "a strange directory": (broken.says(broken.answer(updated(broken.EMPTY.replace(b"provider", b"spy")))), "xml"),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_pull_from_a_peer_that_fails_leaves_the_copy_as_it_was(
    gateway: Gateway, peer: Peer, puller: Puller, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling_module, "MAX_COPY", 2**22)
    puller.pull(peer)
    before = puller.states.of(peer)
    assert before is not None
    behaves, kind = WAYS[way]
    with broken.peer_that(behaves) as address:
        gone_bad = replace(peer, url=address)
        puller.states.put(replace(before, address=f"{gone_bad.url}#{gone_bad.document}"))
        with pytest.raises(PeerFailure) as failure:
            replace(puller, within_s=1.0).pull(gone_bad, whole=True)
        assert failure.value.kind == kind
        after = puller.states.of(gone_bad)
    assert after is not None
    assert (after.failure, after.copied_at, after.units) == (kind, before.copied_at, 30)
    assert len(units_of(gateway, peer)) == 30


def test_a_directory_that_lost_half_of_itself_is_not_believed_without_a_word(
    settings: Settings, gateway: Gateway, gazetteer: Gazetteer, peer: Peer, puller: Puller
) -> None:
    before = puller.pull(peer).state
    with own_directory(settings, gateway, gazetteer, first_units()[:5], NOW) as small:
        small.client()
        with served(small.apps[1]) as address:
            shrunk = replace(peer, url=f"{address}/csd", document=small.name)
            puller.states.put(replace(before, address=f"{shrunk.url}#{shrunk.document}"))
            with pytest.raises(Shrunk, match="25 of 30 facilities"):
                puller.pull(shrunk, whole=True)
            assert len(units_of(gateway, peer)) == 30
            done = puller.pull(shrunk, whole=True, smaller=True)
    assert done.drift is not None and done.drift.counts[REMOVED] >= 25
    assert len(units_of(gateway, peer)) == 5


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


def test_a_copy_of_another_address_does_not_speak_for_a_peer(beside: Beside) -> None:
    moved = replace(beside.peer, url="http://127.0.0.1:9/csd")
    beside.register.add(moved, "test")
    assert beside.ask()["peers"][0]["status"] == "unreachable"


def test_how_far_each_copy_lags_is_told_by_the_indicators_and_the_metrics(beside: Beside) -> None:
    now = beside.app.extensions["ror"].clock()
    state = beside.puller.states.of(beside.peer)
    assert state is not None
    beside.puller.states.put(replace(state, copied_at=now - timedelta(hours=3)))
    client = beside.app.test_client()
    [row] = client.get("/api/v1/exchanges/indicators").get_json()["copies"]
    assert (row["peer"], row["lag_s"], row["units"]) == (beside.peer.code, 3 * 3600, state.units)
    beside.relay.state = DOWN
    answer = beside.ask()
    assert answer["peers"][0]["copy_age_s"] == 3 * 3600
    assert any("vieille de 3 heures" in line for line in answer["warnings"])
    outcomes = client.get("/api/v1/exchanges/indicators?group_by=outcome").get_json()["groups"]
    assert "unreachable" in {group["key"] for group in outcomes}, "the exchange failed, whoever answered for the peer"
