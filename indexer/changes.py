"""Writing of a delta: new and changed documents that keep the bed counts which came meanwhile, and removals."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import orjson

from engine.bulk import Action, Outcome
from engine.gateway import Gateway
from indexer.load import CHUNK_ACTIONS, Intake, send
from mappings.chunks import in_chunks
from mappings.document import as_stored, places_of

_TRIES = 5
"""Times that a document is read again because a bed count came between its reading and its writing."""


class Spool:
    """Documents waiting on disk to be written, in order."""

    def __init__(self) -> None:
        """Open a temporary file that no other program sees and that ends with this one."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__

    def put(self, document: dict[str, Any]) -> None:
        """Add a document."""
        self._file.write(orjson.dumps(document) + b"\n")

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Read them back."""
        self._file.seek(0)
        for line in self._file:
            yield orjson.loads(line)

    def __enter__(self) -> Self:
        """Return the open spool."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close it, which deletes it."""
        self._file.close()


def apply_changes(gateway: Gateway, alias: str, spool: Spool, doomed: Sequence[str], intake: Intake) -> None:
    """Write everything through the alias and make it visible; what the engine refuses goes to the report."""
    for batch in in_chunks(spool, CHUNK_ACTIONS):
        for outcome in _write_batch(gateway, alias, batch):
            read_outcome(outcome, intake)
    remove(gateway, alias, doomed, intake, require_alias=True)
    gateway.refresh(alias)


def remove(gateway: Gateway, index: str, doomed: Sequence[str], intake: Intake, *, require_alias: bool) -> None:
    """Delete units by id."""
    for outcome in send(gateway, (Action("delete", index, each) for each in doomed), require_alias=require_alias):
        read_outcome(outcome, intake)


def read_outcome(outcome: Outcome, intake: Intake) -> None:
    """Count what was written or removed; what the engine refused goes to the rejects, too."""
    if not outcome.ok:
        intake.engine_refused(outcome)
    elif outcome.verb == "delete":
        intake.report.removed += 1
    else:
        intake.report.indexed += 1


def _write_batch(gateway: Gateway, alias: str, documents: list[dict[str, Any]]) -> Iterator[Outcome]:
    """Write documents only if they are still as they were read, and read again those that are not."""
    for attempt in range(_TRIES):
        held = gateway.mget(alias, [each["id"] for each in documents], source="place,places")
        actions = [_action(alias, document, stored) for document, stored in zip(documents, held, strict=True)]
        again = []
        for document, outcome in zip(documents, send(gateway, actions, require_alias=True), strict=True):
            if outcome.conflict and attempt < _TRIES - 1:
                again.append(document)
            else:
                yield outcome
        if not again:
            return
        documents = again


def _action(alias: str, document: dict[str, Any], stored: dict[str, Any] | None) -> Action:
    if stored is None:
        return Action("create", alias, document["id"], document)
    kept = keep_beds(document, stored["_source"])
    condition = {"if_seq_no": stored["_seq_no"], "if_primary_term": stored["_primary_term"]}
    return Action("index", alias, document["id"], kept, condition)


def keep_beds(document: dict[str, Any], stored: dict[str, Any]) -> dict[str, Any]:
    """Return the new document with each place's stored bed summary, unless the source counted later.

    Times are compared as written: UTC to the millisecond (``mappings.beds.instant``).
    """
    beds = {place["id"]: place["beds"] for place in places_of(stored) if "beds" in place}

    def merged(place: dict[str, Any]) -> dict[str, Any]:
        known = beds.get(place["id"])
        if known is None or known["observed_at"] < place.get("beds", known)["observed_at"]:
            return place
        return place | {"beds": known}

    return document | as_stored([merged(place) for place in places_of(document)])
