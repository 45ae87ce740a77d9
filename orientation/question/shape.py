"""Which parameters came, and how often: what every route checks before it looks at any value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import RAISE, Schema, ValidationError

from mappings.errors import FieldError, InvalidInput, shorten
from orientation.errors import MalformedBody
from orientation.question.fields import Parameter
from orientation.settings import nearest

Arguments = Mapping[str, Sequence[str]]
"""Every value given to each name, in order, as text."""

MAX_VALUES = 200
"""Most values of one repeatable parameter."""
MAX_ERRORS = 20
"""Most errors told at once."""


class Question(Schema):
    """A schema of parameters: all its fields are ``Parameter``."""

    class Meta:
        """Unknown names are refused before, with the nearest known one."""

        unknown = RAISE


def read(schema: Schema, arguments: Arguments) -> dict[str, Any]:
    """Return the values of the parameters given; ``InvalidInput`` names each that breaks a rule."""
    errors: list[FieldError] = []
    single: dict[str, Any] = {}
    for name, values in arguments.items():
        rule = _shape_problem(schema, name, values)
        if rule:
            errors.append(FieldError(printable(shorten(name)), rule, _given(values)))
        else:
            repeatable = _parameter(schema, name).repeatable
            single[name] = list(values) if repeatable else values[0]
    try:
        loaded: dict[str, Any] = schema.load(single)
    except ValidationError as error:
        loaded = {}
        errors += [
            FieldError(str(name), str(rules[0]), _given(arguments.get(str(name), ())))
            for name, rules in dict(error.messages_dict).items()
        ]
    if errors:
        raise InvalidInput(errors[:MAX_ERRORS])
    return loaded


def _parameter(schema: Schema, name: str) -> Parameter:
    field = schema.fields[name]
    assert isinstance(field, Parameter)
    return field


def _shape_problem(schema: Schema, name: str, values: Sequence[str]) -> str | None:
    """Return the rule that the presence of a parameter breaks, if any."""
    if name not in schema.fields:
        return "unknown parameter" + nearest(shorten(name), list(schema.fields))
    if any(not value.strip() for value in values) or not values:
        return "must not be empty"
    if not _parameter(schema, name).repeatable and len(values) > 1:
        return f"must be given once, not {len(values)} times"
    if len(values) > MAX_VALUES:
        return f"must have at most {MAX_VALUES} values, not {len(values)}"
    return None


def _given(values: Sequence[str]) -> str:
    return printable(shorten(", ".join(values[:10])))


def printable(text: str) -> str:
    """Return text that any encoding takes: half characters of JSON escapes become marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def arguments_of_json(body: bytes) -> Arguments:
    """Return the parameters of a JSON object: strings, numbers, booleans, or arrays of them.

    ``MalformedBody`` for what is no JSON object; ``InvalidInput`` for a name given twice or a bad kind of value.
    """
    try:
        pairs = json.loads(body.decode("utf-8"), object_pairs_hook=_Pairs, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedBody(f"the body is not JSON in UTF-8: {shorten(error)}") from None
    if not isinstance(pairs, _Pairs):
        raise MalformedBody("the body must be a JSON object of parameters")
    errors: list[FieldError] = []
    arguments: dict[str, list[str]] = {}
    for name, value in pairs:
        texts = _texts(value)
        if name in arguments:
            errors.append(FieldError(printable(shorten(name)), "must be given once in the body"))
        elif texts is None:
            rule = "must be a string, a number, true or false, or an array of those"
            errors.append(FieldError(printable(shorten(name)), rule, printable(shorten(value))))
        arguments[name] = texts or []
    if errors:
        raise InvalidInput(errors[:MAX_ERRORS])
    return arguments


class _Pairs(list[tuple[str, Any]]):
    """The members of a JSON object, a name given twice included."""


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _texts(value: Any) -> list[str] | None:
    """Return what a query string would have held; None for a value that has no place there."""
    items = value if isinstance(value, list) and not isinstance(value, _Pairs) else [value]
    texts = []
    for item in items:
        if isinstance(item, bool):
            texts.append("true" if item else "false")
        elif isinstance(item, int | float):
            texts.append(repr(item))
        elif isinstance(item, str):
            texts.append(printable(item))
        else:
            return None
    return texts
