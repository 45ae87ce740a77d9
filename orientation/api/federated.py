"""A question put here and to other directories at once, for the API and the pages alike: each exchange is noted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from orientation.answer import Result
from orientation.api.context import services
from orientation.criteria import Criteria, Page
from orientation.exchanges.entry import GIVEN_UP, OUT, entry
from orientation.guard import caller
from orientation.peers.federation import Federated
from orientation.peers.register import Peer


def federated(criteria: Criteria, page: Page, peers: Sequence[str]) -> Federated:
    """Answer a question here and at the peers asked for; the log of exchanges and the metrics are told of each.

    Errors of our own search pass through; ``InvalidInput`` for a peer that nobody knows.
    """
    known = services()
    note = partial(_note, criteria, caller().profession)
    found = known.federation.search(
        known.search, criteria, page, peers, lambda peer, took_ms: note(peer, GIVEN_UP, took_ms)
    )
    for each in found.peers:
        note(each.peer, each.failure or each.status, each.took_ms, each.total, each.results)
        known.metrics.breaker(each.peer.code, each.breaker)
    return found


def _note(
    criteria: Criteria,
    profession: str | None,
    peer: Peer,
    outcome: str,
    took_ms: int,
    found: int = 0,
    results: Sequence[Result] = (),
) -> None:
    known = services()
    said = entry(known.clock(), OUT, peer.code, peer.region, criteria, outcome, took_ms, found, results, profession)
    known.journal.note(said)
