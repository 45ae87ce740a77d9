"""Bulk writes: actions in, one outcome for each out, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from engine.translate import explain

Verb = Literal["index", "create", "update", "delete"]

MAX_ACTIONS = 1000
MAX_BYTES = 5 * 1024 * 1024
"""A chunk of this size costs the engine little memory and its HTTP round trip is already negligible."""

_COPYING = "index write (api)"
"""How the engine names the block that ``Gateway.copy_index`` sets; there are others, of full disks for one."""


@dataclass(frozen=True, slots=True)
class Action:
    """One write. ``body`` is the document, or for ``update`` the request (``{"doc": …}``).

    ``meta`` holds what goes beside the id: ``version``, ``version_type``, ``if_seq_no``, ``if_primary_term``,
    ``retry_on_conflict``, ``require_alias``.
    """

    verb: Verb
    index: str
    id: str
    body: Mapping[str, Any] | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    def lines(self) -> bytes:
        """Write the action as the engine reads it; ``TypeError`` for what JSON cannot hold."""
        head = orjson.dumps({self.verb: {"_index": self.index, "_id": self.id, **self.meta}}) + b"\n"
        return head if self.body is None else head + orjson.dumps(self.body) + b"\n"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one action; ``reason`` is empty where it was done. ``index`` is never an alias."""

    verb: str
    id: str
    status: int
    result: str = ""
    reason: str = ""
    version: int | None = None
    seq_no: int | None = None
    primary_term: int | None = None
    index: str = ""

    @property
    def ok(self) -> bool:
        """Whether it was done; a repeated update that changes nothing (``noop``) was."""
        return not self.reason

    @property
    def conflict(self) -> bool:
        """Whether what is stored is newer."""
        return self.status == 409

    @property
    def blocked(self) -> bool:
        """Whether the index takes no writes while it is being copied."""
        return self.status == 403 and _COPYING in self.reason

    @property
    def overloaded(self) -> bool:
        """Whether the engine had no room for it and it may be sent again."""
        return self.status == 429

    @classmethod
    def read(cls, item: Mapping[str, Mapping[str, Any]]) -> Outcome:
        """Read one item of a bulk answer. A ``delete`` of what is not there is 404 without an error: done."""
        ((verb, said),) = item.items()
        return cls(
            verb=verb,
            id=str(said["_id"]),
            status=int(said["status"]),
            result=str(said.get("result", "")),
            reason=explain(said["error"]) if "error" in said else "",
            version=said.get("_version"),
            seq_no=said.get("_seq_no"),
            primary_term=said.get("_primary_term"),
            index=str(said.get("_index", "")),
        )


def chunks(
    actions: Iterable[Action], max_actions: int = MAX_ACTIONS, max_bytes: int = MAX_BYTES
) -> Iterator[list[bytes]]:
    """Group written actions so that none but a lone large one exceeds a limit; holds one group at a time."""
    group: list[bytes] = []
    size = 0
    for action in actions:
        line = action.lines()
        if group and (len(group) >= max_actions or size + len(line) > max_bytes):
            yield group
            group, size = [], 0
        group.append(line)
        size += len(line)
    if group:
        yield group
