"""ITI-74, Query for Updated Services: SOAP 1.2, its WSDL, and a request ready to be sent."""

from __future__ import annotations

import uuid
from datetime import timedelta
from xml.sax.saxutils import escape

from flask import Blueprint, Response, request, url_for

from csd import soap, updates
from csd.answering import respond
from csd.body import read_body
from csd.context import copying, is_own, renderer, store
from csd.document import csd_document
from csd.entity import KINDS
from csd.faults import surface
from csd.functions.query import both
from csd.wsdl import wsdl

OVERLAP = timedelta(hours=1)
"""How far behind the moment asked our own directory looks: a load writes for minutes before it is seen whole."""


def routes(blueprint: Blueprint) -> None:
    """Register the routes."""
    path = "/getUpdatedServices/<document>"
    blueprint.add_url_rule(f"{path}/get", view_func=updated_services, methods=["POST"])
    blueprint.add_url_rule(f"{path}/get", view_func=service_description, methods=["GET"])
    blueprint.add_url_rule(f"{path}/soap", view_func=ready_request, methods=["GET"])


def updated_services(document: str) -> Response:
    """Answer with every entity taken since the moment asked, removals included."""
    surface().soap = True
    message = soap.read_message(read_body(), [updates.REQUEST_ACTION])
    moment = updates.read_last_modified(message.payload)
    overlap = OVERLAP if is_own(document) else timedelta()
    query = updates.modified_since(moment, sensitive=copying().sees_sensitive, overlap=overlap)
    how, write, view = surface(), renderer(), store().view(document)
    total = view.total(query)
    texts = {kind: write.texts(view.entities(both(query, {"term": {"kind": kind}}))) for kind in KINDS}
    body = updates.response(view.closing(csd_document(texts)))
    return respond(soap.envelope(updates.RESPONSE_ACTION, how.relates_to, body), soap.MEDIA_TYPE, total=total)


def service_description(document: str) -> Response:
    """Return the WSDL of a document's updates."""
    store().check(document)
    address = url_for(".updated_services", document=document, _external=True)
    schema = url_for(".schema", name="csd.xsd", _external=True)
    return Response(wsdl(address, schema), content_type="text/xml;charset=UTF-8")


def ready_request(document: str) -> Response:
    """Return a request for what changed since ``mtime``, ready to be sent."""
    store().check(document)
    moment = updates.read_moment(request.args.get("mtime", "").replace(" ", "+"))
    address = escape(url_for(".updated_services", document=document, _external=True))
    body = updates.ready_request(address, moment, f"urn:uuid:{uuid.uuid4()}")
    return Response(body, content_type="text/xml;charset=UTF-8")
