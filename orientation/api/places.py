"""``/places``: the gazetteer."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from mappings.gazetteer import Commune
from orientation.api import examples
from orientation.api.context import json_response, query, services
from orientation.api.doc import json_answer, query_parameters, route
from orientation.question import fields as f
from orientation.question.origin import describe_commune
from orientation.question.shape import Question

blueprint = Blueprint("places", __name__, description="Communes, by name or postcode.")


class PlacesQuestion(Question):
    """Parameters of the gazetteer."""

    q = f.Words("What a name, an inner word of it or a postcode begins with.", 80, required=True, example="Roue")
    department = f.Department("Only communes of that department.", repeatable=False, example="76")
    size = f.Whole("Places, at most.", 1, 100, load_default=10)


_QUESTION = PlacesQuestion()


@route(
    blueprint,
    "/places",
    answers={
        200: json_answer("Communes, the most populous first.", examples.record(places=examples.many(examples.COMMUNE)))
    },
    problems=("invalid-input",),
    parameters=query_parameters(_QUESTION),
)
def places() -> Response:
    """Find communes as one types."""
    values = query(_QUESTION)
    found = services().gazetteer.suggest(values["q"], values["size"], values.get("department"))
    return json_response({"places": [_commune(each) for each in found]})


def _commune(commune: Commune) -> dict[str, Any]:
    point = services().gazetteer.centre(commune.insee)
    return {
        **describe_commune(commune),
        "lat": point.lat if point else None,
        "lon": point.lon if point else None,
    }
