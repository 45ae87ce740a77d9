"""``/nomenclatures``: the code lists, by their id or by the criterion that they are of."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from mappings.nomenclature import CRITERIA, CodeList, Concept, nomenclature
from orientation.api import examples
from orientation.api.context import cached_json, query
from orientation.api.doc import json_answer, path_parameter, query_parameters, route
from orientation.question import fields as f
from orientation.question.shape import Question

blueprint = Blueprint("nomenclatures", __name__, description="Code lists.")


class ListsQuestion(Question):
    """The catalogue takes no parameter."""


class ListQuestion(Question):
    """Parameters of one list."""

    active = f.Flag("Only codes still offered (true), or only retired ones (false).")


_LISTS, _LIST = ListsQuestion(), ListQuestion()
_UNCHANGED = {304: {"description": "Not changed since the ETag given."}}


@route(
    blueprint,
    "/nomenclatures",
    answers={
        200: json_answer("The lists.", examples.record(nomenclatures=examples.many(examples.LIST))),
        **_UNCHANGED,
    },
    problems=("invalid-input",),
)
def lists() -> Response:
    """Show the code lists, with their versions and sources."""
    query(_LISTS)
    return cached_json({"nomenclatures": [_head(each) for each in nomenclature()]})


@route(
    blueprint,
    "/nomenclatures/<list_id>",
    answers={
        200: json_answer("The list.", {**examples.record(concepts=examples.many(examples.CONCEPT))}),
        **_UNCHANGED,
    },
    problems=("not-found", "invalid-input"),
    parameters=(
        path_parameter("list_id", "Id of the list, or the criterion that it is of (`activity`).", "R211"),
        *query_parameters(_LIST),
    ),
)
def code_list(list_id: str) -> Response:
    """Show one code list, retired codes included."""
    active = query(_LIST).get("active")
    found = nomenclature()[CRITERIA.get(list_id, list_id)]
    concepts = [_concept(each) for each in found if active is None or each.active == active]
    return cached_json({**_head(found), "concepts": concepts})


def _head(found: CodeList) -> dict[str, Any]:
    return {
        "id": found.id,
        "title": found.title,
        "criteria": [name for name, list_id in CRITERIA.items() if list_id == found.id],
        "version": found.version,
        "source": found.source,
        "system": found.system,
        "oid": found.oid,
        "value_set": found.value_set,
        "codes": len(found),
        "active": len(found.active()),
    }


def _concept(concept: Concept) -> dict[str, Any]:
    return {
        "code": concept.code,
        "label": concept.label,
        "short_label": concept.short_label,
        "parent": concept.parent,
        "valid_from": concept.valid_from,
        "valid_to": concept.valid_to,
        "active": concept.active,
    }
