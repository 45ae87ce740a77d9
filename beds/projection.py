"""The bed summaries in the documents of units, always recomputed from the store of record, never added to.

Each document is read before the counts it is to show are read or written, and written only if it is still as it was
read, where it was read: whoever writes last knows counts at least as new as whoever wrote before, so that no summary
goes back.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from beds.history import History
from beds.indices import extend
from beds.store import CHUNK, BedStore
from engine.errors import BulkFailed, EngineNotFound, EngineUnavailable
from engine.gateway import Action, Outcome
from mappings.beds import summarise, summary_to_dict
from mappings.capacity import Capacity
from mappings.chunks import in_chunks
from mappings.document import places_of

_EXTENSIONS = 2
"""Times that an index is given the fields that it lacks; refused again, something else is wrong."""
_UNKNOWN_FIELD = "strict_dynamic_mapping_exception"
TRIES = 60
"""Readings of a document that others keep changing before the writer is told to come back."""
_COPYING_S, _COPIED_S = 0.1, 5.0
"""Seconds between two tries at an index that is being copied, which takes about one, and until its copier is dead."""


Hit = Mapping[str, Any]
Beds = dict[str, Any] | None
"""The summary of a place as it is indexed; ``None`` where nothing was counted."""


@dataclass(slots=True)
class Known:
    """What a writer need not read again: documents of units, read before it wrote zones, and what to show of those."""

    documents: dict[str, Hit] = field(default_factory=dict)
    beds: dict[str, Beds] = field(default_factory=dict)

    def read(self, store: BedStore, units: Iterable[str]) -> None:
        """Read the documents that serve, of units not read yet; where none serve, none are known."""
        wanted = (unit for unit in units if unit not in self.documents)
        with suppress(EngineNotFound):
            self.documents |= {hit["_id"]: hit for hit in store.gateway.existing(store.indices.units, wanted)}

    def of(self, serving: Sequence[str]) -> Known:
        """Return what is known of the indices that serve; those read from another may not be all that show the zones.

        An index that came to serve meanwhile may have been shown the zones as they stood before they were written.
        """
        kept = {unit: hit for unit, hit in self.documents.items() if hit["_index"] in serving}
        return Known(kept, self.beds)


def project(
    store: BedStore,
    units: Iterable[str],
    *,
    index: str | None = None,
    history: History | None = None,
    entries: Sequence[Action] = (),
    known: Known | None = None,
) -> int:
    """Bring the bed summaries of units to what the store says; return how many documents changed.

    Without ``index``, in the index that serves and in the one about to, if any. ``entries`` of ``history`` go in the
    first request. A unit that is not in an index is left out. What is ``known`` of the index that serves is not read
    again, unless others were faster.
    """
    if history is not None:
        history.ready(entries)
    if index is None:
        ids = list(units)
        # Asked after the store was written, and before the other index is: were it asked later, the swap could come
        # between the two.
        incoming, serving = _behind(store, store.indices.incoming), _behind(store, store.indices.units)
        if incoming and incoming != serving:
            with suppress(EngineNotFound):  # it serves by now, or was given up
                project(store, ids, index=store.indices.incoming)
        kept = known.of(serving) if known is not None else None
        return project(store, ids, index=store.indices.units, history=history, entries=entries, known=kept)
    wanted = dict.fromkeys(units)
    changed = 0
    waiting = list(entries)
    for chunk in in_chunks(wanted, CHUNK) if wanted else [[]]:
        changed += _project_chunk(store, chunk, index, history, waiting, known or Known())
        waiting = []
    return changed


def _behind(store: BedStore, alias: str) -> list[str]:
    """Return the indices that an alias stands for."""
    return store.gateway.aliases(alias).get(alias, [])


def _project_chunk(
    store: BedStore, units: list[str], index: str, history: History | None, entries: list[Action], known: Known
) -> int:
    changed = 0
    first_blocked: float | None = None
    for attempt in range(TRIES):
        actions = _stale_units(store, units, index, known) if units else []
        outcomes = store.gateway.bulk([*entries, *actions]) if entries or actions else []
        known = Known()
        if attempt < _EXTENSIONS and any(_UNKNOWN_FIELD in outcome.reason for outcome in outcomes):
            extend(store.gateway, index, "units")  # it is of an older version; another writer may have been first
            changed += sum(outcome.verb == "index" and outcome.ok for outcome in outcomes)
            continue
        _check(outcomes, history)
        entries = []
        blocked = {outcome.index for outcome in outcomes if outcome.verb == "index" and outcome.blocked}
        lost = [outcome.id for outcome in outcomes if outcome.verb == "index" and (outcome.conflict or outcome.blocked)]
        changed += sum(outcome.verb == "index" and outcome.ok for outcome in outcomes)
        if not lost:
            return changed
        units = lost
        if blocked:
            first_blocked = first_blocked or time.monotonic()
            _await_copy(store, blocked, first_blocked)
        else:
            pause(attempt)
    raise EngineUnavailable(f"the summaries of {len(units)} units keep changing: ask again")


def _await_copy(store: BedStore, indices: Iterable[str], since: float) -> None:
    """Wait for an index that is being copied; when its copier must be dead, let it be written to again."""
    if time.monotonic() - since > _COPIED_S:
        for index in indices:
            store.gateway.allow_writes(index)
    time.sleep(_COPYING_S)


def _stale_units(store: BedStore, units: list[str], index: str, known: Known) -> list[Action]:
    """Return the documents to write, those whose summaries are not those of the store: units first, then zones.

    The zones that are known are so for the documents that were read before them, for no others.
    """
    # Read and written whole: the engine takes twice as long over a part (benchmarks/beds_writes.py).
    early = [known.documents[unit] for unit in units if unit in known.documents]
    late = [unit for unit in units if unit not in known.documents]
    read = [hit for hit in store.gateway.mget(index, late) if hit is not None]
    zones = store.load(_places(early) - known.beds.keys() | _places(read))
    beds = {zone.id: shown_of(zone.capacities()) for zone in zones.values()}
    return [*_stale(early, beds | known.beds), *_stale(read, beds)]


def _places(documents: Iterable[Hit]) -> set[str]:
    return {place["id"] for hit in documents for place in places_of(hit["_source"])}


def _stale(documents: Iterable[Hit], beds: Mapping[str, Beds]) -> list[Action]:
    actions = []
    for hit in documents:
        held = places_of(hit["_source"])
        shown = [with_beds(place, beds.get(place["id"])) for place in held]
        if shown != held:
            name = "place" if "place" in hit["_source"] else "places"  # as it is stored, by whatever version
            as_read = {"if_seq_no": hit["_seq_no"], "if_primary_term": hit["_primary_term"]}
            # To the index it was read from, never an alias: after a swap, the same number may be another document's.
            # Whoever loads that other index shows in it what the store held by then.
            actions.append(Action("index", hit["_index"], hit["_id"], hit["_source"] | {name: shown}, as_read))
    return actions


def shown_of(counts: Iterable[Capacity]) -> Beds:
    """Return what documents of units show of the counts of a place."""
    return summary_to_dict(summarise(counts))


def with_beds(place: Mapping[str, Any], beds: Beds) -> dict[str, Any]:
    """Return the entry of a place with a summary, or none."""
    shown = {name: value for name, value in place.items() if name != "beds"}
    return shown | ({"beds": beds} if beds is not None else {})


def _check(outcomes: Iterable[Outcome], history: History | None) -> None:
    """Refuse what failed for another reason than an entry that is there already or a document that moved.

    An index that takes no writes may be one of units that is being copied; entries have no such excuse.
    """
    failed = [
        outcome
        for outcome in outcomes
        if not (outcome.ok or outcome.conflict)
        and not (outcome.verb == "index" and (outcome.status == 404 or outcome.blocked))
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
