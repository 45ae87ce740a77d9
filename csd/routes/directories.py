"""Which documents there are, and a document or one entity of it as a whole."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from csd.answering import answer
from csd.context import asking, copying, renderer, store
from csd.document import csd_document
from csd.entity import KINDS
from csd.functions.query import both, visible
from csd.routes.functions import functions_of
from mappings.errors import NotFound, shorten
from orientation.api.context import json_response


def routes(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/documents.json", view_func=documents, methods=["GET"])
    blueprint.add_url_rule("/directory/<document>/get", view_func=directory, methods=["GET"])
    path = "/directory/<document>/get/<kind>/<path:entity_id>"
    blueprint.add_url_rule(path, view_func=entity, methods=["GET"])


def documents() -> Response:
    """List the documents with the addresses of their functions, as the reference implementation does."""
    asking()
    return json_response({name: _addresses(name) for name in store().names()})


def _addresses(name: str) -> dict[str, object]:
    return {
        "careServicesRequest": url_for(".request_services", document=name, _external=True),
        "careServicesRequests": {
            urn: url_for(".call_function", document=name, urn=urn, _external=True) for urn in functions_of(name)
        },
        "getUpdatedServices": url_for(".updated_services", document=name, _external=True),
        "directory": url_for(".directory", document=name, _external=True),
    }


def directory(document: str) -> Response:
    """Send a whole document, as it comes."""
    query = visible([], sensitive=copying().sees_sensitive)
    write, view = renderer(), store().view(document)
    total = view.total(query)
    texts = {kind: write.texts(view.entities(both(query, {"term": {"kind": kind}}))) for kind in KINDS}
    return answer(view.closing(csd_document(texts)), total=total)


def entity(document: str, kind: str, entity_id: str) -> Response:
    """Send one entity, in a document that holds nothing else."""
    if kind not in KINDS:
        raise NotFound(f"no directory of {shorten(kind)!r}: there are {', '.join(KINDS)}")
    hit = store().entity(document, kind, entity_id, sensitive=asking().sees_sensitive)
    return answer(csd_document({kind: renderer().texts(iter([hit]))}), total=1, whole=True)
