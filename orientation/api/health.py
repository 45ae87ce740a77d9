"""``/health``: whether the process lives, and whether it can answer questions."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from beds.indices import is_older
from engine.errors import EngineError
from orientation.api.context import services
from orientation.problems import problem
from orientation.search import UNITS

blueprint = Blueprint("health", __name__)

_ANSWERING = {"green", "yellow"}
OLDER = "loaded by an older version: load again"
_NO_DATA = {"no data loaded", OLDER}


@blueprint.get("/health/live")
def live() -> Response:
    """Say that the process answers."""
    return jsonify(status="alive")


@blueprint.get("/health/ready")
def ready() -> Response:
    """Say whether questions can be answered: the index behind the alias, and the gazetteer; 503 otherwise."""
    known = services()
    checks = {"engine": _engine(), "gazetteer": "ok" if len(known.gazetteer) else "empty"}
    if all(state == "ok" for state in checks.values()):
        return jsonify(status="ready", checks=checks)
    kind = "no-data" if checks["engine"] in _NO_DATA else "engine-unavailable"
    return problem(kind, "Not ready to answer questions.", checks=checks)


def _engine() -> str:
    """Return ``ok``, or what is missing; never the engine's own words, this route is for anybody."""
    gateway = services().gateway
    try:
        if not gateway.aliases(UNITS):
            return "no data loaded"
        status = gateway.health(UNITS)["status"]
        if is_older(gateway, UNITS):
            return OLDER
    except EngineError:
        return "away"
    return "ok" if status in _ANSWERING else "red"
