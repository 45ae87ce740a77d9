"""``/exchanges/indicators``: what was asked between directories, counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from orientation.api import examples
from orientation.api.context import allowed, json_response, services
from orientation.api.doc import query_parameters, route
from orientation.exchanges.entry import IN, OUT
from orientation.exchanges.indicators import GROUPS, Span, indicators
from orientation.exchanges.unreturned import never_returned
from orientation.identity.scopes import STEERING
from orientation.question import fields as f
from orientation.question.shape import Question, read
from orientation.render import csv
from orientation.render.labels import department

blueprint = Blueprint("exchanges", __name__, description="Exchanges between directories.")

_SCHEMA = Question.from_dict(
    {
        "from": f.Moment("First moment, included."),
        "to": f.Moment("Last moment, excluded."),
        "group_by": f.Choice("What the groups are.", GROUPS, load_default="peer"),
        "direction": f.Choice("Only exchanges that this directory began (out), or answered (in).", (OUT, IN)),
        "peer": f.Member(
            "Only exchanges with this peer, or this client of ours.",
            "must be a code",
            str.isprintable,
            repeatable=False,
        ),
        "format": f.Choice("How the answer is written.", ("json", "csv"), load_default="json"),
    },
    name="IndicatorsQuestion",
)()
_SHARE = examples.maybe(examples.DEGREES)
_MEASURES = {
    "exchanges": examples.WHOLE,
    "answered": examples.WHOLE,
    "without_result": examples.WHOLE,
    "share_without_result": _SHARE,
    "with_bed_counts": examples.WHOLE,
    "share_stale": _SHARE,
    "errors": {"type": "object", "additionalProperties": examples.WHOLE},
    "duration_ms": examples.record(p50=_SHARE, p95=_SHARE, p99=_SHARE),
    "lag_s": examples.maybe(examples.WHOLE),
    "units_returned": examples.WHOLE,
}
_NEVER = examples.record(
    units=examples.WHOLE,
    known=examples.WHOLE,
    share=_SHARE,
    departments=examples.many(examples.record(code=examples.TEXT, units=examples.WHOLE, label=examples.TEXT)),
)
_MOMENT = examples.maybe(examples.TEXT)
_COPY = examples.record(
    peer=examples.TEXT,
    copied_at=_MOMENT,
    lag_s=examples.maybe(examples.WHOLE),
    compared_at=_MOMENT,
    units=examples.WHOLE,
    facilities=examples.WHOLE,
    failed_at=_MOMENT,
    failure=_MOMENT,
)
SCHEMA_OF_INDICATORS = examples.record(
    total=examples.record(**_MEASURES),
    groups=examples.many(examples.record(key=examples.TEXT, **_MEASURES)),
    copies=examples.many(_COPY),
    never_returned=examples.maybe(_NEVER),
)


@route(
    blueprint,
    "/exchanges/indicators",
    answers={
        200: {
            "description": "Indicators of the span, and of each group.",
            "content": {
                "application/json": {"schema": SCHEMA_OF_INDICATORS},
                "text/csv": {"schema": {"type": "string"}},
            },
        }
    },
    problems=("invalid-input", "engine-unavailable", "no-data"),
    parameters=query_parameters(_SCHEMA),
)
def exchange_indicators() -> Response:
    """Count exchanges with other directories: calls, without result, times, errors. Scope `steering`.

    Times are in milliseconds. `lag_s` is how long ago the unit changed that changed last of all that was passed on: a
    directory whose lag grows is not kept up. `never_returned` counts the units of this directory that were in no answer
    to another one; it is null where only what this directory asked is counted. In CSV a row stands for a group, the
    last one for all.
    """
    given = request.args.to_dict(flat=False)
    told = indicators_of(given)
    if given.get("format") != ["csv"]:
        return json_response(told)
    response = Response(_table(told), content_type="text/csv; charset=utf-8; header=present")
    response.headers["Content-Disposition"] = 'attachment; filename="exchanges.csv"'
    return response


def indicators_of(given: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return the indicators that the parameters ask for; ``Forbidden`` for who does not steer."""
    who = allowed(STEERING)
    asked = read(_SCHEMA, given)
    known = services()
    known.journal.send()  # what waits on disk, of processes that ended too
    now = known.clock()
    since, until = (f.moment_of(asked.get(name), now) for name in ("from", "to"))
    span = Span(since=since, until=until, peer=asked.get("peer"), direction=asked.get("direction"))
    index = known.journal.index
    told = indicators(known.gateway, span, asked["group_by"], now, index)
    never = never_returned(known.gateway, span, known.search.index, who.access, index)
    if never is not None:
        never["departments"] = [{**each, "label": _department(each["code"])} for each in never["departments"]]
    copies = known.federation.copies
    return {**told, "copies": copies.rows(now) if copies is not None else [], "never_returned": never}


def _department(code: str) -> str:
    named = department(code)
    return named["label"] if named else code


def _table(told: Mapping[str, Any]) -> str:
    """Return the indicators as a table: a column for each kind of error that there was."""
    kinds = sorted(told["total"]["errors"])
    rows = [*told["groups"], {"key": "total", **told["total"]}]
    return csv.written([_row(each, kinds) for each in rows])


def _row(each: Mapping[str, Any], kinds: Sequence[str]) -> dict[str, Any]:
    times = {f"{name}_ms": value for name, value in each["duration_ms"].items()}
    errors = {f"error_{kind}": each["errors"].get(kind, 0) for kind in kinds}
    plain = {name: value for name, value in each.items() if name not in {"duration_ms", "errors"}}
    return {**plain, **times, **errors}
