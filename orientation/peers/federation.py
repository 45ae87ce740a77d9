"""One question, many directories: peers asked beside ours within a budget, their answers and ours in one order.

What is found at home is answered whatever peers do: a peer that is late, fails or sends what cannot be is named in the
warnings. The radius is settled at home and the same for all, so that the order is that of one search over the union.
Nothing is kept from one question to the next but the breaker of each peer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from mappings.errors import FieldError, InvalidInput, shorten
from mappings.gazetteer import Gazetteer
from orientation.answer import Answer
from orientation.criteria import Criteria, Page
from orientation.peers.asking import Asker
from orientation.peers.breaker import Breakers
from orientation.peers.calls import Calls
from orientation.peers.copies import Copies
from orientation.peers.merging import Asked, depth, merged
from orientation.peers.register import Peer, Register
from orientation.peers.territory import ALL, AUTO, NONE, Territories, chosen, is_rare
from orientation.search import SearchService


@dataclass(frozen=True, slots=True)
class Federated:
    """The one answer, and how each peer that was to be asked did."""

    answer: Answer
    peers: tuple[Asked, ...]


@dataclass(slots=True)
class Federation:
    """Asks the peers of the register, or our copies of them; safe for threads."""

    register: Register
    asker: Asker
    territories: Territories
    gazetteer: Gazetteer
    budget_s: float = 1.5
    copies: Copies | None = None
    breakers: Breakers = field(default_factory=Breakers)

    def search(
        self,
        home: SearchService,
        criteria: Criteria,
        page: Page,
        asked: Sequence[str],
        given_up: Callable[[Peer, int], None] = lambda peer, took_ms: None,
    ) -> Federated:
        """Answer a question here and at the peers asked for: ``auto``, ``all``, ``none``, or codes.

        Errors of our own search pass through; those of peers never do. ``given_up`` is told of each peer that was asked
        when our own search failed, and for how many milliseconds.
        """
        started = time.monotonic()
        peers = self.register.enabled()
        _check(asked, peers)
        if NONE in asked or not peers:
            return Federated(home.search(criteria, page), ())
        calls = Calls(self.asker, self.breakers, self.copies, self.gazetteer, depth(page), started, self.budget_s)
        early = self._early(criteria, peers, asked)
        with ExitStack() as unless_found:
            unless_found.callback(calls.release, given_up)
            calls.begin(early, criteria)
            found = home.search(criteria, page)
            unless_found.pop_all()
        settled = replace(criteria, radius_m=found.radius_m)
        calls.begin([peer for peer in self._wanted(settled, peers, asked, found) if peer not in early], settled)
        said = calls.gather(settled)
        return Federated(merged(found, said, settled, page), said)

    def _early(self, criteria: Criteria, peers: Sequence[Peer], asked: Sequence[str]) -> list[Peer]:
        """Return the peers that are asked whatever is found here, where the radius is known before."""
        if criteria.origin is not None and criteria.radius_m is None:
            return []
        return self._wanted(criteria, peers, asked, None)

    def _wanted(
        self, criteria: Criteria, peers: Sequence[Peer], asked: Sequence[str], found: Answer | None
    ) -> list[Peer]:
        if ALL in asked:
            return list(peers)
        if AUTO not in asked:
            return list(chosen(asked, peers))
        if is_rare(criteria) or (found is not None and found.total == 0):
            return list(peers)
        return [peer for peer in peers if self.territories.touches(criteria, peer)]


def _check(asked: Sequence[str], peers: Sequence[Peer]) -> None:
    """Refuse a name that no peer and no region of a peer bears."""
    known = {AUTO, ALL, NONE, *(peer.code for peer in peers), *(peer.region for peer in peers)}
    if strange := [name for name in asked if name not in known]:
        rule = f"must be one of {', '.join(sorted(known))}"
        raise InvalidInput([FieldError("peers", rule, shorten(name)) for name in strange])
