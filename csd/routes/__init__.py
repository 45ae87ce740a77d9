"""The routes of the facade, under ``/csd`` and under ``/CSD``, which clients of the reference implementation name."""

from __future__ import annotations

from flask import Blueprint, Flask

from csd import faults
from csd.context import KEPT
from csd.kept import KeptFacilities
from csd.routes import about, directories, functions, updates

PREFIXES = {"csd": "/csd", "csd_upper": "/CSD"}
"""Name of the blueprint → prefix: both serve the same."""


def register(app: Flask) -> None:
    """Serve the facade."""
    app.extensions[KEPT] = KeptFacilities()
    blueprint = Blueprint("csd", __name__, template_folder="../templates")
    for each in (functions, updates, directories, about):
        each.routes(blueprint)
    faults.register(blueprint)
    for name, prefix in PREFIXES.items():
        app.register_blueprint(blueprint, name=name, url_prefix=prefix)
