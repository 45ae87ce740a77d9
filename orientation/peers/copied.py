"""What we have of our copies of other directories: one state each, in the engine, and the names of their indices."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import Any

from beds.indices import make
from engine.errors import EngineNotFound
from engine.gateway import Gateway
from mappings.beds import instant
from mappings.definitions import mapping_hash
from orientation.peers.register import Peer

INDEX = "peers-copied"
DEFINITION = "peer-copies"
_MOST = 200
_HELD_S = 5.0


def copy_alias(peer: Peer) -> str:
    """Return the alias under which the copied units of a peer are searched: there once the copy was whole."""
    return f"peer-{peer.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyState:
    """How far the copy of one peer is.

    ``copied_at`` is the moment as of which it is what the peer said, ``compared_at`` when it was last compared as a
    whole; both are absent until it was whole for the first time. ``since`` is what the next pull asks from.
    ``address`` is whose copy it is, ``mapping`` the hash of the definition by which its units are stored. ``unread``
    counts its facilities that are no unit, by reason.
    """

    code: str
    address: str
    mapping: str
    since: datetime | None = None
    copied_at: datetime | None = None
    compared_at: datetime | None = None
    failed_at: datetime | None = None
    failure: str | None = None
    facilities: int = 0
    units: int = 0
    unread: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def new(cls, peer: Peer) -> CopyState:
        """Return the state of a copy of which there is nothing yet."""
        return cls(code=peer.code, address=address_of(peer), mapping=mapping_hash("units"))

    def lag_s(self, now: datetime) -> int | None:
        """Return how far behind it is, in seconds; ``None`` for one that was never whole."""
        return None if self.copied_at is None else max(0, int((now - self.copied_at).total_seconds()))


def address_of(peer: Peer) -> str:
    """Return what tells the directories of peers apart; a copy of one is none of another."""
    return f"{peer.url}#{peer.document}"


@dataclass(slots=True)
class CopyStates:
    """Reads and writes the states; what was read is held for some seconds; safe for threads."""

    gateway: Gateway
    index: str = INDEX
    _held: tuple[float, Mapping[str, CopyState]] = field(default=(float("-inf"), {}))
    _lock: Lock = field(default_factory=Lock)

    def of(self, peer: Peer) -> CopyState | None:
        """Return the state of a peer's copy as it is now, also of one never whole; ``None`` where there is none."""
        return _ours(self.all().get(peer.code), peer)

    def usable(self, peer: Peer) -> CopyState | None:
        """Return the state of a copy that may answer, as it was some seconds ago at most.

        One made by a version that stored units otherwise waits for the next pull: searches would miss some.
        """
        found = _ours(self._recent().get(peer.code), peer)
        if found is None or found.copied_at is None or found.mapping != mapping_hash("units"):
            return None
        return found

    def all(self) -> dict[str, CopyState]:
        """Return every state by the code of its peer, as it is now."""
        body: dict[str, Any] = {"size": _MOST, "sort": ["code"], "track_total_hits": False}
        try:
            hits = self.gateway.search(self.index, body)["hits"]["hits"]
        except EngineNotFound:
            return {}
        return {hit["_source"]["code"]: _read(hit["_source"]) for hit in hits}

    def put(self, state: CopyState) -> None:
        """Write a state in the place of the one before."""
        make(self.gateway, self.index, DEFINITION)
        self.gateway.store(self.index, state.code, _written(state), refresh="true")
        self._held = (float("-inf"), {})

    def failed(self, peer: Peer, failure: str, now: datetime) -> None:
        """Note that a pull failed; the copy stays as it is."""
        known = self.of(peer) or CopyState.new(peer)
        self.put(replace(known, failed_at=now, failure=failure))

    def forget(self, peer: Peer) -> None:
        """Delete a state, if there is one."""
        if self.gateway.indices(self.index) and self.gateway.get(self.index, peer.code) is not None:
            self.gateway.delete(self.index, peer.code, refresh="true")
        self._held = (float("-inf"), {})

    def _recent(self) -> Mapping[str, CopyState]:
        if self._is_old():
            with self._lock:
                if self._is_old():  # who waited finds it read
                    self._held = (time.monotonic(), self.all())
        return self._held[1]

    def _is_old(self) -> bool:
        return time.monotonic() - self._held[0] > _HELD_S


def _ours(state: CopyState | None, peer: Peer) -> CopyState | None:
    return state if state is not None and state.address == address_of(peer) else None


_TIMES = ("since", "copied_at", "compared_at", "failed_at")
_PLAIN = ("code", "address", "mapping", "failure", "facilities", "units", "unread")


def _written(state: CopyState) -> dict[str, Any]:
    times = {name: instant(moment) for name in _TIMES if (moment := getattr(state, name)) is not None}
    plain = {name: getattr(state, name) for name in _PLAIN}
    return times | {name: value for name, value in plain.items() if value is not None}


def _read(source: Mapping[str, Any]) -> CopyState:
    said: dict[str, Any] = {name: source[name] for name in _PLAIN if name in source}
    return CopyState(**said | {name: datetime.fromisoformat(source[name]) for name in _TIMES if name in source})
