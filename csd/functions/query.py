"""From what is asked to a query of the engine: one small function a clause, on the keys of ``csd.entity``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from csd.entity import (
    DEFINITION,
    SEPARATOR,
    address_key,
    code_key,
    entity_key,
    fold_text,
    name_runs,
    other_id_asked,
)
from csd.functions.search import Coded, EntitySearch
from mappings.beds import instant
from mappings.definitions import mapping_hash

Clause = dict[str, Any]

_OF_THIS_MAPPING: Clause = {"wildcard": {"_index": {"value": f"*-{mapping_hash(DEFINITION)}"}}}


def query_of(search: EntitySearch, *, sensitive: bool) -> Clause:
    """Return the query of a search; ``sensitive`` says whether who asks may see sensitive units."""
    return visible([{"term": {"kind": search.kind}}, *_clauses(search)], sensitive=sensitive)


def visible(filters: list[Clause], *, sensitive: bool, removed: bool = False) -> Clause:
    """Return the query of what meets some filters and may be shown; ``removed`` adds what is no more."""
    hidden: list[Clause] = [] if removed else [{"term": {"removed": True}}]
    if not sensitive:
        hidden.append({"term": {"sensitive": True}})
    query: Clause = {"filter": filters}
    return {"bool": query | {"must_not": hidden} if hidden else query}


def both(query: Clause, clause: Clause) -> Clause:
    """Return what meets a query and one clause more."""
    return {"bool": {"filter": [query, clause]}}


def _clauses(search: EntitySearch) -> Iterator[Clause]:
    yield from _named(search)
    if search.coded is not None:
        yield _coded("codes", search.coded)
    for component, value in search.address:
        yield _term("address", address_key(component, value))
    if search.status is not None:
        yield _term("status", fold_text(search.status))
    if search.updated is not None:
        yield {"range": {"updated": {"gte": instant(search.updated)}}}
    yield from _linked(search)


def _named(search: EntitySearch) -> Iterator[Clause]:
    if search.entity_id is not None:
        yield _term("entity_key", entity_key(search.entity_id))
    if search.other_id is not None:
        wanted = search.other_id
        yield {"terms": {"other_ids": other_id_asked(wanted.authority, wanted.code, wanted.text)}}
    if search.primary_name is not None:
        yield _contains("primary_name", ("name_runs",), search.primary_name)
    if search.name is not None:
        yield _contains("names", ("name_runs", "other_name_runs"), search.name)


def _linked(search: EntitySearch) -> Iterator[Clause]:
    if search.parent is not None:
        yield _term("parent", entity_key(search.parent)) if search.parent else _term("has_parent", False)
    for field, linked in (("organizations", search.organizations), ("facilities", search.facilities)):
        yield from (_term(field, entity_key(each)) for each in linked)
    for field, coded in (("languages", search.languages), ("codes", search.cadres)):
        yield from (_coded(field, each) for each in coded)


def _term(field: str, value: str | bool) -> Clause:
    return {"term": {field: value}}


def _contains(field: str, runs: Sequence[str], text: str) -> Clause:
    """Return the clause of a name that holds a text, by the runs of its characters.

    Of fewer characters than a run has, a text is looked for in every name of the field; so it is in a directory made
    by a version that wrote no runs. Which of both an index is, the engine knows before it searches, by its name.
    """
    words = name_runs(text)
    walked: Clause = {"wildcard": {field: {"value": f"*{_literal(fold_text(text))}*"}}}
    if not words:
        return walked
    by_runs = _any([{"match_phrase": {each: words}} for each in runs])
    return _any([both(_OF_THIS_MAPPING, by_runs), {"bool": {"filter": [walked], "must_not": [_OF_THIS_MAPPING]}}])


def _any(clauses: list[Clause]) -> Clause:
    return clauses[0] if len(clauses) == 1 else {"bool": {"should": clauses, "minimum_should_match": 1}}


def _coded(field: str, wanted: Coded) -> Clause:
    """Return the clause of a code in its scheme; the few codes of an index are walked where no scheme is given."""
    if wanted.scheme:
        return _term(field, code_key(wanted.scheme, wanted.code))
    return {"wildcard": {field: {"value": f"*{SEPARATOR}{_literal(fold_text(wanted.code))}"}}}


def _literal(text: str) -> str:
    """Take their meaning from the signs of a wildcard."""
    return "".join(f"\\{sign}" if sign in "*?\\" else sign for sign in text)
