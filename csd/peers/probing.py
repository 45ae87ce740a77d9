"""What a peer supports, found by asking: each stored function and the transaction of updates, none taken on trust."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

from csd.names import SEARCHES
from csd.peers.asker import CsdAsker, document_in
from csd.peers.exchange import Sent
from csd.peers.modifications import check_whole, updates_request
from csd.peers.paths import services_path
from csd.peers.question import search_request
from csd.peers.response import MAX_ANSWER
from orientation.access import Access
from orientation.criteria import Criteria
from orientation.peers.asking import PeerFailure, Said
from orientation.peers.register import COPY, FACILITY_SEARCH, ORIENTATION, Peer

UPDATES = "ITI-74 updates"
NEEDED = {ORIENTATION: "orientation function", FACILITY_SEARCH: "facility-search", COPY: UPDATES}
"""Dialect → what it cannot do without."""
CHECKED_ACTIVITY = "083"
"""Medicine: every region has some."""
_LATER = datetime(2999, 1, 1, tzinfo=UTC)
"""Nothing changed after it: whoever follows updates has next to nothing to send."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing asked of a peer: whether it answered as it should, and what there is to say of that."""

    name: str
    works: bool
    said: str


def probe(asker: CsdAsker, peer: Peer, within_s: float) -> list[Probe]:
    """Ask for everything at once, and return how each went."""
    oriented = _as_orientation(asker, peer, within_s)
    searches = {
        f"{kind}-search": asker.exchanges.send(peer, Sent(services_path(peer), search_request(urn, 1), within_s))
        for kind, urn in SEARCHES.items()
    }
    updates = BytesIO()
    updated = asker.exchanges.fetch(peer, updates_request(peer, _LATER, within_s), updates, MAX_ANSWER)
    found = [_oriented(asker, peer, oriented, within_s)]
    found += [_searched(name, future, within_s) for name, future in searches.items()]
    return [*found, _updated(updated, updates, within_s)]


def _as_orientation(asker: CsdAsker, peer: Peer, within_s: float) -> Future[Said]:
    now = datetime.now(UTC)
    departments = tuple(sorted(peer.territory)[:1])
    asked = Criteria(as_of=now, access=Access(), activities=(CHECKED_ACTIVITY,), departments=departments)
    return asker.ask_orientation(peer, asked, 5, within_s)


def _oriented(asker: CsdAsker, peer: Peer, future: Future[Said], within_s: float) -> Probe:
    name = NEEDED[ORIENTATION]
    try:
        answer = asker.read_orientation(future.result(within_s + 1))
    except PeerFailure as failure:
        return _failed(name, failure)
    return Probe(name, True, f"{answer.total} units of medicine, {len(answer.units)} of the first read as units")


def _searched(name: str, future: Future[Said], within_s: float) -> Probe:
    try:
        said = future.result(within_s + 1)
        document = document_in(said.body)
    except PeerFailure as failure:
        return _failed(name, failure)
    came = sum(len(directory) for directory in document)
    return Probe(name, True, f"{came if said.total is None else said.total} found")


def _updated(future: Future[datetime | None], answer: BytesIO, within_s: float) -> Probe:
    try:
        future.result(within_s + 1)
        check_whole(answer)
    except PeerFailure as failure:
        return _failed(UPDATES, failure)
    return Probe(UPDATES, True, "answers")


def _failed(name: str, failure: PeerFailure) -> Probe:
    return Probe(name, False, f"{failure.kind}: {failure}")
