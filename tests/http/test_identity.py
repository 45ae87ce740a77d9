"""Who asks, over HTTP: keys, tokens, certificates of a proxy; and what is refused rather than ignored."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from engine.gateway import Gateway
from mappings.errors import InvalidInput, NotFound
from mappings.gazetteer import Gazetteer
from orientation.app import create_app
from orientation.identity import Clients, Grant
from orientation.identity.authentication import REMEMBERED_S
from orientation.identity.certificates import certificate
from orientation.settings import Settings
from tests.factory import NOW
from tests.http.conftest import Client
from tests.identity_kit import AUDIENCE, ISSUER, Issuer, as_nginx, as_rfc_9440, client_certificate, pem

ME = "/api/v1/me"
URL = "/api/v1/orientations"
READING = ("beds:read", "search")


def grant(profile: int = 2, *scopes: str, establishments: tuple[str, ...] = ()) -> Grant:
    """Return what a client that no other test has is given."""
    name = f"client-{uuid.uuid4().hex[:8]}"
    return Grant(client=name, profile=profile, scopes=scopes or READING, establishments=establishments)


@pytest.fixture
def clients(loaded: Gateway) -> Clients:
    """The clients of the server, at the tests' hour."""
    return Clients(loaded, clock=lambda: NOW)


def key_of(clients: Clients, profile: int = 2, *scopes: str) -> str:
    """Give somebody a key."""
    return clients.add(grant(profile, *scopes), "tests", timedelta(days=30))[1]


def bearer(text: str) -> dict[str, str]:
    """Return the header that bears a key or token."""
    return {"Authorization": f"Bearer {text}"}


def test_a_key_says_who_and_what(public: FlaskClient, clients: Clients) -> None:
    held, text = clients.add(grant(4, "search", "steering"), "tests", None)
    for headers in (bearer(text), {"X-Api-Key": text}, {"Authorization": f"bearer {text}"}):
        assert public.get(ME, headers=headers).get_json() == {
            "name": held.grant.client,
            "proved_by": "key",
            "profile": 4,
            "scopes": ["search", "steering"],
            "establishments": [],
            "profession": None,
        }
    assert public.get(ME).get_json() == {
        "name": "anonymous", "proved_by": "anonymous", "profile": 0, "scopes": list(READING), "establishments": [],
        "profession": None,
    }  # fmt: skip


def test_a_client_says_the_profession_it_asks_for_and_nobody_else_does(public: FlaskClient, clients: Clients) -> None:
    held, text = clients.add(replace(grant(), profession="60"), "tests", None)

    def told(**headers: str) -> str | None:
        profession: str | None = public.get(ME, headers=headers).get_json()["profession"]
        return profession

    assert told(**bearer(text)) == "60"
    assert clients.of(held.grant.client)[0].grant.profession == "60"
    assert told(**bearer(text), **{"Ror-Role-Metier-Code": "10"}) == "10"
    assert told(**bearer(text), **{"Ror-Role-Metier-Code": "Dr Dupont"}) == "other"
    assert told(**{"Ror-Role-Metier-Code": "10"}) is None


def test_what_is_stored_of_a_key_is_no_key(clients: Clients, loaded: Gateway) -> None:
    held, text = clients.add(grant(), "tests", None)
    stored = loaded.get("clients", held.id)
    assert stored is not None
    secret = text.rsplit("_", 1)[1] if text.count("_") == 2 else text.split("_", 2)[2]
    assert secret not in json.dumps(stored)
    assert text.startswith(f"ror_{held.id}_")
    assert held.digest not in repr(held)


WRONG = {
    "another secret": lambda key: key[:-1] + ("A" if key[-1] != "A" else "B"),
    "another prefix": lambda key: "ror_" + "a" * 12 + key[16:],
    "cut": lambda key: key[:-5],
    "longer": lambda key: key + "x",
    "in capitals": str.upper,
    "nothing": lambda key: "",
    "the prefix alone": lambda key: key[:17],
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_key_is_refused_and_not_taken_for_nobody(name: str, public: FlaskClient, clients: Clients) -> None:
    key = key_of(clients)
    assert public.get(ME, headers=bearer(key)).status_code == 200
    response = public.get(f"{URL}?place=Rouen", headers=bearer(WRONG[name](key)))
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert key[17:] not in response.get_data(as_text=True)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": "ror_x"},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"X-Api-Key": ""},
        {"X-Api-Key": "a.b.c"},
    ],
)
def test_a_credential_that_is_none_is_refused(headers: dict[str, str], public: FlaskClient) -> None:
    for path in (ME, "/api/v1/suggest?q=r", "/", "/api/v1/nomenclatures", "/api/v1/nowhere"):
        assert public.get(path, headers=headers).status_code == 401
    assert public.get("/health/live", headers=headers).status_code == 200


def test_one_credential_is_enough(public: FlaskClient, clients: Clients) -> None:
    key = key_of(clients)
    response = public.get(ME, headers={**bearer(key), "X-Api-Key": key})
    assert response.status_code == 401
    assert "One credential" in response.get_json()["detail"]


def test_a_revoked_key_is_refused_within_the_time_stated(public: FlaskClient, clients: Clients) -> None:
    held, key = clients.add(grant(), "tests", None)
    assert public.get(ME, headers=bearer(key)).status_code == 200
    clients.revoke(held.grant.client)
    revoked_at = time.monotonic()
    while public.get(ME, headers=bearer(key)).status_code == 200:
        assert time.monotonic() - revoked_at < REMEMBERED_S + 1
    response = public.get(ME, headers=bearer(key))
    assert response.status_code == 401
    assert "revoked" in response.get_json()["detail"]


def test_a_key_ends_when_it_was_said_to(
    settings: Settings, loaded: Gateway, gazetteer: Gazetteer, clients: Clients
) -> None:
    moment = [NOW]
    app = create_app(settings, gateway=loaded, gazetteer=gazetteer, clock=lambda: moment[0])
    client, key = app.test_client(), clients.add(grant(), "tests", timedelta(days=1))[1]
    moment[0] = NOW + timedelta(hours=23)
    assert client.get(ME, headers=bearer(key)).status_code == 200
    moment[0] = NOW + timedelta(hours=24)
    assert "expired" in client.get(ME, headers=bearer(key)).get_json()["detail"]


def test_a_rotated_key_works_on_for_a_while_beside_the_new_one(
    settings: Settings, loaded: Gateway, gazetteer: Gazetteer, clients: Clients
) -> None:
    moment = [NOW]
    app = create_app(settings, gateway=loaded, gazetteer=gazetteer, clock=lambda: moment[0])
    client, given = app.test_client(), grant(3, "search", "peers")
    _, old = clients.add(given, "tests", None)
    _, new = clients.rotate(given.client, "tests", timedelta(days=7), None)
    assert client.get(ME, headers=bearer(old)).get_json() == client.get(ME, headers=bearer(new)).get_json()
    moment[0] = NOW + timedelta(days=7, seconds=1)
    assert client.get(ME, headers=bearer(old)).status_code == 401
    assert client.get(ME, headers=bearer(new)).get_json()["scopes"] == ["peers", "search"]


def test_names_are_given_once_and_unknown_ones_are_said(clients: Clients) -> None:
    given = grant()
    clients.add(given, "tests", None)
    with pytest.raises(InvalidInput, match="rotate it"):
        clients.add(given, "tests", None)
    for act in (clients.revoke, lambda name: clients.rotate(name, "tests", timedelta(1), None)):
        with pytest.raises(NotFound):
            act("nobody-of-that-name")
    assert len(clients.revoke(given.client)) == 1
    assert clients.revoke(given.client) == []
    with pytest.raises(NotFound):
        clients.rotate(given.client, "tests", timedelta(1), None)
    clients.add(given, "tests", None)


def test_the_last_use_is_noted(public: FlaskClient, clients: Clients) -> None:
    held, key = clients.add(grant(), "tests", None)
    wrong = key[:-1] + ("A" if key[-1] != "A" else "B")
    assert public.get(ME, headers=bearer(wrong)).status_code == 401
    unused = clients.find(held.id)
    assert unused is not None and unused.last_used_at is None, "a wrong key is no use"
    assert public.get(ME, headers=bearer(key)).status_code == 200
    used = clients.find(held.id)
    assert used is not None and used.last_used_at == NOW


def test_without_its_engine_nobody_is_taken_for_nobody(settings: Settings, gazetteer: Gazetteer) -> None:
    away = create_app(replace(settings, elasticsearch_url="http://127.0.0.1:9"), gazetteer=gazetteer).test_client()
    response = away.get(ME, headers=bearer("ror_" + "a" * 12 + "_" + "b" * 43))
    assert response.status_code == 503
    assert response.headers["Retry-After"]


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    """A provider whose keys are in a file."""
    made = Issuer(NOW)
    (tmp_path / "jwks.json").write_text(json.dumps(made.jwks))
    return made


@pytest.fixture
def with_tokens(client_of: Client, issuer: Issuer, tmp_path: Path) -> FlaskClient:
    """A client of a server that takes the provider's tokens."""
    source = str(tmp_path / "jwks.json")
    return client_of(anonymous_profile=0, oidc_issuer=ISSUER, oidc_audience=AUDIENCE, oidc_jwks=source)


def test_a_token_of_the_provider_says_who_and_what(with_tokens: FlaskClient, issuer: Issuer) -> None:
    found = with_tokens.get(ME, headers=bearer(issuer.token(ror_profile=2))).get_json()
    assert (found["name"], found["proved_by"], found["profile"]) == ("dr-x", "token", 2)
    names = contact_names(with_tokens, bearer(issuer.token(ror_profile=2)))
    assert names == ["Contact 1", "Contact 2"]
    assert contact_names(with_tokens, bearer(issuer.token(ror_profile=0))) == ["Contact 1"]


def test_a_token_that_is_not_good_is_refused(with_tokens: FlaskClient, issuer: Issuer, public: FlaskClient) -> None:
    response = with_tokens.get(ME, headers=bearer(issuer.token(aud="another")))
    assert response.status_code == 401
    assert "aud" in response.get_json()["detail"]
    assert public.get(ME, headers=bearer(issuer.token())).status_code == 401, "no provider, no tokens"


def contact_names(client: FlaskClient, headers: dict[str, str]) -> list[str]:
    """Return the contacts that are shown of one unit."""
    unit = client.get("/api/v1/units/UNIT-1", headers=headers).get_json()
    return [contact["name"] for contact in unit["contacts"]]


PROXY = {"REMOTE_ADDR": "10.9.0.5"}


@pytest.fixture
def behind_proxy(client_of: Client) -> FlaskClient:
    """A client of a server that trusts one network."""
    return client_of(anonymous_profile=0, trusted_proxies=("10.9.0.0/24",))


@pytest.mark.parametrize("written", [as_nginx, as_rfc_9440])
def test_a_certificate_passed_on_by_a_trusted_proxy_says_who(
    written: Callable[[Any], str], behind_proxy: FlaskClient, clients: Clients
) -> None:
    shown = client_certificate(NOW)
    known = certificate(pem(shown))
    given = grant(1)
    clients.add_certificate(given, "tests", known.fingerprint, known.ends_at)
    headers = {"Client-Cert": written(shown)}
    found = behind_proxy.get(ME, headers=headers, environ_overrides=PROXY).get_json()
    assert (found["name"], found["proved_by"], found["profile"]) == (given.client, "certificate", 1)
    for peer in ("10.9.1.5", "127.0.0.1", "203.0.113.9"):
        spoofed = {**headers, "X-Forwarded-For": "10.9.0.5"}
        response = behind_proxy.get(ME, headers=spoofed, environ_overrides={"REMOTE_ADDR": peer})
        assert response.status_code == 401
        assert "proxies" in response.get_json()["detail"]
    with pytest.raises(InvalidInput, match="whose it stays"):
        clients.add_certificate(grant(0), "tests", known.fingerprint, known.ends_at)
    clients.revoke(given.client)


def test_certificates_that_are_unknown_or_over_are_refused(behind_proxy: FlaskClient, clients: Clients) -> None:
    over = client_certificate(NOW - timedelta(days=60))
    known = certificate(pem(over))
    clients.add_certificate(grant(1), "tests", known.fingerprint, known.ends_at)
    for shown, reason in ((client_certificate(NOW), "not known"), (over, "not valid now")):
        response = behind_proxy.get(ME, headers={"Client-Cert": as_nginx(shown)}, environ_overrides=PROXY)
        assert response.status_code == 401
        assert reason in response.get_json()["detail"]
    assert behind_proxy.get(ME, headers={"Client-Cert": "nonsense"}, environ_overrides=PROXY).status_code == 401


def test_no_secret_is_in_logs_answers_or_errors(
    with_tokens: FlaskClient, issuer: Issuer, clients: Clients, caplog: pytest.LogCaptureFixture
) -> None:
    key, token = key_of(clients), issuer.token(aud="another")
    secrets = (key[17:], token.split(".")[2])
    with caplog.at_level(logging.DEBUG):
        answers = [
            with_tokens.get(path, headers=headers)
            for path in (ME, URL + "?place=Rouen&activity=zz", "/api/v1/nowhere")
            for headers in (bearer(key), bearer(key + "x"), bearer(token), {"X-Api-Key": token})
        ]
    told = caplog.text + "".join(answer.get_data(as_text=True) + str(answer.headers) for answer in answers)
    assert [secret for secret in secrets if secret in told] == []


@pytest.fixture
def limited(client_of: Client) -> Callable[..., FlaskClient]:
    """Make a client of a server with limits of its own."""

    def make(**changes: Any) -> FlaskClient:
        return client_of(anonymous_profile=0, **changes)

    return make


def test_too_often_is_429_with_the_time_to_wait(limited: Callable[..., FlaskClient], clients: Clients) -> None:
    client = limited(limit_address="6 per minute", limit_client="3 per minute", trusted_proxies=("10.9.0.0/24",))
    statuses = [client.get(ME).status_code for _ in range(8)]
    assert statuses == [200] * 6 + [429] * 2
    refused = client.get(ME)
    assert refused.content_type == "application/problem+json"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert client.get("/health/live").status_code == 200
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    key = key_of(clients)
    assert [client.get(ME, headers=bearer(key), environ_overrides=elsewhere).status_code for _ in range(5)] == [
        200, 200, 200, 429, 429,
    ]  # fmt: skip
    spoofed = {"X-Forwarded-For": "198.51.100.1"}
    assert client.get(ME, headers=spoofed).status_code == 429, "who is no proxy does not say where from"
    assert client.get(ME, headers=spoofed, environ_overrides=PROXY).status_code == 200


def test_wrong_keys_count_against_the_address_too(limited: Callable[..., FlaskClient]) -> None:
    client = limited(limit_address="4 per minute")
    assert [client.get(ME, headers=bearer("ror_x")).status_code for _ in range(6)] == [401] * 4 + [429] * 2


def test_a_page_of_another_site_does_not_write(client_of: Client) -> None:
    client = client_of(write_keys=(("ward", "a key of a ward, long"),), cors_origins=("https://samu.example",))
    path, form = "/beds/entry?unit=UNIT-1", {"write_key": "a key of a ward, long"}
    for origin in ("https://evil.example", "null", "http://localhost.evil.example", "https://localhost:1"):
        assert client.post(path, data=form, headers={"Origin": origin}).status_code == 403
    for origin in ("http://localhost", "https://samu.example"):
        assert client.post(path, data=form, headers={"Origin": origin}).status_code == 200
    assert client.post(path, data=form).status_code == 200, "programs say no origin"


def test_pages_of_other_origins_read_only_where_that_is_set(client_of: Client, public: FlaskClient) -> None:
    asked = {"Origin": "https://samu.example"}
    assert "Access-Control-Allow-Origin" not in public.get(ME, headers=asked).headers
    opened = client_of(cors_origins=("https://samu.example",))
    found = opened.get(ME, headers=asked)
    assert found.headers["Access-Control-Allow-Origin"] == "https://samu.example"
    assert "Access-Control-Allow-Credentials" not in found.headers
    assert "Access-Control-Allow-Origin" not in opened.get(ME, headers={"Origin": "https://evil.example"}).headers
    assert "Access-Control-Allow-Origin" not in opened.get("/", headers=asked).headers
    preflight = {**asked, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    assert "authorization" in opened.options(ME, headers=preflight).headers["Access-Control-Allow-Headers"].lower()


def test_only_its_own_names_are_answered_where_they_are_set(client_of: Client) -> None:
    client = client_of(hosts=("ror.example", ".internal.example"))
    for host, status in (("ror.example", 200), ("a.internal.example", 200), ("evil.example", 400), ("localhost", 400)):
        assert client.get("/api/v1/me", headers={"Host": host}).status_code == status


def test_every_answer_bears_its_headers_and_no_cookie(client: FlaskClient) -> None:
    for path in ("/", "/beds", "/units/UNIT-1", ME, f"{URL}?place=Rouen", "/api/v1/nowhere", "/api/v1/docs"):
        headers = client.get(path).headers
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "Set-Cookie" not in headers
        assert headers["Cache-Control"] in {"no-store", "no-cache"}
        assert "Strict-Transport-Security" not in headers
    secure = client.get(ME, base_url="https://localhost")
    assert secure.headers["Strict-Transport-Security"].startswith("max-age=31536000")
