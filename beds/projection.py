"""The bed summaries in the documents of units, always recomputed from the store of record, never added to.

Each document is read before the counts it is to show, and written only if it is still as it was read: whoever
writes last has read counts at least as new as whoever wrote before, so that no summary goes back.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from beds.history import History
from beds.indices import extend
from beds.store import CHUNK, BedStore, Zone
from engine.errors import BulkFailed, EngineNotFound, EngineUnavailable
from engine.gateway import Action, Outcome
from mappings.beds import summarise, summary_to_dict
from mappings.document import places_of

_EXTENSIONS = 2
"""Times that an index is given the fields that it lacks; refused again, something else is wrong."""
_UNKNOWN_FIELD = "strict_dynamic_mapping_exception"
TRIES = 60
"""Readings of a document that others keep changing before the writer is told to come back."""


def project(
    store: BedStore,
    units: Iterable[str],
    *,
    index: str | None = None,
    history: History | None = None,
    entries: Sequence[Action] = (),
) -> int:
    """Bring the bed summaries of units to what the store says; return how many documents changed.

    Without ``index``, in the index that serves and in the one about to, if any. ``entries`` of ``history`` go in the
    first request. A unit that is not in an index is left out.
    """
    if history is not None:
        history.ready(entries)
    if index is None:
        ids = list(units)
        # Asked first: were it asked after the other was written, the swap could come between the two.
        if about_to_serve(store):
            with suppress(EngineNotFound):  # it serves by now, or was given up
                project(store, ids, index=store.indices.incoming)
        return project(store, ids, index=store.indices.units, history=history, entries=entries)
    wanted = list(dict.fromkeys(units))
    changed = 0
    waiting = list(entries)
    for start in range(0, max(len(wanted), 1), CHUNK):
        changed += _project_chunk(store, wanted[start : start + CHUNK], index, history, waiting)
        waiting = []
    return changed


def about_to_serve(store: BedStore) -> bool:
    """Say whether another index than the one that serves is being made ready; asked after the store was written."""
    indices = store.indices
    incoming = store.gateway.aliases(indices.incoming).get(indices.incoming)
    return incoming is not None and incoming != store.gateway.aliases(indices.units).get(indices.units)


def _project_chunk(
    store: BedStore, units: list[str], index: str, history: History | None, entries: list[Action]
) -> int:
    changed = 0
    for attempt in range(TRIES):
        actions = _stale_units(store, units, index) if units else []
        outcomes = store.gateway.bulk([*entries, *actions]) if entries or actions else []
        if attempt < _EXTENSIONS and any(_UNKNOWN_FIELD in outcome.reason for outcome in outcomes):
            extend(store.gateway, index, "units")  # it is of an older version; another writer may have been first
            changed += sum(outcome.verb == "index" and outcome.ok for outcome in outcomes)
            continue
        _check(outcomes, history)
        entries = []
        lost = [outcome.id for outcome in outcomes if outcome.verb == "index" and outcome.conflict]
        changed += sum(outcome.verb == "index" and outcome.ok for outcome in outcomes)
        if not lost:
            return changed
        units = lost
        pause(attempt)
    raise EngineUnavailable(f"the summaries of {len(units)} units keep changing: ask again")


def _stale_units(store: BedStore, units: list[str], index: str) -> list[Action]:
    """Return the documents to write, those whose summaries are not those of the store: units first, then zones."""
    # Read and written whole: the engine takes twice as long over a part (benchmarks/beds_writes.py).
    documents = [hit for hit in store.gateway.mget(index, units) if hit is not None]
    places = {place["id"] for hit in documents for place in places_of(hit["_source"])}
    zones = store.load(places)
    actions = []
    for hit in documents:
        held = places_of(hit["_source"])
        shown = [with_beds(place, zones.get(place["id"])) for place in held]
        if shown != held:
            name = "place" if "place" in hit["_source"] else "places"  # as it is stored, by whatever version
            as_read: dict[str, Any] = {"if_seq_no": hit["_seq_no"], "if_primary_term": hit["_primary_term"]}
            if index in {store.indices.units, store.indices.incoming}:
                as_read["require_alias"] = True
            actions.append(Action("index", index, hit["_id"], hit["_source"] | {name: shown}, as_read))
    return actions


def with_beds(place: Mapping[str, Any], zone: Zone | None) -> dict[str, Any]:
    """Return the entry of a place with the summary of its stored counts, or none."""
    shown = {name: value for name, value in place.items() if name != "beds"}
    beds = summary_to_dict(summarise(zone.capacities())) if zone is not None else None
    return shown | ({"beds": beds} if beds is not None else {})


def _check(outcomes: Iterable[Outcome], history: History | None) -> None:
    """Refuse what failed for another reason than an entry that is there already or a document that moved."""
    failed = [
        outcome
        for outcome in outcomes
        if not outcome.ok and not outcome.conflict and not (outcome.verb == "index" and outcome.status == 404)
    ]
    if history is not None and any(outcome.verb == "create" and outcome.status == 404 for outcome in failed):
        history.forget()
        raise EngineUnavailable("the history of the day was taken away: send the counts again")
    if any(outcome.overloaded for outcome in failed):
        raise EngineUnavailable("the search engine has no room for more writes now")
    if failed:
        raise BulkFailed(failed, len(failed))


def pause(attempt: int) -> None:
    """Wait a little, at random and longer each time, so that writers who met do not meet again."""
    if attempt:
        time.sleep(random.uniform(0, min(0.002 * 2**attempt, 0.1)))
