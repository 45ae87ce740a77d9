"""Two whole services on loopback, each with its own indices, that talk CSD and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from threading import Thread

import pytest
from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from csd.peers.pulling import Puller
from engine.gateway import Gateway
from mappings.gazetteer import Gazetteer
from mappings.territory import department_of
from mappings.unit import Unit
from orientation.app import create_app
from orientation.peers.register import Peer, Register
from orientation.search import SearchService
from orientation.settings import Settings
from tests import brute
from tests.csd.own import Own, own_directory
from tests.csd.test_polling import first_units
from tests.factory import NOW
from tests.gazetteer_kit import GAZETTEER
from tests.peers.copying import new_peer, pulling
from tests.random_region import AS_OF, random_units

IDF = frozenset({"75", "77", "78", "91", "92", "93", "94", "95"})


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application on loopback; give its address."""
    server: BaseWSGIServer = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.fixture(scope="session")
def gazetteer() -> Gazetteer:
    """The built-in gazetteer, read once."""
    return GAZETTEER


@pytest.fixture(scope="session")
def settings(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a server that shows all, with a budget that a busy machine keeps."""
    return Settings(
        data_dir=tmp_path_factory.mktemp("peers"),
        elasticsearch_url=gateway.config.url,
        secret="a secret of the tests, long enough to be taken",
        anonymous_profile=1,
        limit_address=None,
        limit_client=None,
        peers_budget=5.0,
    )


@dataclass(slots=True)
class World:
    """Home, the region beside it, and both by brute force."""

    home: Own
    beside: Own
    address: str
    register: Register
    items: list[brute.Known]

    @property
    def peer(self) -> Peer:
        """The region beside, as home knows it."""
        return Peer(
            code="idf", name="ROR Île-de-France", region="11", url=f"{self.address}/csd", document=self.beside.name,
            departments=tuple(sorted(departments(self.beside.units))),
        )  # fmt: skip


def departments(units: list[Unit]) -> set[str]:
    """Return where units are."""
    return {department_of(place.insee) for unit in units for place in unit.places} | {
        department_of(unit.site.insee) for unit in units if not unit.places and unit.site.insee
    }


@pytest.fixture(scope="session")
def world(settings: Settings, gateway: Gateway, gazetteer: Gazetteer) -> Iterator[World]:
    """Units around Rouen and Paris, told apart by where they are."""
    units = random_units(Random(23), 400)
    theirs = [unit for unit in units if departments([unit]) and departments([unit]) <= IDF]
    ours = [unit for unit in units if not departments([unit]) & IDF]
    theirs = [replace(unit, site=replace(unit.site, finess=None)) for unit in theirs]
    ours = [replace(unit, site=replace(unit.site, finess=None)) for unit in ours]
    assert len(theirs) > 30 and len(ours) > 30
    with ExitStack() as stack:
        home = stack.enter_context(own_directory(settings, gateway, gazetteer, ours, AS_OF))
        beside = stack.enter_context(own_directory(settings, gateway, gazetteer, theirs, AS_OF))
        beside.client()
        beside.apps[1].extensions["ror"].journal.index = f"{beside.name}-exchanges"
        address = stack.enter_context(served(beside.apps[1]))
        register = Register(gateway, index=f"{home.name}-peers")
        yield World(home, beside, address, register, brute.known([*ours, *theirs]))
        for name in (f"{home.name}-peers", f"{home.name}-exchanges-*", f"{beside.name}-exchanges-*"):
            gateway.delete_index(*gateway.indices(name))


def app_of(own: Own, register: Register, budget_s: float | None = None) -> Flask:
    """Return an application of a directory that asks the peers of a register."""
    settings = replace(own.settings, csd_directory=own.name)
    app = create_app(settings, gateway=own.gateway, gazetteer=own.gazetteer, clock=lambda: own.as_of)
    known = app.extensions["ror"]
    federation = known.federation
    federation.register = register
    federation.budget_s = budget_s or federation.budget_s
    known.journal.index = f"{own.name}-exchanges"
    app.extensions["ror"] = replace(known, search=SearchService(own.gateway, index=f"{own.name}-units"))
    return app


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
