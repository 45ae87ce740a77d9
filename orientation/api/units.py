"""``/units/{id}``: one unit, whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from orientation.api.context import access, json_response, query, services
from orientation.api.doc import json_answer, path_parameter, query_parameters, route
from orientation.criteria import Criteria
from orientation.question import fields as f
from orientation.question.shape import Question
from orientation.render.whole import Counts, whole

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
    known, asked = services(), unit_criteria()
    near = query(_QUESTION).get("near")
    document = known.search.unit(unit_id, asked.access)
    return json_response(whole(document, _counts(document), asked, known.gazetteer, near))


def unit_criteria(*scopes: str) -> Criteria:
    """Return what one unit is shown by: who asks, when, and where tension holds; scopes as for ``access``."""
    known = services()
    tension = known.tension()
    return Criteria(
        as_of=known.clock(),
        access=access(*scopes),
        tension_departments=tension.departments,
        tension_regions=tension.regions,
    )


def _counts(document: Mapping[str, Any]) -> Counts:
    """Return what the store of record holds of the places of a unit."""
    return services().beds.store.counts_of(document.get("place_ids", ()))
