"""Keys, tokens and certificates: what is taken for somebody's word, and what is not."""

from __future__ import annotations

import base64
import hmac
import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from orientation.errors import IdentityUnavailable, Unauthorized
from orientation.identity import keys
from orientation.identity.addresses import Proxies, group
from orientation.identity.certificates import passed_on
from orientation.identity.jwks import FRESH_S, PAUSE_S, Jwks
from orientation.identity.tokens import LONGEST, Provider, Tokens
from tests.factory import NOW
from tests.identity_kit import (
    AUDIENCE,
    ISSUER,
    Issuer,
    JwksServer,
    as_nginx,
    as_rfc_9440,
    client_certificate,
    jwks_served,
    new_key,
    unsigned,
)


def test_keys_are_long_random_and_known_by_their_prefix() -> None:
    made = [keys.new_key() for _ in range(50)]
    assert len({key.prefix for key in made}) == len({key.digest for key in made}) == 50
    for key in made:
        prefix, secret = keys.parts_of(key.text) or ("", "")
        assert prefix == key.prefix
        assert len(secret) == 43, "256 bits"
        assert keys.same(secret, key.digest)
        assert not keys.same(secret[::-1], key.digest)
        assert secret not in repr(key)
        assert secret not in key.digest


@pytest.mark.parametrize("text", ["", "ror_", "ror_short_x", "ror_" + "a" * 12 + "_" + "b" * 42, "ror_é" + "a" * 60])
def test_what_is_no_key_has_no_parts(text: str) -> None:
    assert keys.parts_of(text) is None


def test_secrets_are_compared_by_digest_and_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[int, int]] = []

    def noted(one: str, other: str) -> bool:
        compared.append((len(one), len(other)))
        return real(one, other)

    real = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", noted)
    keys.same("short", keys.NO_DIGEST)
    keys.same("long" * 1000, keys.new_key().digest)
    assert compared == [(64, 64), (64, 64)], "the same length whatever is sent"


@pytest.fixture
def issuer() -> Issuer:
    """A provider with one key."""
    return Issuer(NOW)


@pytest.fixture
def served(issuer: Issuer) -> Iterator[JwksServer]:
    """Its keys over HTTP."""
    with jwks_served(issuer.jwks) as server:
        yield server


class Clock:
    """Time that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        """Return it."""
        return self.now


def tokens_of(source: str, clock: Clock | None = None, **changes: Any) -> Tokens:
    """Return what checks the tokens of the tests' provider."""
    given: dict[str, Any] = {
        "issuer": ISSUER, "audience": AUDIENCE, "algorithms": ("RS256", "ES256"), "profile_claim": "ror_profile",
        "establishments_claim": "ror_establishments", "profession_claim": "ror_profession", "profile": 0,
        "leeway_s": 60, **changes,
    }  # fmt: skip
    return Tokens(Provider(**given), Jwks(source, clock or Clock()), lambda: NOW)


def test_a_good_token_says_who_and_what(issuer: Issuer, served: JwksServer) -> None:
    tokens = tokens_of(served.url)
    found = tokens.caller(
        issuer.token(scope="openid beds:write search", ror_establishments=["760780239", "x", 7], aud=[AUDIENCE, "b"])
    )
    assert (found.name, found.kind, found.profile) == ("dr-x", "token", 2)
    assert found.scopes == {"beds:write", "search"}, "ours only"
    assert found.establishments == {"760780239"}
    plain = tokens.caller(issuer.token(ror_profile=None, scope="openid email"))
    assert (plain.profile, plain.scopes) == (0, {"search", "beds:read"})
    assert tokens.caller(issuer.token(ror_profile="4")).profile == 4
    assert tokens.caller(issuer.token(ror_establishments="*")).establishments == frozenset(), "no claim names all"
    strange = tokens.caller(issuer.token(sub="Jean Dupont <j@x>\n"))
    assert re.fullmatch("[0-9a-f]{32}", strange.name), "what is no name for logs is known by its digest"
    assert served.asked == 1, "the keys are kept"


@pytest.mark.parametrize(
    ("said", "kept"),
    [("10", "10"), (60, "60"), ("10^1.2.250.1.213.1.1.5.5", "10"), (["50", "60"], "50"), ("AUTOMATE", "AUTOMATE"),
     (None, None), ([], None), ("", None), ("Dr Jean Dupont", "other"), ("99", "other"), (True, "other"),
     ({"name": "Dupont"}, "other"), (["Dupont"], "other")],
)  # fmt: skip
def test_a_profession_is_a_code_of_the_list_or_says_nothing_of_anybody(
    issuer: Issuer, served: JwksServer, said: object, kept: str | None
) -> None:
    found = tokens_of(served.url).caller(issuer.token(ror_profession=said))
    assert found.profession == kept
    assert (found.traced, found.name) == ("token", "dr-x")


BAD = {
    "expired": ({"exp": int(NOW.timestamp()) - 61}, "expired token exp"),
    "never expires": ({"exp": None}, "missing claim exp"),
    "expires in words": ({"exp": "tomorrow"}, "invalid claim exp"),
    "not yet": ({"nbf": int(NOW.timestamp()) + 61}, "invalid claim nbf"),
    "issued in the future": ({"iat": int(NOW.timestamp()) + 61}, "invalid claim iat"),
    "for another": ({"aud": "another"}, "invalid claim aud"),
    "for nobody": ({"aud": None}, "missing claim aud"),
    "by another": ({"iss": "https://evil.example"}, "invalid claim iss"),
    "of nobody": ({"sub": None}, "missing claim sub"),
    "of a profile that is none": ({"ror_profile": 6}, "no access profile"),
    "of a true profile": ({"ror_profile": True}, "no access profile"),
    "of several profiles": ({"ror_profile": [1, 2]}, "no access profile"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_token_that_says_something_wrong_is_refused(name: str, issuer: Issuer, served: JwksServer) -> None:
    changes, reason = BAD[name]
    with pytest.raises(Unauthorized, match=reason):
        tokens_of(served.url).caller(issuer.token(**changes))


def test_clocks_may_differ_a_little(issuer: Issuer, served: JwksServer) -> None:
    late = {"exp": int(NOW.timestamp()) - 59, "nbf": int(NOW.timestamp()) + 59}
    assert tokens_of(served.url).caller(issuer.token(**late)).name == "dr-x"
    with pytest.raises(Unauthorized):
        tokens_of(served.url, leeway_s=0).caller(issuer.token(**late))


def test_a_forged_token_is_refused(issuer: Issuer, served: JwksServer) -> None:
    tokens, good = tokens_of(served.url), issuer.token()
    stranger = new_key("first")
    claims = issuer.claims()
    head, body, signature = good.split(".")
    forged = {
        "none": unsigned({"alg": "none"}, claims),
        "None": unsigned({"alg": "None", "kid": "first"}, claims),
        "no algorithm": unsigned({"kid": "first"}, claims, signature),
        "the public key as a secret": signed_with_text(claims, issuer.keys[0].as_pem(private=False)),
        "another's key of the same name": issuer.token(stranger),
        "its own key in the header": unsigned(
            {"alg": "ES256", "jwk": stranger.as_dict(private=False)}, claims, issuer.token(stranger).split(".")[2]
        ),
        "a claim changed": ".".join((head, unsigned({}, issuer.claims(ror_profile=1)).split(".")[1], signature)),
        "the signature cut": ".".join((head, body, signature[:-4])),
        "no signature": f"{head}.{body}.",
        "an extension we do not know": unsigned(
            {"alg": "ES256", "kid": "first", "crit": ["x"], "x": 1}, claims, signature
        ),
        "rubbish": "a.b.c",
        "not text": "é.é.é",
        "too long": "a" * LONGEST + ".b.c",
    }
    assert [name for name, token in forged.items() if taken(tokens, token)] == []
    assert taken(tokens, good)


def taken(tokens: Tokens, token: str) -> bool:
    """Say whether a token is somebody's."""
    try:
        return bool(tokens.caller(token).name)
    except Unauthorized:
        return False


def signed_with_text(claims: dict[str, Any], text: bytes) -> str:
    """Return a token signed with HMAC, as who takes the public key for a shared secret would check it."""
    body = unsigned({"alg": "HS256", "kid": "first"}, claims).rstrip(".")
    mac = hmac.new(text, body.encode(), "sha256").digest()
    return f"{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def test_a_refusal_tells_nothing_that_the_token_holds(issuer: Issuer, served: JwksServer) -> None:
    with pytest.raises(Unauthorized) as caught:
        tokens_of(served.url).caller(issuer.token(aud="secret-audience", sub="secret-name"))
    assert "secret" not in str(caught.value)


def test_a_key_that_came_since_is_asked_for_but_not_all_the_time(issuer: Issuer, served: JwksServer) -> None:
    clock = Clock()
    tokens = tokens_of(served.url, clock)
    tokens.caller(issuer.token())
    issuer.keys.append(new_key("second"))
    served.body = json.dumps(issuer.jwks).encode()
    with pytest.raises(Unauthorized, match="invalid key id"):
        tokens.caller(issuer.token())
    assert served.asked == 1, "asked a moment ago"
    clock.now += PAUSE_S
    assert tokens.caller(issuer.token()).name == "dr-x"
    assert served.asked == 2
    for n in range(20):
        with pytest.raises(Unauthorized):
            tokens.caller(issuer.token(new_key(f"made up {n}")))
    assert served.asked == 2


def test_a_key_taken_back_is_taken_no_more_once_read_again(issuer: Issuer, served: JwksServer) -> None:
    clock = Clock()
    tokens, old = tokens_of(served.url, clock), issuer.token()
    assert tokens.caller(old).name == "dr-x"
    issuer.keys[:] = [new_key("second")]
    served.body = json.dumps(issuer.jwks).encode()
    clock.now += FRESH_S + 1
    with pytest.raises(Unauthorized):
        tokens.caller(old)


@pytest.mark.parametrize("broken", [(500, b"{}"), (200, b"not json"), (200, b'{"keys": []}'), (200, b"[]"), (302, b"")])
def test_keys_that_cannot_be_read_again_go_on_to_serve_and_it_is_said(
    broken: tuple[int, bytes], issuer: Issuer, served: JwksServer, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    tokens = tokens_of(served.url, clock)
    tokens.caller(issuer.token())
    served.status, served.body = broken
    clock.now += FRESH_S + 1
    with caplog.at_level(logging.WARNING):
        assert tokens.caller(issuer.token()).name == "dr-x"
    assert "not read" in caplog.text
    with pytest.raises(IdentityUnavailable):
        tokens_of(served.url).caller(issuer.token())


def test_keys_may_be_a_file(issuer: Issuer, tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(issuer.jwks))
    assert tokens_of(str(path)).caller(issuer.token()).name == "dr-x"
    with pytest.raises(IdentityUnavailable):
        tokens_of(str(tmp_path / "none.json")).caller(issuer.token())


def test_certificates_are_read_as_proxies_write_them() -> None:
    shown = client_certificate(NOW)
    assert passed_on(as_nginx(shown)) == passed_on(as_rfc_9440(shown))
    assert len(passed_on(as_nginx(shown)).fingerprint) == 64
    assert passed_on(as_nginx(shown)).ends_at == (NOW + timedelta(days=30)).replace(microsecond=0)


@pytest.mark.parametrize("header", ["", "x", ":x:", ":AAAA:", "%zz", "-----BEGIN CERTIFICATE-----", "é", "x" * 20_000])
def test_what_is_no_certificate_is_nobody(header: str) -> None:
    with pytest.raises(Unauthorized):
        passed_on(header)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.7", None, "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.5", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.5", "1.2.3.4, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.5", "198.51.100.1, 10.0.0.6", "198.51.100.1"),
        ("10.0.0.5", "198.51.100.1, unknown", "10.0.0.5"),
        ("10.0.0.5", "nonsense", "10.0.0.5"),
        ("10.0.0.5", "", "10.0.0.5"),
        ("::ffff:10.0.0.5", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.5", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (None, "198.51.100.1", "unknown"),
    ],
)
def test_only_what_trusted_proxies_say_of_addresses_counts(
    peer: str | None, forwarded: str | None, expected: str
) -> None:
    assert Proxies(["10.0.0.0/24"]).origin(peer, forwarded) == expected


def test_addresses_of_one_host_are_one() -> None:
    assert group("2001:db8::1") == group("2001:db8::ffff") != group("2001:db8:0:1::1")
    assert group("::ffff:192.0.2.1") == "192.0.2.1"
    assert not Proxies().trusts("127.0.0.1")
