"""Copies of other directories stay whole whatever breaks off: a peer that fails, a pull that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner, Result

import csd.peers.pulling as pulling_module
from csd.mapping.identity import facility_id
from csd.names import CSD
from csd.peers.copy_store import CopyStore
from csd.peers.pulling import Puller
from engine.gateway import Gateway
from indexer.generations import Target
from indexer.lock import locked
from mappings.gazetteer import Gazetteer
from orientation.cli import ror
from orientation.peers.asking import PeerFailure
from orientation.peers.copied import CopyStates, copy_alias
from orientation.peers.register import Peer, Register
from orientation.settings import Settings
from tests.csd.own import Own, own_directory
from tests.csd.test_polling import SITES, Source
from tests.factory import NOW, make_place, make_unit
from tests.peers import broken
from tests.peers.conftest import served
from tests.peers.copying import copied, expected, new_peer, units_of, updated


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


RECORD = '<record updated="2026-11-24T09:00:00Z" status="Inactive"/>'
GONE = "".join(f'<facility entityID="{facility_id(f"28/{n}")}">{RECORD}</facility>' for n in range(1000))
ALL_GONE = f'<CSD xmlns="{CSD}"><facilityDirectory>{GONE}</facilityDirectory></CSD>'.encode()
"""Says that every unit is no more, and of many others that never were: more than is written at a time."""


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
    "cut": (broken.says(broken.answer(updated(ALL_GONE)[:-20])), "xml"),
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
    store = CopyStore(gateway, peer)
    store.refresh()
    assert len(units_of(gateway, peer)) == len(list(store.facilities())) == 30


def test_the_command_pulls_alone_goes_on_as_told_and_forgets(
    gateway: Gateway, source: Own, peer: Peer, tmp_path: Path
) -> None:
    environ = {"ROR_ELASTICSEARCH_URL": gateway.config.url, "ROR_DATA_DIR": str(tmp_path)}
    Register(gateway).add(peer, "test")

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(ror, ["peers", *arguments], env=environ)

    try:
        with locked(gateway, Target(alias=copy_alias(peer)), "another pull"):
            assert "another pull" in str(run("pull", peer.code).exception)
        first = run("pull", peer.code)
        assert first.exit_code == 0, first.output
        assert "copied whole" in first.output and "30 units of 30 facilities" in first.output
        compared = run("pull", peer.code, "--whole")
        assert "compared whole: nothing differed" in compared.output
        assert "our copy has 30 units" in run("check", peer.code).output
        watching = [sys.executable, "-m", "orientation.cli", "peers", "pull", peer.code, "--watch", "1"]
        with subprocess.Popen(watching, env=os.environ | environ, stdout=subprocess.PIPE) as process:
            try:
                assert process.stdout is not None
                assert b"nothing new" in process.stdout.readline()
                changing = Source(source, Random(7))
                changing.change(10)
                ends = time.monotonic() + 60
                while copied(gateway, peer) != expected(changing.units) and time.monotonic() < ends:
                    time.sleep(0.05)
                assert copied(gateway, peer) == expected(changing.units)
            finally:
                process.terminate()
        assert run("forget", peer.code).exit_code == 0
        assert gateway.indices(f"{copy_alias(peer)}*") == {}
        assert CopyStates(gateway).of(peer) is None
        Register(gateway).add(replace(peer, url="http://127.0.0.1:9/csd"), "test")
        away = run("pull", peer.code)
        assert away.exit_code == 3 and "unreachable" in away.output
    finally:
        CopyStates(gateway).forget(replace(peer, url="http://127.0.0.1:9/csd"))
        CopyStore(gateway, peer).delete()
        gateway.delete("peers", peer.code, refresh="true")
