"""What this room needs of whoever speaks to a peer: a question put, an answer in units, or one word of failure."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol

from mappings.errors import RorError
from orientation.criteria import Criteria
from orientation.peers.register import Peer

FAILURES = {
    "late": "n’a pas répondu à temps",
    "unreachable": "est injoignable",
    "certificate": "n’a pas pu prouver son identité (certificat)",
    "redirect": "renvoie vers une autre adresse, ce qui n’est pas suivi",
    "refused": "refuse l’accès",
    "status": "a répondu par une erreur",
    "type": "n’a pas répondu en XML",
    "xml": "a répondu par un XML illisible",
    "too-large": "a répondu trop longuement",
    "secret": "n’a pas été interrogé : le secret de ce serveur est illisible",
    "busy": "n’a pas été interrogé : trop de questions en cours",
    "resting": "n’est plus interrogé pour un moment, après plusieurs échecs",
    "unsupported": "ne sait pas répondre à cette question",
    "no-copy": "n’est consulté que par notre copie, qui n’est pas encore faite",
}
"""Word for programs → what people are told after the peer's name."""


class PeerFailure(RorError):
    """A peer that gave no answer that can be used; ``kind`` is a word of ``FAILURES``."""

    def __init__(self, kind: str, detail: str) -> None:
        """Keep the kind; the detail is for the operator's log and holds nothing of the question."""
        super().__init__(detail)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Said:
    """What came from a peer, not read yet: the body, and what it says of all its pages."""

    body: bytes
    total: int | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerAnswer:
    """What a peer says: units in their JSON shape, places with their counts; how many it has; what it warns of.

    ``unread`` counts facilities that are no unit as we know them, by a word of ``judging.REASONS``; they are in the
    total of an answer to our own function, and not in any other.
    """

    units: tuple[dict[str, Any], ...]
    total: int
    unread: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


class Asker(Protocol):
    """Puts questions to peers, all at once, each cut off by its deadline whatever the peer does."""

    def ask(self, peer: Peer, criteria: Criteria, most: int, within_s: float) -> Future[Said]:
        """Begin to ask for the first ``most`` results; the future fails with ``PeerFailure``."""
        ...

    def read(self, peer: Peer, said: Said) -> PeerAnswer:
        """Read what came; ``PeerFailure`` where it is no answer."""
        ...
