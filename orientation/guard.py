"""What every request passes before its route: how often, who asks, from which page, and whether there is room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request

from engine.gateway import Gateway
from orientation.errors import Forbidden
from orientation.identity import Caller, Clients, Identity
from orientation.identity.addresses import Proxies
from orientation.identity.caller import ANONYMOUS
from orientation.identity.jwks import Jwks
from orientation.identity.tokens import Provider, Tokens
from orientation.limits import Rates, Slots
from orientation.settings import Settings

KEY = "guard"
"""Where the application keeps it."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FREE = ("/health/", "/static/", "/metrics")
"""Paths for operators and files: they cost nothing, and must answer when all else waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What stands before the routes of an application."""

    identity: Identity
    rates: Rates
    slots: Slots
    origins: frozenset[str]


def register(app: Flask, guard: Guard) -> None:
    """Let no request pass that is not counted, known and in its turn."""
    app.extensions[KEY] = guard
    app.before_request(_pass)
    app.teardown_request(_leave)


def of_settings(settings: Settings, gateway: Gateway, clock: Callable[[], datetime]) -> Guard:
    """Return what the settings ask for."""
    tokens = None
    if settings.oidc_issuer and settings.oidc_audience and settings.oidc_jwks:
        provider = Provider(
            issuer=settings.oidc_issuer,
            audience=settings.oidc_audience,
            algorithms=settings.oidc_algorithms,
            profile_claim=settings.oidc_profile_claim,
            establishments_claim=settings.oidc_establishments_claim,
            profession_claim=settings.oidc_profession_claim,
            profile=settings.oidc_profile,
            leeway_s=settings.oidc_leeway,
        )
        tokens = Tokens(provider, Jwks(settings.oidc_jwks), clock)
    return Guard(
        identity=Identity(
            clients=Clients(gateway, clock=clock),
            tokens=tokens,
            proxies=Proxies(settings.trusted_proxies),
            operators=settings.write_keys,
            anonymous_profile=settings.anonymous_profile,
            clock=clock,
        ),
        rates=Rates(settings.limit_address, settings.limit_client, settings.limit_storage),
        slots=Slots(settings.threads, settings.queue),
        origins=frozenset(settings.cors_origins),
    )


def caller() -> Caller:
    """Return who asks."""
    found: Caller = g.caller
    return found


def identity() -> Identity:
    """Return what knows who asks."""
    guard: Guard = current_app.extensions[KEY]
    return guard.identity


def _pass() -> None:
    if request.path.startswith(FREE):
        return
    guard: Guard = current_app.extensions[KEY]
    address = guard.identity.address(request)
    guard.slots.asked(address)
    guard.rates.address(address)
    if request.method == "OPTIONS":
        return
    g.caller = found = guard.identity.of(request)
    if found.kind != ANONYMOUS:
        guard.slots.asked(found.holder)
        guard.rates.client(found.holder)
    _refuse_other_sites(guard.origins)
    holder = found.holder if found.kind != ANONYMOUS else address
    guard.slots.enter(holder)
    g.slot = holder


def _leave(_: BaseException | None = None) -> None:
    holder = g.pop("slot", None)
    if holder is not None:
        guard: Guard = current_app.extensions[KEY]
        guard.slots.leave(holder)


def _refuse_other_sites(allowed: frozenset[str]) -> None:
    """Refuse what the page of another site makes a browser send: a certificate goes with it unasked.

    Browsers name the page in ``Origin`` with every request that may change something; programs send none.
    """
    origin = request.headers.get("Origin")
    if request.method in SAFE or origin is None or origin in allowed:
        return
    if urlsplit(origin).netloc != request.host:
        raise Forbidden("This was sent by a page of another site, which this server does not let write.")
