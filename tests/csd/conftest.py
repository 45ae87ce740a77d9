"""A server whose documents have names that no other test uses, on the run's own engine."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import etree
from werkzeug.test import TestResponse

from csd.directories import new_index
from csd.entity import DEFINITION, Entity, directory_alias
from csd.names import CSD, SEARCHES
from csd.safe_xml import parse
from engine.bulk import Action
from engine.gateway import Gateway, require_done
from mappings.definitions import index_definition
from mappings.gazetteer import Gazetteer
from orientation.app import create_app
from orientation.settings import Settings
from tests.factory import NOW
from tests.gazetteer_kit import GAZETTEER

NAMES = {"c": CSD, "s": "http://www.w3.org/2003/05/soap-envelope", "w": "http://www.w3.org/2005/08/addressing"}


@pytest.fixture(scope="session")
def gazetteer() -> Gazetteer:
    """The built-in gazetteer, read once."""
    return GAZETTEER


@pytest.fixture(scope="session")
def new_directory(gateway: Gateway) -> Iterator[Callable[[list[Entity]], str]]:
    """Put entities behind a new directory and return its name; all are deleted after the run."""
    made: list[str] = []

    def make(entities: list[Entity]) -> str:
        name = f"test-{uuid.uuid4().hex[:12]}"
        alias = directory_alias(name)
        assert alias is not None
        index = new_index(alias, datetime.now(UTC))
        gateway.create_index(index, {**index_definition(DEFINITION), "aliases": {alias: {}}})
        made.append(index)
        actions = [Action("index", alias, each.id, each.document()) for each in entities]
        require_done(gateway.bulk(actions, require_alias=True, refresh="true"))
        return name

    yield make
    gateway.delete_index(*made)


@pytest.fixture(scope="session")
def settings(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a server that shows all."""
    return Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        elasticsearch_url=gateway.config.url,
        secret="a secret of the tests, long enough to be taken",
        anonymous_profile=1,
        # These tests ask as fast as they can.
        limit_address="1000000/minute",
    )


@pytest.fixture(scope="session")
def client(settings: Settings, gateway: Gateway, gazetteer: Gazetteer) -> FlaskClient:
    """A client of that server."""
    return create_app(settings, gateway=gateway, gazetteer=gazetteer, clock=lambda: NOW).test_client()


def simple(kind: str, entity_id: str, xml: str = "", **more: object) -> Entity:
    """Return an entity with little in it."""
    text = xml or f'<{kind} xmlns="{CSD}" entityID="{entity_id}"/>'
    return Entity(kind=kind, entity_id=entity_id, xml=text, **more)  # type: ignore[arg-type]


def services_request(kind: str, inner: str = "", attributes: str = "") -> str:
    """Return a request for a search."""
    return (
        f'<careServicesRequest xmlns="{CSD}"><function urn="{SEARCHES[kind]}" {attributes}>'
        f"<requestParams>{inner}</requestParams></function></careServicesRequest>"
    )


def post(
    client: FlaskClient, path: str, body: str | bytes, content_type: str = "text/xml", **more: object
) -> TestResponse:
    """Send XML."""
    data = body.encode() if isinstance(body, str) else body
    return client.post(path, data=data, content_type=content_type, **more)  # type: ignore[arg-type]


def search(client: FlaskClient, document: str, kind: str, inner: str = "", attributes: str = "") -> TestResponse:
    """Search a directory."""
    return post(client, f"/csd/csr/{document}/careServicesRequest", services_request(kind, inner, attributes))


def tree(response: TestResponse) -> etree._Element:
    """Return the XML of an answer, which must be XML."""
    return parse(response.get_data(), max_bytes=10**9)


def ids(response: TestResponse) -> list[str]:
    """Return the ids of the entities of an answer, in order."""
    assert response.status_code == 200, response.get_data(as_text=True)
    root = tree(response)
    return [str(each) for each in root.xpath("//c:CSD/*/*/@entityID", namespaces=NAMES)]


def fault(response: TestResponse) -> tuple[int, str]:
    """Return the code and text of an error, which must be said in CSD."""
    [said] = tree(response).xpath("//c:careServicesResponse/c:error", namespaces=NAMES)
    return int(said.get("code")), str(said.text)


@pytest.fixture(scope="session")
def reference(shared: Path) -> Path:
    """The reference material of CSD."""
    return shared / "reference" / "csd"
