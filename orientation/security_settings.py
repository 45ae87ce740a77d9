"""The settings of who may ask, how much, and over what: a part of ``Settings``, with the readers of its values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from limits import parse

from mappings.errors import FieldError
from orientation import setting_readers as read
from orientation.identity.tokens import ALGORITHMS


def setting(default: Any, doc: str, reader: Callable[[str], Any], *, secret: bool = False, shown: str = "") -> Any:
    """Declare a key; ``shown`` replaces the default in the documentation where that one is computed."""
    facts = {"doc": doc, "read": reader, "secret": secret, "shown": shown}
    return field(default=default, repr=not secret, metadata=facts)


def networks(value: str) -> tuple[str, ...]:
    """Take networks and commas; one that is everybody is refused, for it would let everybody say who they are."""
    rule = "must be addresses or networks and commas, such as 10.0.0.5,192.168.7.0/24"
    found = tuple(part.strip() for part in value.split(","))
    for each in found:
        try:
            network = ip_network(each)
        except ValueError:
            raise ValueError(f"{rule}; {each!r} is none") from None
        if network.prefixlen == 0:
            raise ValueError(f"{rule}; {each} is everybody")
    return found


def rate(value: str) -> str | None:
    """Take a rate of requests, or none for no limit."""
    if value == "none":
        return None
    try:
        parse(value)
    except ValueError:
        raise ValueError("must be a rate such as 100 per minute, or none") from None
    return value


def origins(value: str) -> tuple[str, ...]:
    """Take origins and commas; not a star: a browser would let every page read."""
    found = tuple(part.strip() for part in value.split(","))
    for each in found:
        if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?", each, re.ASCII):
            raise ValueError(f"must be origins and commas, such as https://samu.example; {each!r} is none")
    return found


def hosts(value: str) -> tuple[str, ...]:
    """Take names of hosts and commas; one that begins with a dot stands for every name below it."""
    found = tuple(part.strip() for part in value.split(","))
    for each in found:
        if not re.fullmatch(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:\d{1,5})?", each, re.ASCII):
            raise ValueError(f"must be names of hosts and commas, such as ror.example; {each!r} is none")
    return found


def algorithms(value: str) -> tuple[str, ...]:
    """Take signature algorithms and commas: public keys only, never none and never a shared secret."""
    found = tuple(part.strip() for part in value.split(","))
    if strange := [each for each in found if each not in ALGORITHMS]:
        raise ValueError(f"must be some of {', '.join(ALGORITHMS)}; {strange[0]!r} is none")
    return found


def key_source(value: str) -> str:
    """Take an https address, one of http on this machine, or a file."""
    parts = urlsplit(value)
    if parts.scheme == "https" and parts.hostname:
        return value
    if parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}:
        return value
    if not Path(value).is_file():
        raise ValueError("must be an https address, or a file that can be read")
    return value


def storage(value: str) -> str:
    """Take the address of a Redis server, which may hold its password."""
    if urlsplit(value).scheme not in {"redis", "rediss"} or not urlsplit(value).hostname:
        raise ValueError("must be an address such as redis://cache.example:6379 or rediss://…")
    return value


def metrics_key(value: str) -> str:
    """Take a key of one word that cannot be guessed."""
    if not re.fullmatch(r"[!-~]{16,}", value, re.ASCII):
        raise ValueError("must have 16 characters or more, and no blank")
    return value


def claim(value: str) -> str:
    """Take the name of a claim."""
    if not re.fullmatch(r"[A-Za-z0-9._:/-]{1,100}", value, re.ASCII):
        raise ValueError("must be the name of a claim, such as ror_profile")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class SecuritySettings:
    """Who may ask, how much, and over what."""

    trusted_proxies: tuple[str, ...] = setting(
        (),
        "Proxies, as addresses or networks by comma, whose X-Forwarded-For, X-Forwarded-Proto and Client-Cert count.",
        networks,
        shown="none",
    )
    hosts: tuple[str, ...] = setting(
        (), "Names, by comma, that this server answers to; others are 400.", hosts, shown="every name"
    )
    oidc_issuer: str | None = setting(None, "Issuer (iss) of the bearer tokens taken.", read.text)
    oidc_audience: str | None = setting(None, "Audience (aud) that a token must be for.", read.text)
    oidc_jwks: str | None = setting(None, "Public keys (JWKS) of the issuer: an https address or a file.", key_source)
    oidc_algorithms: tuple[str, ...] = setting(
        ("RS256", "ES256"), "Signature algorithms of tokens, by comma.", algorithms
    )
    oidc_profile_claim: str = setting("ror_profile", "Claim that holds the access profile, 0 to 5.", claim)
    oidc_establishments_claim: str = setting(
        "ror_establishments", "Claim that holds the FINESS numbers whose bed counts may be written.", claim
    )
    oidc_profession_claim: str = setting(
        "ror_profession", "Claim that holds the profession (code of list J229), for the log of exchanges.", claim
    )
    oidc_profile: int = setting(0, "Access profile of a token without that claim.", read.whole(0, 5))
    oidc_leeway: int = setting(60, "Seconds by which the issuer's clock may differ from ours.", read.whole(0, 300))
    limit_address: str | None = setting(
        "6000 per minute", "Requests of one address (of IPv6, one /64), or none for no limit.", rate
    )
    limit_client: str | None = setting("6000 per minute", "Requests of one client, or none for no limit.", rate)
    limit_storage: str | None = setting(
        None,
        "Redis server in which all processes of all servers count together.",
        storage,
        secret=True,
        shown="each process counts by itself",
    )
    queue: int = setting(
        64, "Questions that may wait up to two seconds in each process; beyond, 503 at once.", read.whole(0, 1000)
    )
    max_depth: int = setting(
        100_000, "Results of one question that may be paged through.", read.whole(100, 100_000_000)
    )
    tls_certificate: Path | None = setting(
        None, "PEM file of the server's certificate, for TLS without a proxy.", read.existing_file
    )
    tls_key: Path | None = setting(None, "PEM file of its private key.", read.existing_file)
    metrics_from: tuple[str, ...] = setting(
        ("127.0.0.0/8", "::1"), "Addresses or networks, by comma, that may read /metrics without the key.", networks
    )
    metrics_key: str | None = setting(
        None,
        "Key of 16 characters or more with which anybody may read /metrics (Authorization: Bearer KEY).",
        metrics_key,
        secret=True,
        shown="none: only those addresses",
    )
    cors_origins: tuple[str, ...] = setting(
        (), "Origins, by comma, whose pages may read the API in a browser.", origins, shown="none"
    )


TOGETHER = (("oidc_issuer", "oidc_audience", "oidc_jwks"), ("tls_certificate", "tls_key"))
"""Keys that mean something only together."""


def incomplete(values: Mapping[str, Any], prefix: str) -> list[FieldError]:
    """Name each key that is missing beside those given."""
    errors = []
    for group in TOGETHER:
        given = [name for name in group if values.get(name) is not None]
        if given and len(given) < len(group):
            beside = f"must be set with {prefix}{given[0].upper()}"
            errors += [FieldError(prefix + name.upper(), beside) for name in group if name not in given]
    return errors
