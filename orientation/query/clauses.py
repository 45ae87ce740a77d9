"""The few shapes of clause that every other module is made of; ``None`` means no clause."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Clause = dict[str, Any]


def present(clauses: Iterable[Clause | None]) -> list[Clause]:
    """Drop the clauses that say nothing."""
    return [clause for clause in clauses if clause is not None]


def terms(field: str, codes: Iterable[str]) -> Clause | None:
    """Any of the codes; nothing asked, no clause."""
    if not codes:
        return None  # most of what can be asked is not
    wanted = sorted(set(codes))
    if len(wanted) == 1:
        return {"term": {field: wanted[0]}}  # a third of the cost of a list of one
    return {"terms": {field: wanted}} if wanted else None


def all_of(clauses: Iterable[Clause | None]) -> Clause:
    """Every clause holds; none at all means everything."""
    kept = present(clauses)
    if not kept:
        return {"match_all": {}}
    return kept[0] if len(kept) == 1 else {"bool": {"filter": kept}}


def any_of(clauses: Iterable[Clause | None]) -> Clause | None:
    """At least one clause holds."""
    kept = present(clauses)
    if not kept:
        return None
    return kept[0] if len(kept) == 1 else {"bool": {"should": kept, "minimum_should_match": 1}}


def none_of(clause: Clause) -> Clause:
    """The clause does not hold."""
    return {"bool": {"must_not": [clause]}}


def in_one_place(clauses: Iterable[Clause | None]) -> Clause | None:
    """One place of the unit satisfies every clause; no clause asks for no place."""
    kept = present(clauses)
    if not kept:
        return None
    return {"nested": {"path": "places", "score_mode": "none", "query": all_of(kept)}}
