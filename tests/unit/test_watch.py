"""What the gateway tells of a request is one of few words, whatever names and ids are in its address."""

from __future__ import annotations

import pytest

from engine.bulk import Outcome
from engine.errors import EngineConflict, EngineNotFound, EngineRejected, EngineTimeout, EngineUnavailable
from engine.watch import ITEM_OUTCOMES, KINDS, OUTCOMES, items_of, kind_of, outcome_of, outcome_of_answer


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", "/units/_search", "search"),
        ("POST", "/_msearch", "search"),
        ("POST", "/units/_count", "search"),
        ("GET", "/units/_doc/_bulk", "read"),
        ("PUT", "/units/_doc/28%2FU1", "write"),
        ("POST", "/units/_mget", "read"),
        ("POST", "/_bulk", "bulk"),
        ("PUT", "/_snapshot/ror/s1", "admin"),
        ("PUT", "/units-1", "admin"),
    ],
)
def test_each_address_is_of_a_kind(method: str, path: str, kind: str) -> None:
    assert kind_of(method, path) == kind
    assert kind in KINDS


def test_each_error_has_its_word() -> None:
    errors = [
        EngineTimeout("x"), EngineUnavailable("x"), EngineConflict(409, "x"), EngineNotFound(404, "x"),
        EngineRejected(400, "x"),
    ]  # fmt: skip
    assert [outcome_of(each) for each in errors] == ["late", "away", "conflict", "missing", "refused"]
    assert {outcome_of(each) for each in errors} | {"ok"} == set(OUTCOMES)


def test_an_answer_that_is_only_in_part_is_late() -> None:
    assert outcome_of_answer({"took": 7, "timed_out": False}) == ("ok", 0.007)
    assert outcome_of_answer({"took": 7, "timed_out": True}) == ("late", 0.007)
    assert outcome_of_answer({"took": 7, "responses": [{"timed_out": False}, {"timed_out": True}]}) == ("late", 0.007)
    assert outcome_of_answer({"acknowledged": True}) == ("ok", None)


def test_items_are_counted_by_what_came_of_them() -> None:
    outcomes = [
        Outcome("index", "1", 201),
        Outcome("index", "2", 409, reason="newer"),
        Outcome("index", "3", 429, reason="full"),
        Outcome("index", "4", 400, reason="strict"),
        Outcome("index", "5", 200),
    ]
    assert items_of(outcomes) == {"done": 2, "conflict": 1, "overloaded": 1, "refused": 1}
    assert set(items_of(outcomes)) == set(ITEM_OUTCOMES)
