"""Metrics in the application: every request measured and logged, ``/metrics`` answered to those who may read it."""

from __future__ import annotations

import hmac
import logging
import time

from flask import Flask, Response, current_app, g, request
from prometheus_client import CONTENT_TYPE_LATEST

from orientation.errors import Forbidden
from orientation.identity.addresses import Proxies
from orientation.monitoring.metrics import KEY, Metrics
from orientation.monitoring.state import State
from orientation.settings import Settings

log = logging.getLogger("ror.request")

STATE = "metrics-state"
"""Where the application keeps what asks the engine."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE = "none"
"""Route of what leads nowhere: addresses that people make up are no labels."""
_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")


def register(app: Flask, settings: Settings, metrics: Metrics, state: State) -> None:
    """Measure every request of an application from its first step to its last; call it before all else."""
    app.extensions[KEY] = metrics
    app.extensions[STATE] = state
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_request(_leave)

    def read() -> Response:
        """Return the metrics."""
        _check(settings)
        return Response(metrics.text(state), content_type=CONTENT_TYPE_LATEST)

    app.add_url_rule("/metrics", "metrics", read)


def outcome_of(status: int) -> str:
    """Return what a status means for who asked: refused is theirs to mend, unavailable passes, failed is ours."""
    if status < 400:
        return "ok"
    if status < 500:
        return "refused"
    return "unavailable" if status == 503 else "failed"


def _begin() -> None:
    g.began = time.perf_counter()
    found: Metrics = current_app.extensions[KEY]
    found.running.inc()
    g.counted = found


def _finish(response: Response) -> Response:
    found: Metrics = current_app.extensions[KEY]
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    method = request.method if request.method in METHODS else "other"
    route = request.url_rule.rule if request.url_rule else NO_ROUTE
    found.requests.labels(method, route, outcome_of(response.status_code)).observe(seconds)
    found.responses.labels(method, route, str(response.status_code)).inc()
    if log.isEnabledFor(logging.INFO):
        _tell(method, route, response, seconds)
    return response


def _tell(method: str, route: str, response: Response, seconds: float) -> None:
    """Log the request: the rule of the route and not the address, for people type names into addresses."""
    caller = g.get("caller")
    said = {
        "method": method,
        "route": route,
        "status": response.status_code,
        "ms": round(seconds * 1000, 1),
        "bytes": response.content_length,
        "caller": caller.kind if caller else None,
    }
    log.info("%s %s %s", method, route, response.status_code, extra={"said": said})


def _leave(_: BaseException | None = None) -> None:
    found: Metrics | None = g.pop("counted", None)
    if found is not None:
        found.running.dec()


def _check(settings: Settings) -> None:
    """Refuse who may read no metrics: an address that is not listed, without the key.

    What another program passes on comes from that program's address, often this very machine's: it counts only
    with the key.
    """
    key = settings.metrics_key
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if key is not None and hmac.compare_digest(given.encode(), key.encode()):
        return
    passed_on = any(name in request.headers for name in _FORWARDED)
    if passed_on or not Proxies(settings.metrics_from).trusts(request.remote_addr):
        raise Forbidden("Metrics are for the addresses and the key that the operator has set.")
