"""What the gateway tells of its requests to whoever measures: how long they took, and what came of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Protocol

from engine.bulk import Outcome
from engine.errors import EngineConflict, EngineError, EngineNotFound, EngineRejected, EngineTimeout, EngineUnavailable

KINDS = ("search", "read", "write", "bulk", "admin")
"""What a request may be."""
OUTCOMES = ("ok", "late", "away", "conflict", "missing", "refused")
"""What may come of a request."""
ITEM_OUTCOMES = ("done", "conflict", "overloaded", "refused")
"""What may come of one item of a bulk request."""

_KIND_OF = {
    "_search": "search",
    "_msearch": "search",
    "_count": "search",
    "_pit": "search",
    "_mget": "read",
    "_update": "write",
    "_bulk": "bulk",
}
_OF_ERROR: tuple[tuple[type[EngineError], str], ...] = (
    (EngineTimeout, "late"),
    (EngineUnavailable, "away"),
    (EngineConflict, "conflict"),
    (EngineNotFound, "missing"),
    (EngineRejected, "refused"),
)


class Watch(Protocol):
    """Is told of each request, in the thread that made it; must be quick and raise nothing."""

    def asked(self, kind: str, outcome: str, seconds: float, took: float | None) -> None:
        """Note a request; ``took`` is what the engine itself says it needed, in seconds."""

    def sent(self, items: Counter[str]) -> None:
        """Note how many items of a bulk request had each outcome."""


class Unwatched:
    """Notes nothing."""

    def asked(self, kind: str, outcome: str, seconds: float, took: float | None) -> None:
        """Do nothing."""

    def sent(self, items: Counter[str]) -> None:
        """Do nothing."""


def kind_of(method: str, path: str) -> str:
    """Return the kind of a request by its address; never a name or an id, of which there is no end."""
    verb = next((part for part in path.split("?", 1)[0].split("/") if part.startswith("_")), "")
    if verb == "_doc":
        return "read" if method == "GET" else "write"
    return _KIND_OF.get(verb, "admin")


def outcome_of(error: EngineError) -> str:
    """Return what an error makes of a request."""
    return next((outcome for kind, outcome in _OF_ERROR if isinstance(error, kind)), "refused")


def outcome_of_answer(answer: Any) -> tuple[str, float | None]:
    """Return what came of a request that was answered, and the seconds that the engine took, where it says so."""
    if not isinstance(answer, dict):
        return "ok", None
    took = answer.get("took")
    each = answer.get("responses", (answer,))
    late = any(one.get("timed_out") is True for one in each)
    return "late" if late else "ok", took / 1000 if isinstance(took, int) else None


def items_of(outcomes: Iterable[Outcome]) -> Counter[str]:
    """Count the items of a bulk request by what came of them."""
    return Counter(
        "done" if each.ok else "conflict" if each.conflict else "overloaded" if each.overloaded else "refused"
        for each in outcomes
    )
