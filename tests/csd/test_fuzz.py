"""Whatever is sent, the answer is XML: a document, an error or a fault, never a crash and never a 5xx."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings

from csd.entity import Entity
from tests.csd.conftest import NAMES, post, simple, tree
from tests.csd.fuzzing import bodies, content_types

REFUSED = {400, 403, 404, 413, 415, 422}


@pytest.fixture(scope="module")
def document(new_directory: Callable[[list[Entity]], str]) -> str:
    """A directory with something in it."""
    return new_directory([simple("facility", f"f{n}") for n in range(3)])


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(body=bodies, kind=content_types)
def test_any_body_is_answered_in_xml_and_never_by_a_failure(
    client: FlaskClient, document: str, body: bytes, kind: str
) -> None:
    for path in (f"csr/{document}/careServicesRequest", f"getUpdatedServices/{document}/get"):
        response = post(client, f"/csd/{path}", body, kind)
        assert response.status_code in REFUSED | {200}, (response.status_code, body)
        root = tree(response)
        if response.status_code != 200:
            assert root.xpath("//c:error[string()]", namespaces=NAMES), body
