"""What a client may do on the facade: ask with one scope, copy with another, and nothing with none of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from csd.functions.orientation import URN
from csd.names import CSD
from engine.gateway import Gateway
from mappings.gazetteer import Gazetteer
from orientation import guard
from orientation.exchanges.indicators import Span, indicators
from orientation.identity import Clients, Grant
from orientation.settings import Settings
from tests.csd.conftest import fault, post, search, tree
from tests.csd.own import Own, own_directory
from tests.csd.test_own_directory import changes
from tests.factory import NOW, make_beds, make_place, make_unit

Call = Callable[[FlaskClient, str], TestResponse]
ORIENTATION = (
    f'<careServicesRequest xmlns="{CSD}"><function urn="{URN}" encapsulated="false"><requestParams/></function>'
    "</careServicesRequest>"
)
ASKING: dict[str, Call] = {
    "a search": lambda client, name: search(client, name, "facility"),
    "the orientation function": lambda client, name: post(client, f"/csd/csr/{name}/careServicesRequest", ORIENTATION),
    "the list of documents": lambda client, _: client.get("/csd/documents.json"),
}
COPYING: dict[str, Call] = {
    "a whole directory": lambda client, name: client.get(f"/csd/directory/{name}/get"),
    "changes since a date": lambda client, name: changes(client, name, "2000-01-01T00:00:00Z"),
}


@pytest.fixture(scope="module")
def own(settings: Settings, gateway: Gateway, gazetteer: Gazetteer) -> Iterator[Own]:
    """One unit with beds, on a server where who gives no key is anybody."""
    chosen = replace(settings, anonymous_profile=0)
    with own_directory(
        chosen, gateway, gazetteer, [make_unit(places=(make_place(id="P1", capacities=make_beds()),))], NOW
    ) as made:
        yield made


@pytest.fixture(scope="module")
def keyed(own: Own, gateway: Gateway) -> Iterator[Callable[..., FlaskClient]]:
    """Make a client whose key has some scopes."""
    index = f"{own.name}-clients"
    clients = Clients(gateway, index=index, clock=lambda: NOW)

    def make(*scopes: str) -> FlaskClient:
        _, text = clients.add(Grant(client=uuid.uuid4().hex[:12], profile=2, scopes=scopes), "tests", None)
        client = own.client(0)
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {text}"
        return client

    own.client(0)
    own.apps[0].extensions[guard.KEY].identity.clients = clients
    journal = own.apps[0].extensions["ror"].journal
    journal.index = f"{own.name}-exchanges"
    yield make
    journal.close()
    gateway.delete_index(index, *gateway.indices(f"{journal.index}-*"))


def status(call: Call, client: FlaskClient, own: Own) -> int:
    return call(client, own.name).status_code


def test_a_client_that_searches_asks_and_does_not_copy(own: Own, keyed: Callable[..., FlaskClient]) -> None:
    client = keyed("search")
    assert {what: status(call, client, own) for what, call in ASKING.items()} == dict.fromkeys(ASKING, 200)
    assert {what: status(call, client, own) for what, call in COPYING.items()} == dict.fromkeys(COPYING, 403)
    refused = COPYING["a whole directory"](client, own.name)
    assert fault(refused)[0] == 403 and "peers" in fault(refused)[1]


def test_another_directory_asks_and_copies_with_its_one_scope(own: Own, keyed: Callable[..., FlaskClient]) -> None:
    client = keyed("peers")
    every = ASKING | COPYING
    assert {what: status(call, client, own) for what, call in every.items()} == dict.fromkeys(every, 200)
    assert client.get("/api/v1/orientations").status_code == 403, "searching as people do is another scope"


def test_counts_go_to_another_directory_that_may_read_them(own: Own, keyed: Callable[..., FlaskClient]) -> None:
    def available(client: FlaskClient) -> bool:
        return b"available=" in ASKING["the orientation function"](client, own.name).get_data()

    assert not available(keyed("peers"))
    assert available(keyed("peers", "beds:read"))


@pytest.mark.parametrize("scope", ["steering", "admin", "beds:read"])
def test_a_client_with_another_scope_does_neither(own: Own, keyed: Callable[..., FlaskClient], scope: str) -> None:
    client = keyed(scope)
    every = ASKING | COPYING
    assert {what: status(call, client, own) for what, call in every.items()} == dict.fromkeys(every, 403)


def test_an_exchange_is_noted_with_the_client_and_its_profession(
    own: Own, keyed: Callable[..., FlaskClient], gateway: Gateway
) -> None:
    client = keyed("peers")
    journal = own.apps[0].extensions["ror"].journal
    name = client.get("/api/v1/me").get_json()["name"]
    for said in ("10", "Dr Jean Dupont"):
        client.environ_base["HTTP_ROR_ROLE_METIER_CODE"] = said
        assert ASKING["the orientation function"](client, own.name).get_data()
    journal.send()
    gateway.refresh(f"{journal.index}-*")
    noted = [hit["_source"] for hit in gateway.scan(f"{journal.index}-*", {"term": {"peer": name}})]
    assert {each["profession"] for each in noted} == {"10", "other"}
    assert "Dupont" not in str(noted)
    groups = indicators(gateway, Span(peer=name), "profession", NOW, journal.index)["groups"]
    assert {group["key"]: group["exchanges"] for group in groups} == {"10": 1, "other": 1}


def test_who_gives_no_key_asks_and_copies_what_anybody_sees(own: Own) -> None:
    client = own.client(0)
    every = ASKING | COPYING
    assert {what: status(call, client, own) for what, call in every.items()} == dict.fromkeys(every, 200)
    assert tree(COPYING["a whole directory"](client, own.name)) is not None
    assert b"available=" not in ASKING["the orientation function"](client, own.name).get_data()
