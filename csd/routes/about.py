"""What the facade says of itself: the integration statement, and the schemas of what it sends."""

from __future__ import annotations

from importlib.resources import files

from flask import Blueprint, Response

from csd.context import own_directory, store
from csd.functions import orientation
from csd.names import SEARCHES
from mappings.errors import NotFound, shorten
from orientation.pages.room import page


def routes(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/", view_func=statement, methods=["GET"])
    blueprint.add_url_rule("/schema/<name>", view_func=schema, methods=["GET"])


def statement() -> Response:
    """Show the integration statement."""
    view = {
        "documents": store().names(),
        "own": own_directory(),
        "searches": SEARCHES,
        "orientation": orientation.URN,
        "schemas": schemas(),
    }
    return page("csd.html", view)


def schemas() -> list[str]:
    """Return the names of the schemas published."""
    return sorted(each.name for each in files("csd.schema").iterdir() if each.name.endswith(".xsd"))


def schema(name: str) -> Response:
    """Send a schema."""
    if name not in schemas():
        raise NotFound(f"no schema {shorten(name)!r}: there are {', '.join(schemas())}")
    body = files("csd.schema").joinpath(name).read_bytes()
    return Response(body, content_type="application/xml;charset=UTF-8")
