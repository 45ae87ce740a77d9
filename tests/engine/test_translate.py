"""What the engine says becomes one error, with its most precise words."""

from __future__ import annotations

import pytest

from engine.errors import (
    DocumentNotFound,
    EngineConflict,
    EngineError,
    EngineNotFound,
    EngineRejected,
    EngineTimeout,
    EngineUnavailable,
)
from engine.translate import check_whole, explain, refusal


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, EngineRejected),
        (401, EngineRejected),
        (403, EngineRejected),
        (404, EngineNotFound),
        (408, EngineTimeout),
        (409, EngineConflict),
        (429, EngineUnavailable),
        (502, EngineUnavailable),
        (503, EngineUnavailable),
        (504, EngineTimeout),
    ],
)
def test_each_status_is_one_kind_of_error(status: int, kind: type[EngineError]) -> None:
    error = refusal(status, {"error": {"type": "a_type", "reason": "the reason"}})
    assert type(error) is kind
    assert "a_type: the reason" in str(error)


def test_a_missing_document_is_told_from_a_missing_index() -> None:
    error = refusal(404, {"_index": "units", "_id": "7", "found": False})
    assert isinstance(error, DocumentNotFound)
    assert "no document '7' in units" in str(error)


def test_the_root_and_the_deepest_cause_are_both_said_once() -> None:
    error = {
        "type": "search_phase_execution_exception",
        "reason": "all shards failed",
        "root_cause": [{"type": "query_shard_exception", "reason": "failed to create query"}],
        "caused_by": {
            "type": "query_shard_exception",
            "reason": "failed to create query",
            "caused_by": {"type": "parse", "reason": "bad date"},
        },
    }
    assert explain(error) == "query_shard_exception: failed to create query; caused by parse: bad date"


@pytest.mark.parametrize("body", [None, "", "<html>Bad gateway</html>", 7, {}])
def test_a_body_that_is_no_engine_error_still_makes_one(body: object) -> None:
    assert isinstance(refusal(502, body), EngineUnavailable)


def test_a_whole_answer_passes_and_a_partial_one_does_not() -> None:
    whole = {"took": 3, "timed_out": False, "_shards": {"total": 2, "successful": 2, "failed": 0}}
    check_whole(whole)
    with pytest.raises(EngineTimeout, match="after 3 ms"):
        check_whole({**whole, "timed_out": True})
    failures = [{"shard": 0, "reason": {"type": "t", "reason": "r"}}]
    with pytest.raises(EngineUnavailable, match="1 of 2 shards failed: t: r"):
        check_whole({**whole, "_shards": {"total": 2, "failed": 1, "failures": failures}})
