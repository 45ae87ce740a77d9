"""What the API says of itself: schemas, kinds of problem, and its documentation as a page."""

from __future__ import annotations

from importlib.resources import files

from flask import Response
from flask_smorest import Blueprint

from mappings.errors import NotFound, shorten
from mappings.schema.json_schema import unit_json_schema
from orientation.api.context import cached_json, unless_known
from orientation.api.doc import json_answer, path_parameter, route
from orientation.problems import BASE, KINDS

blueprint = Blueprint("about", __name__, description="Schemas, problems, documentation.")

_UNCHANGED = {304: {"description": "Not changed since the ETag given."}}
_ASSETS = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "index.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "favicon-32x32.png": "image/png",
}
"""What the page needs of the package ``flask-swagger-ui``, whose own page has inline scripts."""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ROR - API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="stylesheet" href="docs/index.css">
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<noscript><p>The same as data: <a href="openapi.json">openapi.json</a></p></noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""

_START = """SwaggerUIBundle({
  url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null
});
"""


@route(
    blueprint,
    "/schemas/unit.json",
    answers={
        200: {
            "description": "JSON Schema 2020-12.",
            "content": {"application/schema+json": {"schema": {"type": "object"}}},
        },
        **_UNCHANGED,
    },
)
def unit_schema() -> Response:
    """Show the schema of a unit in ROR NDJSON."""
    return cached_json(unit_json_schema(), "application/schema+json")


@route(
    blueprint,
    "/problems/<name>",
    answers={200: json_answer("The kind of problem.", {"type": "object"}), **_UNCHANGED},
    problems=("not-found",),
    parameters=(path_parameter("name", "Last part of the `type` of a problem.", "invalid-input"),),
)
def problem_kind(name: str) -> Response:
    """Explain a kind of problem."""
    if name not in KINDS:
        raise NotFound(f"no problem {shorten(name)!r}; there are {', '.join(KINDS)}")
    kind = KINDS[name]
    return cached_json({"type": BASE + name, "title": kind.title, "status": kind.status, "advice": kind.advice})


@route(
    blueprint,
    "/docs",
    answers={200: {"description": "A page.", "content": {"text/html": {"schema": {"type": "string"}}}}},
)
def docs() -> Response:
    """Show this documentation as a page."""
    return unless_known(Response(_PAGE, content_type="text/html; charset=utf-8"))


def asset(name: str) -> Response:
    """Serve a file of the documentation page."""
    if name == "start.js":
        return unless_known(Response(_START, content_type="text/javascript; charset=utf-8"))
    if name not in _ASSETS:
        raise NotFound(f"no file {shorten(name)!r}")
    body = files("flask_swagger_ui").joinpath("dist", name).read_bytes()
    return unless_known(Response(body, content_type=_ASSETS[name]))
