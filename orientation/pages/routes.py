"""The routes of the pages, registered once for each application."""

from __future__ import annotations

from flask import Blueprint, Flask

from engine.errors import EngineError
from mappings.errors import RorError
from mappings.gazetteer import Gazetteer
from orientation.pages import board, entry, exchanges, orientations, points, quality, room, units
from orientation.pages.assets import FOLDER, Assets
from orientation.pages.french import number
from orientation.settings import Settings


def register(app: Flask, settings: Settings, gazetteer: Gazetteer) -> None:
    """Serve the pages."""
    app.extensions[room.KEY] = room.Room(
        assets=Assets.load(gazetteer.communes),
        tiles=settings.tiles_url or "",
        attribution=settings.tiles_attribution or "",
        policy=room.policy(settings.tiles_url),
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["number"] = number
    blueprint = Blueprint("pages", __name__, template_folder="templates")
    for each in (orientations, points, units, board, entry, quality, exchanges):
        each.routes(blueprint)
    blueprint.register_error_handler(RorError, room.failed)
    blueprint.register_error_handler(EngineError, room.failed)
    app.register_blueprint(blueprint)
    app.add_url_rule(f"{FOLDER}/<version>/<path:name>", "pages_asset", room.asset)
