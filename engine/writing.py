"""Writes of documents, one or many. Every item of every answer is read."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from engine.bulk import MAX_ACTIONS, MAX_BYTES, Action, Outcome, chunks
from engine.connection import Connection, Json, path
from engine.errors import BulkFailed, EngineError
from engine.translate import explain
from engine.watch import items_of

Refresh = Literal["true", "wait_for"]

_PAUSES = (0.2, 1.0, 3.0)
"""Seconds before items are sent again to an engine that had no room for them."""


class Writing(Connection):
    """What changes documents. ``require_alias`` refuses a name that is no alias, so that none is created."""

    def store(
        self,
        index: str,
        id: str,
        body: Mapping[str, Any],
        *,
        create: bool = False,
        version: int | None = None,
        version_type: Literal["external", "external_gte"] = "external_gte",
        if_seq_no: int | None = None,
        if_primary_term: int | None = None,
        require_alias: bool = False,
        refresh: Refresh | None = None,
    ) -> Json:
        """Store one whole document; return the engine's answer with ``_version`` and ``_seq_no``.

        ``version`` makes an older write lose; ``if_seq_no`` with ``if_primary_term`` makes a write lose when
        the document changed since it was read. Either raises ``EngineConflict``.
        """
        params = _params(require_alias, refresh)
        if create:
            params["op_type"] = "create"
        if version is not None:
            params |= {"version": version, "version_type": version_type}
        if if_seq_no is not None:
            params |= {"if_seq_no": if_seq_no, "if_primary_term": if_primary_term}
        answer: Json = self.write("PUT", path(index, "_doc", id), body, params)
        return answer

    def update(
        self,
        index: str,
        id: str,
        doc: Mapping[str, Any],
        *,
        retry_on_conflict: int = 3,
        require_alias: bool = False,
        refresh: Refresh | None = None,
    ) -> Json:
        """Change some fields of one document (objects are merged, arrays replaced)."""
        params = _params(require_alias, refresh) | {"retry_on_conflict": retry_on_conflict}
        answer: Json = self.write("POST", path(index, "_update", id), {"doc": doc}, params)
        return answer

    def delete(self, index: str, id: str, *, refresh: Refresh | None = None) -> None:
        """Delete one document; ``DocumentNotFound`` when there is none."""
        self.write("DELETE", path(index, "_doc", id), params=_params(False, refresh))

    def bulk(
        self,
        actions: Iterable[Action],
        *,
        require_alias: bool = False,
        refresh: Refresh | None = None,
    ) -> list[Outcome]:
        """Send all actions in one request; return one outcome each, in order, failures included."""
        lines = [action.lines() for action in actions]
        return self._send(lines, _params(require_alias, refresh)) if lines else []

    def stream_bulk(
        self,
        actions: Iterable[Action],
        *,
        max_actions: int = MAX_ACTIONS,
        max_bytes: int = MAX_BYTES,
        require_alias: bool = False,
    ) -> Iterator[Outcome]:
        """Send any number of actions, chunk after chunk; yield one outcome each, in order.

        Memory holds one chunk. Items that the engine had no room for are sent again a few times.
        """
        for group in chunks(actions, max_actions, max_bytes):
            yield from self.bulk_lines(group, require_alias=require_alias)

    def bulk_lines(self, lines: list[bytes], *, require_alias: bool = False) -> list[Outcome]:
        """Send written actions in one request; return one outcome each, in order, failures included.

        Items that the engine had no room for are sent again a few times.
        """
        params = _params(require_alias, None)
        outcomes = self._send(lines, params)
        for pause in _PAUSES:
            again = [place for place, outcome in enumerate(outcomes) if outcome.overloaded]
            if not again:
                break
            time.sleep(pause)
            for place, outcome in zip(again, self._send([lines[i] for i in again], params), strict=True):
                outcomes[place] = outcome
        return outcomes

    def _send(self, lines: list[bytes], params: Json) -> list[Outcome]:
        """Send one bulk request and read each item."""
        answer = self.lines("/_bulk", b"".join(lines), params)
        outcomes = [Outcome.read(item) for item in answer["items"]]
        self.watch.sent(items_of(outcomes))
        if len(outcomes) != len(lines):
            raise EngineError(f"{len(lines)} actions were sent and {len(outcomes)} outcomes came back")
        return outcomes

    def refresh(self, index: str) -> None:
        """Make all writes so far visible to searches."""
        shards = self.write("POST", path(index, "_refresh"))["_shards"]
        if shards["failed"]:
            raise EngineError(f"refresh of {index} failed: {explain(shards['failures'][0].get('reason'))}")


def require_done(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Return the outcomes when all are done; else raise ``BulkFailed`` naming those that are not."""
    every = list(outcomes)
    if failed := [outcome for outcome in every if not outcome.ok]:
        raise BulkFailed(failed, len(every))
    return every


def _params(require_alias: bool, refresh: Refresh | None) -> Json:
    """Name the parameters that every write has."""
    params: Json = {"require_alias": True} if require_alias else {}
    return params | ({"refresh": refresh} if refresh else {})
