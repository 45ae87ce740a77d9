"""The application: a composition root, where settings become services and services answer requests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from threading import BoundedSemaphore

from flask import Flask
from flask_smorest import Api

from beds.indices import BedIndices
from beds.service import BedService
from beds.tension import Tensions
from csd import routes as csd_routes
from csd.peers.asker import CsdAsker
from engine.gateway import Gateway, GatewayConfig
from mappings.gazetteer import Gazetteer
from orientation import guard, hygiene, problems
from orientation.api import (
    about,
    board,
    capacities,
    changes,
    exchanges,
    health,
    me,
    nomenclatures,
    orientations,
    places,
    quality,
    suggest,
    units,
)
from orientation.api import tension as tension_api
from orientation.api.context import KEY, Services
from orientation.api.doc import PROBLEM_SCHEMA, SECURITY_SCHEMES
from orientation.audit import Audit
from orientation.cursor import Cursors
from orientation.exchanges.journal import Journal
from orientation.geocoder import geocoder_of
from orientation.monitoring import Metrics
from orientation.monitoring import register as monitor
from orientation.monitoring.state import State
from orientation.names import NameService
from orientation.pages import routes as pages
from orientation.peers.copied import CopyStates
from orientation.peers.copies import Copies
from orientation.peers.federation import Federation
from orientation.peers.register import Register
from orientation.peers.territory import Territories
from orientation.question.build import Tension
from orientation.question.words import Words, default_words
from orientation.search import UNITS, SearchService
from orientation.server import streams
from orientation.settings import Settings
from orientation.signing import signing_key
from orientation.suggestions import Suggesting

API = "/api/v1"
VERSION = "1.0.0"


def utc_now() -> datetime:
    """Return the time, aware."""
    return datetime.now(UTC)


def create_app(
    settings: Settings,
    *,
    gateway: Gateway | None = None,
    gazetteer: Gazetteer | None = None,
    clock: Callable[[], datetime] = utc_now,
    tension: Callable[[], Tension] | None = None,
) -> Flask:
    """Return the application of these settings; what is not given is made from them."""
    app = Flask("orientation", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    metrics = Metrics()
    gateway = gateway or Gateway(gateway_config(settings), metrics)
    indices = BedIndices(keep_days=settings.history_days)
    tensions = Tensions(gateway, indices, clock)
    communes = gazetteer or Gazetteer.load(settings.communes_file)
    names = NameService(gateway, UNITS)
    audit = Audit(gateway, clock=clock)
    copies = Copies(gateway, CopyStates(gateway))
    app.extensions[KEY] = Services(
        settings=settings,
        gateway=gateway,
        search=SearchService(gateway, f"{round(settings.search_timeout * 1000)}ms"),
        gazetteer=communes,
        geocoder=geocoder_of(settings),
        cursors=Cursors(signing_key(settings), settings.max_depth),
        clock=clock,
        tension=tension or (lambda: tension_in_force(settings, tensions)),
        beds=BedService(gateway, indices, clock, audit.count),
        tensions=tensions,
        audit=audit,
        streams=BoundedSemaphore(streams(settings)),
        words=Words(default_words(communes).places, names.vocabulary),
        suggesting=Suggesting(communes, names),
        federation=Federation(
            Register(gateway), CsdAsker(communes), Territories(communes), communes, settings.peers_budget, copies
        ),
        journal=Journal(gateway, settings.data_dir / "exchanges", settings.exchanges_days, clock=clock),
        metrics=metrics,
    )
    in_force = app.extensions[KEY].tension
    monitor(app, settings, metrics, State(gateway, indices, clock, in_force, copies.states))
    hygiene.register(app, settings)
    guard.register(app, guard.of_settings(settings, gateway, clock))
    _register_api(app)
    app.register_blueprint(health.blueprint)
    pages.register(app, settings, app.extensions[KEY].gazetteer)
    csd_routes.register(app)
    problems.register(app)
    return app


def tension_in_force(settings: Settings, tensions: Tensions) -> Tension:
    """Return where tension is declared, by an operator's setting or by a call."""
    current = tensions.current()
    declared = {kind: {each.code for each in current if each.kind == kind} for kind in ("department", "region")}
    return Tension(
        departments=tuple(sorted(declared["department"].union(settings.tension_departments))),
        regions=tuple(sorted(declared["region"].union(settings.tension_regions))),
    )


def gateway_config(settings: Settings) -> GatewayConfig:
    """Return what the gateway is told; the client waits a little longer than the engine may search."""
    return GatewayConfig(
        url=settings.engine_url,
        api_key=settings.elasticsearch_api_key,
        ca_certs=settings.elasticsearch_ca,
        request_timeout=settings.search_timeout + 0.5,
        max_connections=max(settings.threads, 8),
    )


def _register_api(app: Flask) -> None:
    app.config |= {
        "API_TITLE": "ROR: nearest suitable care",
        "API_VERSION": VERSION,
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": API,
        "OPENAPI_JSON_PATH": "openapi.json",
    }
    api = Api(app, spec_kwargs={"info": {"description": DESCRIPTION}, "servers": [{"url": "/"}]})
    api.spec.components.schema("Problem", PROBLEM_SCHEMA)
    for name, scheme in SECURITY_SCHEMES.items():
        api.spec.components.security_scheme(name, scheme)
    api.spec.options["security"] = [{}, *({name: []} for name in SECURITY_SCHEMES)]
    searched = (orientations, units, places, suggest, nomenclatures)
    for room in (*searched, board, changes, capacities, tension_api, quality, exchanges, me, about):
        api.register_blueprint(room.blueprint, url_prefix=API)
    app.add_url_rule(f"{API}/docs/<name>", "docs_asset", about.asset)


DESCRIPTION = """Which unit can take this patient, here and now.

Bed counts are never shown without their age and source. Errors are RFC 9457 problems whose `errors` name each
parameter; every answer carries `X-Request-Id`. Labels and warnings are in French, names and rules in English.
"""
