"""A question put here and to other directories at once, for the API and the pages alike: each exchange is noted."""

from __future__ import annotations

from collections.abc import Sequence

from orientation.api.context import services
from orientation.criteria import Criteria, Page
from orientation.exchanges.entry import OUT, entry
from orientation.guard import caller
from orientation.peers.federation import Federated


def federated(criteria: Criteria, page: Page, peers: Sequence[str]) -> Federated:
    """Answer a question here and at the peers asked for; the log of exchanges and the metrics are told of each.

    Errors of our own search pass through; ``InvalidInput`` for a peer that nobody knows.
    """
    known = services()
    profession = caller().profession
    found = known.federation.search(known.search, criteria, page, peers)
    for each in found.peers:
        peer, now = each.peer, known.clock()
        said = entry(
            now, OUT, peer.code, peer.region, criteria, each.status, each.took_ms, each.total, each.results, profession
        )
        known.journal.note(said)
        known.metrics.breaker(peer.code, each.breaker)
    return found
