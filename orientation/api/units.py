"""``/units/{id}``: one unit, whole."""

from __future__ import annotations

from flask import Response
from flask_smorest import Blueprint

from orientation.api.context import access, json_response, query, services
from orientation.api.doc import json_answer, path_parameter, query_parameters, route
from orientation.criteria import Criteria
from orientation.question import fields as f
from orientation.question.shape import Question
from orientation.render.whole import whole

blueprint = Blueprint("units", __name__, description="Units.")


class UnitQuestion(Question):
    """Parameters of one unit."""

    near = f.LatLon("Adds the metres from there to each place of the unit.", example="49.44,1.1")


_QUESTION = UnitQuestion()


@route(
    blueprint,
    "/units/<path:unit_id>",
    answers={200: json_answer("The unit.", {"type": "object"})},
    problems=("not-found", "invalid-input", "engine-unavailable", "no-data"),
    parameters=(
        path_parameter("unit_id", "Id of the unit, which may hold slashes.", "SAE/760780239-MCO-MED"),
        *query_parameters(_QUESTION),
    ),
)
def unit(unit_id: str) -> Response:
    """Show one unit, whole.

    All its places, contacts and bed counts, as far as the profile that asks may see them.
    """
    known, rights = services(), access()
    near = query(_QUESTION).get("near")
    asked = Criteria(
        as_of=known.clock(),
        access=rights,
        tension_departments=known.tension.departments,
        tension_regions=known.tension.regions,
    )
    return json_response(whole(known.search.unit(unit_id, rights), asked, known.gazetteer, near))
