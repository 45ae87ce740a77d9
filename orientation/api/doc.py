"""OpenAPI of a route, from the schema of its parameters and the problems that it may answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from flask_smorest import Blueprint
from marshmallow import Schema, missing

from orientation.problems import KINDS, MEDIA_TYPE, RETRY_AFTER_S
from orientation.question.fields import Parameter

View = TypeVar("View", bound=Callable[..., Any])

ALWAYS = ("unauthorized", "forbidden", "too-many-requests", "overloaded", "identity-unavailable", "internal")
"""Problems that any route may answer."""

SECURITY_SCHEMES: dict[str, dict[str, str]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of this server, or a token of its identity provider.",
    },
    "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "A key of this server."},
}
"""How whoever asks may say who they are; nobody must."""

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "object",
            "description": "What is wrong, by parameter or field.",
            "additionalProperties": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"rule": {"type": "string"}, "value": {"type": "string"}},
                },
            },
        },
        "candidates": {
            "type": "array",
            "items": {"type": "object"},
            "description": "Places that a name may mean.",
        },
        "suggestions": {
            "type": "array",
            "items": {"type": "object"},
            "description": "Places of a similar name.",
        },
    },
}


def route(
    blueprint: Blueprint,
    rule: str,
    *,
    answers: Mapping[int, Mapping[str, Any]],
    problems: Sequence[str] = (),
    parameters: Sequence[Mapping[str, Any]] = (),
    method: str = "GET",
    **operation: Any,
) -> Callable[[View], View]:
    """Register a view and document all that it may answer; its docstring is the summary and description."""

    def register(view: View) -> View:
        responses = {str(status): dict(answer) for status, answer in answers.items()}
        responses |= problem_responses((*problems, *ALWAYS))
        described = blueprint.doc(responses=responses, parameters=list(parameters), **operation)(view)
        blueprint.route(rule, methods=[method])(described)
        return cast("View", described)

    return register


def problem_responses(kinds: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the answers of problems, several of one status under one answer."""
    found: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys(kinds):
        kind = KINDS[name]
        answer = found.setdefault(str(kind.status), {"description": "", "content": {MEDIA_TYPE: _problem_content()}})
        answer["description"] += (" or " if answer["description"] else "") + kind.title.lower()
        answer["content"][MEDIA_TYPE]["examples"][name] = {"value": example(name)}
        if kind.status in {429, 503}:
            answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    return found


def _problem_content() -> dict[str, Any]:
    return {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}


def example(name: str) -> dict[str, Any]:
    """Return an example of a problem."""
    kind = KINDS[name]
    body: dict[str, Any] = {
        "type": f"/api/v1/problems/{name}",
        "title": kind.title,
        "status": kind.status,
        "detail": kind.advice,
    }
    if name == "invalid-input":
        rule = "must be a distance such as 30km or 800m, from 0 to 1000km"
        body["detail"] = f"radius: {rule} (got 5 parsecs)"
        body["errors"] = {"radius": [{"rule": rule, "value": "5 parsecs"}]}
    if kind.status == 503:
        body["detail"] = f"Ask again after {RETRY_AFTER_S} seconds."
    return body


def json_answer(description: str, schema: Mapping[str, Any], example: Any = None) -> dict[str, Any]:
    """Return an answer in JSON."""
    content: dict[str, Any] = {"schema": dict(schema)}
    if example is not None:
        content["example"] = example
    return {"description": description, "content": {"application/json": content}}


def query_parameters(schema: Schema) -> list[dict[str, Any]]:
    """Return the parameters of a query string."""
    found = []
    for name, field in schema.fields.items():
        assert isinstance(field, Parameter)
        documented = {
            "name": name,
            "in": "query",
            "required": field.required,
            "description": f"{field.doc} It {field.rule}.",
            "schema": value_schema(field),
        }
        if field.repeatable:
            documented |= {"style": "form", "explode": True}
        if field.example is not None:
            documented["example"] = field.example
        found.append(documented)
    return found


def path_parameter(name: str, description: str, example: str) -> dict[str, Any]:
    """Return a parameter of a path."""
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string"},
        "example": example,
    }


def value_schema(field: Parameter) -> dict[str, Any]:
    """Return the JSON Schema of a parameter's value."""
    one: dict[str, Any] = {"type": field.kind, **field.details()}
    if field.load_default is not missing:
        default = field.load_default
        one["default"] = ",".join(default) if isinstance(default, tuple) else default
    return {"type": "array", "items": one} if field.repeatable else one


def body_schema(schema: Schema) -> dict[str, Any]:
    """Return the JSON Schema of the same parameters in a body; a repeatable one may also be a single text."""
    properties = {}
    for name, field in schema.fields.items():
        assert isinstance(field, Parameter)
        value = value_schema(field)
        shape = {"oneOf": [value["items"], value]} if field.repeatable else value
        properties[name] = {"description": f"{field.doc} It {field.rule}.", **shape}
    return {"type": "object", "additionalProperties": False, "properties": properties}
