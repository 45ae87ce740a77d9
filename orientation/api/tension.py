"""``/tension``: where bed counts must be fresher, said by who steers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, ValidationError, fields

from beds.tension import KINDS, Tension
from mappings.errors import InvalidInput
from mappings.schema.fields import Text, field_errors
from orientation.api import examples
from orientation.api.body import json_object
from orientation.api.context import allowed_to_change, json_response, services
from orientation.api.doc import json_answer, path_parameter, route
from orientation.identity.scopes import STEERING
from orientation.render.labels import department, region

blueprint = Blueprint("tension", __name__, description="Freshness of bed counts in tension.")

MAX_BODY = 16 * 1024
_PATH = (
    path_parameter("kind", "`department` or `region`.", "department"),
    path_parameter("code", "Code of the department, or INSEE code of the region.", "76"),
)
_TENSION = examples.record(
    kind={"type": "string", "enum": list(KINDS)},
    code=examples.TEXT,
    label=examples.TEXT,
    who=examples.TEXT,
    since=examples.TIME,
    until=examples.TIME,
    note=examples.TEXT,
    lifted_by=examples.TEXT,
)
_PROBLEMS = ("forbidden", "invalid-input", "engine-unavailable", "no-data")


class TensionBody(Schema):
    """What may be said of a tension."""

    class Meta:
        """Refuse what is unknown."""

        unknown = RAISE

    until = fields.AwareDateTime(default_timezone=None)
    note = Text(500)


_BODY = TensionBody()


@route(
    blueprint,
    "/tension",
    answers={200: json_answer("Tensions in force.", examples.record(tensions=examples.many(_TENSION)))},
    problems=("engine-unavailable",),
)
def tensions() -> Response:
    """List the tensions in force, who declared each and since when."""
    return json_response({"tensions": [shown(each.to_dict()) for each in services().tensions.current()]})


@route(
    blueprint,
    "/tension/<kind>/<code>",
    method="PUT",
    answers={200: json_answer("The tension in force.", _TENSION)},
    problems=("malformed-body", *_PROBLEMS, "too-large"),
    parameters=_PATH,
    requestBody={
        "required": False,
        "content": {
            "application/json": {
                "schema": examples.record(until=examples.TIME, note=examples.TEXT),
                "example": {"until": "2026-12-01T08:00:00+01:00", "note": "Épidémie de bronchiolite"},
            }
        },
    },
)
def declare(kind: str, code: str) -> Response:
    """Declare tension in a department or region.

    From now on bed counts there must be fresher, until `until` or until it is lifted. Said again, it changes the
    end and the note.
    """
    caller = allowed_to_change(STEERING)
    request.max_content_length = MAX_BODY
    said = body()
    until: datetime | None = said.get("until")
    known = services()
    made = known.tensions.declare(kind, code, caller.name, until=until, note=said.get("note"))
    known.audit.note_of(caller, "tension.declare", f"{kind}:{code}", **_said(made))
    return json_response(shown(made.to_dict()))


@route(
    blueprint,
    "/tension/<kind>/<code>",
    method="DELETE",
    answers={200: json_answer("The tension that was lifted.", _TENSION)},
    problems=(*_PROBLEMS, "not-found"),
    parameters=_PATH,
)
def lift(kind: str, code: str) -> Response:
    """Lift a tension in force."""
    caller, known = allowed_to_change(STEERING), services()
    lifted = known.tensions.lift(kind, code, caller.name)
    known.audit.note_of(caller, "tension.lift", f"{kind}:{code}", **_said(lifted))
    return json_response(shown(lifted.to_dict()))


def _said(tension: Tension) -> dict[str, Any]:
    """Return what the audit log keeps of a tension."""
    return {name: value for name, value in tension.to_dict().items() if name in {"since", "until", "note"}}


def body() -> dict[str, Any]:
    """Return what the body says, nothing for none."""
    data = request.get_data(cache=False)
    if not data.strip():
        return {}
    said = json_object(data)
    try:
        values: dict[str, Any] = _BODY.load(said)
    except ValidationError as error:
        raise InvalidInput(field_errors(error.messages, said)) from None
    return values


def shown(tension: dict[str, Any]) -> dict[str, Any]:
    """Return a tension with the name of where it holds."""
    named = (department if tension["kind"] == "department" else region)(tension["code"])
    return {**tension, "label": named["label"] if named else tension["code"]}
