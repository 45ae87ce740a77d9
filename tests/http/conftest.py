"""An engine of their own for these tests: they own the alias ``units``, and stop the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from beds.indices import BedIndices
from beds.indices import ensure as make_bed_indices
from beds.records import Write, record_of
from beds.store import BedStore, document_of
from engine.config import NodeConfig
from engine.gateway import Action, Gateway, require_done
from mappings.beds import instant
from mappings.definitions import index_definition
from mappings.document import unit_to_document
from mappings.gazetteer import Gazetteer
from mappings.geo import Point
from mappings.unit import Unit
from orientation.app import create_app, gateway_config
from orientation.settings import Settings
from tests.conftest import RunningEngine, engine_of_their_own
from tests.factory import NOW, make_beds, make_contact, make_place, make_site, make_unit
from tests.gazetteer_kit import GAZETTEER

SECRET = "a secret of the tests, long enough to be taken"

Client = Callable[..., FlaskClient]


@pytest.fixture(scope="session")
def own_engine(engine: RunningEngine) -> Iterator[NodeConfig]:
    """An engine that these tests may stop; unpacked already by the run's own."""
    with engine_of_their_own(engine, "http", heap="256m") as config:
        yield config


@pytest.fixture(scope="session")
def settings(own_engine: NodeConfig, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a server for everybody to see all."""
    return Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        elasticsearch_url=own_engine.url,
        secret=SECRET,
        anonymous_profile=1,
        limit_address=None,
        limit_client=None,
    )


@pytest.fixture(scope="session")
def gazetteer() -> Gazetteer:
    """The built-in gazetteer, read once."""
    return GAZETTEER


@pytest.fixture(scope="session")
def own_gateway(settings: Settings) -> Iterator[Gateway]:
    """A gateway with the time-outs of the server."""
    with Gateway(gateway_config(settings)) as gateway:
        yield gateway


@pytest.fixture(scope="session")
def aside(engine: RunningEngine, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a server on the run's engine, for tests that bring indices of their own, and that takes its time."""
    return Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        elasticsearch_url=engine.config.url,
        secret=SECRET,
        anonymous_profile=1,
        limit_address=None,
        limit_client=None,
        search_timeout=20.0,
    )


@pytest.fixture(scope="session")
def aside_gateway(aside: Settings) -> Iterator[Gateway]:
    """The gateway of that server."""
    with Gateway(gateway_config(aside)) as gateway:
        yield gateway


def the_units() -> list[Unit]:
    """A few units: free beds, none known, sensitive, far, without a point, a formula as a name."""
    havre = make_place(id="LH-P1", insee="76351", point=Point(49.4944, 0.1079))
    nowhere = make_place(id="NP-P1", insee="76217", point=None, geo_precision=None, address=None)
    odd_contact = (make_contact("1", name="=cmd()"), *make_unit().contacts)
    return [
        make_unit(places=(make_place(id="P1", capacities=make_beds()),)),
        make_unit(id="SAE/760780239-MCO-MED", name='=HYPERLINK("x")', contacts=odd_contact),
        make_unit(id="SECRET-1", sensitive=True, name="Unité sensible"),
        make_unit(id="LH-1", places=(havre,), site=make_site(name="GH du Havre")),
        make_unit(id="NO-POINT", activities=("083",), places=(nowhere,)),
        make_unit(id="SOCIAL-1", field="04", activities=("004",), care_mode="29"),
    ]


def the_counts() -> list[dict[str, Any]]:
    """The counts of the one place that has some, as the store of record holds them."""
    writes = [
        Write(place="P1", op="add", key=said.key, observed_at=said.observed_at, count=said.count, source=said.source)
        for said in make_beds()
    ]
    return [record_of(write, NOW, "tests") for write in writes]


@pytest.fixture(scope="session")
def loaded(own_gateway: Gateway) -> Gateway:
    """The engine with those units behind the alias."""
    own_gateway.create_index("units-http", {**index_definition("units"), "aliases": {"units": {}}})
    actions = [Action("index", "units", unit.id, unit_to_document(unit)) for unit in the_units()]
    make_bed_indices(own_gateway, BedIndices())
    BedStore(own_gateway).put({"P1": (None, document_of("P1", {"units": ["UNIT-1"]}, the_counts(), instant(NOW)))})
    require_done(own_gateway.bulk(actions, require_alias=True, refresh="true"))
    return own_gateway


@pytest.fixture(scope="session")
def client_of(settings: Settings, loaded: Gateway, gazetteer: Gazetteer) -> Client:
    """Make a client of a server whose settings a test changes."""

    def make(**changes: Any) -> FlaskClient:
        app = create_app(replace(settings, **changes), gateway=loaded, gazetteer=gazetteer, clock=lambda: NOW)
        return app.test_client()

    return make


@pytest.fixture(scope="session")
def client(client_of: Client) -> FlaskClient:
    """A client that sees all."""
    return client_of()


@pytest.fixture(scope="session")
def public(client_of: Client) -> FlaskClient:
    """A client of anybody: access profile 0."""
    return client_of(anonymous_profile=0)
