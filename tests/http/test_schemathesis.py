"""Generated requests over the whole OpenAPI document: no 5xx, no answer that it does not declare."""

from __future__ import annotations

import json

import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

EXAMPLES = 8
ENDLESS = {"/api/v1/beds/changes"}
"""Streams that never end: nothing can be read to its end."""

DECLARED = [status_code_conformance, content_type_conformance]


@schemathesis.serializer("application/x-ndjson")
def lines(context: object, value: object) -> bytes:
    """Send a generated body as it is when it is text, else as one JSON line."""
    return value.encode() if isinstance(value, str) else json.dumps(value, default=str).encode() + b"\n"


def test_every_answer_is_declared_and_none_is_a_crash(client: FlaskClient) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", client.application)
    asked: dict[str, int] = {}
    wrong: list[str] = []

    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path in ENDLESS:
            continue

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(case=operation.as_strategy())
        def check(case: Case) -> None:
            response = case.call()
            assert response.status_code < 500, (case.as_curl_command(), response.text)
            case.validate_response(response, checks=DECLARED)
            asked[case.operation.label] = asked.get(case.operation.label, 0) + 1

        try:
            check()
        except (AssertionError, schemathesis.errors.SchemathesisError, FailureGroup) as error:
            wrong.append(f"{operation.label}: {error}")
    assert wrong == [], "\n\n".join(wrong)
    assert len(asked) >= 15
    assert sum(asked.values()) > 10 * EXAMPLES
