"""``/suggest``: what may be meant, as one types."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from orientation.api import examples
from orientation.api.context import json_response, query, services
from orientation.api.doc import json_answer, query_parameters, route
from orientation.question import fields as f
from orientation.question.shape import Question
from orientation.words.suggesting import EXACT, INNER, SLIP, START, Suggestion

blueprint = Blueprint("suggest", __name__, description="What may be meant, as one types.")

MAX_TYPED = 200
FITS = {EXACT: "exact", START: "start", INNER: "word", SLIP: "similar"}


class SuggestQuestion(Question):
    """Parameters of the suggestions."""

    q = f.Words("What was typed so far; its end is completed.", MAX_TYPED, required=True, example="soins int")
    limit = f.Whole("Suggestions, at most.", 1, 50, load_default=10)


_QUESTION = SuggestQuestion()
_TEXT, _WHOLE = examples.TEXT, examples.WHOLE


@route(
    blueprint,
    "/suggest",
    answers={
        200: json_answer(
            "Suggestions of all kinds, the best first.",
            examples.record(
                suggestions=examples.many(
                    examples.record(
                        kind=_TEXT,
                        code=_TEXT,
                        label=_TEXT,
                        parameter=_TEXT,
                        values=examples.many(_TEXT),
                        fit={"type": "string", "enum": list(FITS.values())},
                        span=examples.many(_WHOLE),
                    )
                )
            ),
        )
    },
    problems=("invalid-input",),
    parameters=query_parameters(_QUESTION),
)
def suggest() -> Response:
    """Suggest as one types.

    Codes, broad words, communes and sites in one list. Choosing one sets `parameter` to `values`, in place of the text
    of `span`. Broad words are of kind `group`; a site sets `q`, which is searched in names.
    """
    values = query(_QUESTION)
    found = services().suggesting.current().suggest(values["q"], values["limit"])
    return json_response({"suggestions": [_suggestion(each) for each in found]})


def _suggestion(found: Suggestion) -> dict[str, Any]:
    entry = found.entry
    return {
        "kind": entry.kind,
        "code": entry.code,
        "label": entry.label,
        "parameter": entry.parameter,
        "values": list(entry.values),
        "fit": FITS[found.fit],
        "span": [found.start, found.end],
    }
