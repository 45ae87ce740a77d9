"""Errors on the CSD surface: the problems of the product, said as a CSD ``error`` or as a SOAP 1.2 fault."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from flask import Blueprint, Response, g
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from csd import soap
from csd.envelope import MEDIA_TYPE, error
from csd.soap import SoapRefused
from engine.errors import EngineError
from mappings.errors import RorError
from orientation.problems import problem_of, problem_of_http

_KEPT = ("Retry-After", "WWW-Authenticate", "Allow")


@dataclass(slots=True)
class Surface:
    """How the request at hand is to be answered: as SOAP or not, and to which message."""

    soap: bool = False
    relates_to: str | None = None


def surface() -> Surface:
    """Return how the request at hand is answered."""
    if "csd_surface" not in g:
        g.csd_surface = Surface()
    found: Surface = g.csd_surface
    return found


def register(blueprint: Blueprint) -> None:
    """Answer every error of the blueprint's routes in XML."""
    blueprint.register_error_handler(RorError, fault_of)
    blueprint.register_error_handler(EngineError, fault_of)
    blueprint.register_error_handler(HTTPException, fault_of_http)


def fault_of(failed: Exception) -> Response:
    """Return the fault of an error of ours."""
    if isinstance(failed, SoapRefused):
        return _fault(400, str(failed), code=failed.code, subcode=failed.subcode)
    return _of_problem(problem_of(failed))


def fault_of_http(failed: HTTPException) -> ResponseReturnValue:
    """Return the fault of an HTTP error of the framework; redirections pass."""
    problem = problem_of_http(failed)
    return _of_problem(problem) if isinstance(problem, Response) else problem


def _of_problem(problem: Response) -> Response:
    """Say in XML what a problem says in JSON, so that no error is judged twice."""
    said = orjson.loads(problem.get_data())
    status = problem.status_code
    if surface().soap and status == 422:
        status = 400  # SOAP 1.2 knows no other status for what the sender got wrong in the message itself
    response = _fault(status, said["detail"], code="Receiver" if status >= 500 else "Sender")
    for name in _KEPT:
        if name in problem.headers:
            response.headers[name] = problem.headers[name]
    return response


def _fault(status: int, text: str, *, code: str, subcode: str | None = None) -> Response:
    how = surface()
    if how.soap:
        body = soap.fault(status, text, how.relates_to, code=code, subcode=subcode)
        return Response(body, status, content_type=soap.MEDIA_TYPE)
    return Response('<?xml version="1.0" encoding="UTF-8"?>\n' + error(status, text), status, content_type=MEDIA_TYPE)
