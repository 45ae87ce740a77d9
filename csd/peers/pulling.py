"""A copy of a peer's directory kept by ITI-74: first the whole, then what changed, and at times the whole compared.

Every step may be cut off and done again. An answer is read to its end before any of it is used; entities are written
before the units made of them, and the moment to ask from next is moved last: what a pull that was killed had taken is
taken once more, which changes nothing. The first copy is searched once it is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from csd.entity import FACILITY, ORGANIZATION
from csd.peers.applying import Applying, Changes
from csd.peers.copy_store import CopyStore
from csd.peers.deriving import Deriving
from csd.peers.exchange import Exchanges
from csd.peers.modifications import check_whole, updates_request
from engine.gateway import Gateway
from mappings.errors import RorError
from mappings.gazetteer import Gazetteer
from orientation.peers.asking import PeerFailure
from orientation.peers.copied import CopyState, CopyStates
from orientation.peers.register import Peer

OVERLAP = timedelta(hours=1)
"""How far back each pull asks once more: clocks differ, and a directory may be seen later than it is written."""
MAX_COPY = 4 * 2**30
"""Largest answer in bytes; a hundred thousand units of ours are about one GiB."""
PULL_S = 3600.0
EVER = datetime(1970, 1, 1, tzinfo=UTC)


class Shrunk(RorError):
    """A peer says that it has lost much of its directory: it is not believed without a person's word."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did: what was new, and what of a whole comparison had drifted (``None`` where none was made)."""

    state: CopyState
    is_first: bool
    news: Changes
    drift: Changes | None = None


@dataclass(frozen=True, slots=True)
class Puller:
    """Pulls copies of peers. One pull of a peer at a time: whoever calls sees to it.

    ``still_ours`` is called before a pull becomes final, and fails where another one took over. The answer waits in
    ``folder``, in a file without a name, until it is used.
    """

    gateway: Gateway
    states: CopyStates
    exchanges: Exchanges
    gazetteer: Gazetteer
    folder: Path
    clock: Callable[[], datetime]
    compare_after: timedelta = timedelta(days=7)
    within_s: float = PULL_S

    def pull(
        self, peer: Peer, *, whole: bool = False, smaller: bool = False, still_ours: Callable[[], None] = lambda: None
    ) -> Pulled:
        """Bring the copy of a peer up to date; ``whole`` compares all of it, which is due by itself now and then.

        ``PeerFailure`` where the peer gives no answer, ``Shrunk`` where a whole answer lacks half of what is held,
        unless ``smaller`` says that this may be: both leave what is searched as it was.
        """
        store = CopyStore(self.gateway, peer)
        try:
            store.prepare()
            state = self.states.of(peer)
            if state is None or state.copied_at is None or state.since is None or not store.serves():
                state, news = self._whole(store, CopyState.new(peer), True, still_ours)
                return Pulled(state, True, news)
            state, news = self._since(store, state, state.since, still_ours)
            drift = None
            if whole or self._is_due(state):
                state, drift = self._whole(store, state, smaller, still_ours)
            return Pulled(state, False, news, drift)
        except PeerFailure as failure:
            self.states.failed(peer, failure.kind, self.clock())
            raise
        except Shrunk:
            self.states.failed(peer, "shrunk", self.clock())
            raise

    def _is_due(self, state: CopyState) -> bool:
        return state.compared_at is None or self.clock() - state.compared_at >= self.compare_after

    def _since(
        self, store: CopyStore, state: CopyState, since: datetime, still_ours: Callable[[], None]
    ) -> tuple[CopyState, Changes]:
        """Take what changed, and remake the units that it concerns."""
        with self._answer(store.peer, since) as (answer, asked_at, next_since):
            applying = Applying(store)
            applying.take(answer)
        store.refresh()
        named = applying.touched(other_than=FACILITY)
        named |= set(store.naming(ORGANIZATION, sorted(named)))
        concerned = applying.touched(FACILITY) | set(store.naming(FACILITY, sorted(named)))
        Deriving(store, self.gazetteer).of(sorted(concerned))
        return self._final(store, replace(state, since=next_since, copied_at=asked_at), still_ours), applying.changes

    def _whole(
        self, store: CopyStore, state: CopyState, smaller: bool, still_ours: Callable[[], None]
    ) -> tuple[CopyState, Changes]:
        """Take everything, let go of what is not there any more, and remake every unit."""
        with self._answer(store.peer, EVER) as (answer, asked_at, next_since):
            applying = Applying(store)
            applying.take(answer)
        store.refresh()
        lost = applying.lost()
        if not smaller and lost.is_much:
            raise Shrunk(
                f"{store.peer.code} does not have {lost.facilities} of {lost.held} facilities any more: nothing was"
                " removed; --accept-smaller takes it at its word"
            )
        applying.remove(lost.ids)
        store.refresh()
        Deriving(store, self.gazetteer).of(store.facilities())
        store.refresh()
        kept = set(store.facilities())
        applying.remove_units(each for each in store.ids(store.units) if each not in kept)
        found = replace(state, since=next_since, copied_at=asked_at, compared_at=asked_at)
        return self._final(store, found, still_ours), applying.changes

    def _final(self, store: CopyStore, state: CopyState, still_ours: Callable[[], None]) -> CopyState:
        store.refresh()
        facilities, units, unread = store.counts()
        found = replace(state, facilities=facilities, units=units, unread=unread, failed_at=None, failure=None)
        still_ours()
        if not store.serves():
            store.publish()
        self.states.put(found)
        return found

    @contextmanager
    def _answer(self, peer: Peer, since: datetime) -> Iterator[tuple[IO[bytes], datetime, datetime]]:
        """Give the answer whole, when it was asked for, and the moment to ask from next, by the slower clock."""
        asked_at = self.clock()
        self.folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=self.folder) as answer:
            sent = updates_request(peer, since, self.within_s)
            try:
                theirs = self.exchanges.fetch(peer, sent, answer, MAX_COPY).result(self.within_s + 10)
            except OSError as error:
                raise RorError(f"the answer cannot be kept in {self.folder}: {error}") from error
            check_whole(answer)
            yield answer, asked_at, min(asked_at, theirs or asked_at) - OVERLAP
