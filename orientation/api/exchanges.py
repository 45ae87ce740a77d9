"""``/exchanges/indicators``: what was asked between directories, counted."""

from __future__ import annotations

from flask import Response
from flask_smorest import Blueprint

from orientation.api import examples
from orientation.api.context import allowed, json_response, query, services
from orientation.api.doc import json_answer, query_parameters, route
from orientation.exchanges.indicators import GROUPS, indicators
from orientation.identity.scopes import STEERING
from orientation.question import fields as f
from orientation.question.shape import Question

blueprint = Blueprint("exchanges", __name__, description="Exchanges between directories.")

_SCHEMA = Question.from_dict(
    {
        "from": f.Moment("First moment, included."),
        "to": f.Moment("Last moment, excluded."),
        "group_by": f.Choice("What the groups are.", GROUPS, load_default="peer"),
    },
    name="IndicatorsQuestion",
)()
_ANY = {"type": "object"}


@route(
    blueprint,
    "/exchanges/indicators",
    answers={
        200: json_answer(
            "Indicators of the span, of each group, and how far our copies of other directories are.",
            examples.record(total=_ANY, groups=examples.many(_ANY), copies=examples.many(_ANY)),
        )
    },
    problems=("invalid-input", "engine-unavailable"),
    parameters=query_parameters(_SCHEMA),
)
def exchange_indicators() -> Response:
    """Count exchanges with other directories: calls, without result, times, errors, lag of copies. Scope `steering`."""
    allowed(STEERING)
    asked = query(_SCHEMA)
    known = services()
    known.journal.send()  # what waits on disk, of processes that ended too
    since, until = (f.moment_of(asked.get(name), known.clock()) for name in ("from", "to"))
    counted = indicators(known.gateway, since, until, asked["group_by"], known.journal.index)
    copies = known.federation.copies
    return json_response(counted | {"copies": copies.rows(known.clock()) if copies is not None else []})
