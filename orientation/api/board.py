"""``/beds``: the board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from beds.board import BURNS, GROUPS, OTHER, BoardQuestion, Row, board
from mappings.errors import FieldError, InvalidInput
from mappings.nomenclature import activity_groups
from mappings.territory import departments, regions
from orientation.api import examples
from orientation.api.context import asked_of, json_response, services
from orientation.api.doc import json_answer, query_parameters, route
from orientation.criteria import Criteria
from orientation.identity.scopes import BEDS_READ
from orientation.question import fields as f
from orientation.question.schema import SCHEMA
from orientation.question.shape import Question, read
from orientation.render.labels import coded
from orientation.zones import may_see_counts, zones_of

blueprint = Blueprint("board", __name__, description="Bed counts.")

OF_SEARCH_ONLY = ("size", "cursor", "facets", "format", "sort")
"""Parameters of a search that mean nothing where there is no page of results."""


class BoardParameters(Question):
    """What a board has beside the parameters of a search."""

    group_by = f.Choice("What a row stands for; default `activity_group`, `site` with `view=burns`.", tuple(GROUPS))
    kind = f.Choice("Beds, or places of day care.", ("bed", "place"), load_default="bed")
    view = f.Choice("A ready-made board: `burns` is the whole country's burn care.", ("burns",))


_OWN = BoardParameters()

_ROW = examples.record(
    code=examples.TEXT,
    label=examples.TEXT,
    zones=examples.WHOLE,
    stale=examples.WHOLE,
    silent=examples.WHOLE,
    oldest=examples.maybe(examples.TIME),
    newest=examples.maybe(examples.TIME),
    **{
        name: examples.maybe(examples.WHOLE)
        for name in (
            "available", "available_f", "available_m", "installed", "closed", "reopenable",
            "extra_with_staff", "extra_without_staff",
        )
    },
)  # fmt: skip
SCHEMA_OF_BOARD = examples.record(
    group_by=examples.TEXT,
    kind=examples.TEXT,
    view=examples.maybe(examples.TEXT),
    as_of=examples.TIME,
    rows=examples.many(_ROW),
    total=_ROW,
    warnings=examples.many(examples.TEXT),
)


def filter_parameters() -> list[dict[str, Any]]:
    """Return the parameters of a search that filter, documented."""
    return [each for each in query_parameters(SCHEMA) if each["name"] not in OF_SEARCH_ONLY]


@route(
    blueprint,
    "/beds",
    answers={200: json_answer("The board.", SCHEMA_OF_BOARD)},
    problems=("forbidden", "invalid-input", "engine-unavailable", "no-data", "geocoder-unavailable"),
    parameters=[*query_parameters(_OWN), *filter_parameters()],
)
def beds_board() -> Response:
    """Add up bed counts.

    Zones of the units that answer the filters, each counted once in a row and once in the total, whatever the
    number of units that share it. A sum is null where no zone says anything of it. `silent` zones say nothing of
    what is available now, `stale` ones said it too long ago for their activity; `oldest` and `newest` are
    observations of what is available.
    """
    return json_response(board_of(request.args.to_dict(flat=False)))


def board_of(given: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return the board that the parameters ask for."""
    own = read(_OWN, {name: values for name, values in given.items() if name in _OWN.fields})
    criteria, warnings = asked({name: values for name, values in given.items() if name not in _OWN.fields})
    view = own.get("view")
    if view == "burns":
        if criteria.activities:
            raise InvalidInput([FieldError("activity", "is given by view=burns", ", ".join(criteria.activities))])
        criteria = replace(criteria, activities=BURNS)
    group_by = own.get("group_by", "site" if view else "activity_group")
    question = BoardQuestion(
        as_of=criteria.as_of,
        group_by=group_by,
        kind=own["kind"],
        only=only(group_by, criteria),
        tension_departments=criteria.tension_departments,
        tension_regions=criteria.tension_regions,
        sensitive=criteria.access.sees_sensitive,
        exceptional=criteria.access.sees_exceptional,
    )
    known = services()
    zones = zones_of(known.gateway, criteria, known.beds.indices.units)
    rows, total = board(known.gateway, known.beds.indices, question, zones)
    return {
        "group_by": group_by,
        "kind": own["kind"],
        "view": view,
        "as_of": criteria.as_of.isoformat(),
        "rows": [{"label": label(group_by, row), **row.to_dict()} for row in rows],
        "total": {"label": "Total", **total.to_dict()},
        "warnings": warnings,
    }


def asked(given: Mapping[str, list[str]]) -> tuple[Criteria, list[str]]:
    """Return the question that filters zones, narrowed to what the profile may see counts of."""
    if strange := [name for name in given if name in OF_SEARCH_ONLY]:
        raise InvalidInput([FieldError(name, "is a parameter of /orientations, not of this") for name in strange])
    found = asked_of(given, BEDS_READ, words=False)
    if found.criteria.origin is not None and found.criteria.radius_m is None:
        raise InvalidInput([FieldError("radius", "is required with an origin: sums of an unsaid area mean nothing")])
    return may_see_counts(found.criteria), [*found.warnings, *narrowed(found.criteria)]


def narrowed(criteria: Criteria) -> list[str]:
    """Say what is left out for a profile that sees counts of one field only."""
    if not criteria.access.counts_of_one_field:
        return []
    return ["Seules les unités médico-sociales sont comptées : votre profil ne voit pas les lits des autres."]


def only(group_by: str, criteria: Criteria) -> tuple[str, ...]:
    """Return the codes whose rows were asked for: a zone may also serve other activities, whose rows were not."""
    if group_by == "activity":
        return criteria.activities
    if group_by == "activity_group" and criteria.activities:
        asked_for = set(criteria.activities)
        named = [code for code, group in activity_groups().items() if asked_for.intersection(group.activities)]
        return (*named, OTHER)
    return ()


def label(group_by: str, row: Row) -> str:
    """Return the French label of a row."""
    if group_by == "activity":
        found = coded("R211", row.code)
        return found["label"] if found else row.code
    if group_by == "activity_group":
        groups = activity_groups()
        return groups[row.code].label if row.code in groups else "Autres activités"
    if group_by == "department":
        return departments()[row.code].label if row.code in departments() else row.code
    if group_by == "region":
        return regions().get(row.code, row.code)
    return row.name or row.code
