"""Who asks: a name, how it was proved, and the rights that go with it."""

from __future__ import annotations

from dataclasses import dataclass

from beds.store import Zone
from beds.verdict import ZONE, Verdict, unknown_zone
from orientation.access import Access
from orientation.errors import Forbidden
from orientation.identity.scopes import BEDS_READ, EVERYWHERE, OPEN, READING

ANONYMOUS = "anonymous"
OPERATOR = "operator"
KEY = "key"
TOKEN = "token"  # noqa: S105
CERTIFICATE = "certificate"
SHOWS_ALL = 1
"""Access profile that sees everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whoever asks.

    ``kind`` is how it was proved: anonymous, operator (a key of the settings), key, token or certificate.
    ``establishments`` are the FINESS numbers whose bed counts it may write, or ``*``; ``profession`` is a code, see
    ``identity.profession``, and gives no right.
    """

    name: str
    kind: str
    profile: int
    scopes: frozenset[str]
    establishments: frozenset[str] = frozenset()
    profession: str | None = None

    @property
    def traced(self) -> str:
        """Return what the log of exchanges calls it: a client by its name, a person by none."""
        return TOKEN if self.kind == TOKEN else self.name

    @property
    def holder(self) -> str:
        """Return what stands for it in limits and cursors: no two callers share one."""
        return f"{self.kind}:{self.name}"

    @property
    def access(self) -> Access:
        """Return what it sees."""
        holder = "" if self.kind == ANONYMOUS else self.holder
        return Access(self.profile, reads_beds=BEDS_READ in self.scopes, holder=holder)

    def require(self, *scopes: str) -> None:
        """Refuse, by ``Forbidden``, whoever has none of the scopes."""
        if self.scopes.isdisjoint(scopes):
            needed = " or ".join(scopes)
            who = "Whoever gives no key" if self.kind == ANONYMOUS else f"The client {self.name}"
            raise Forbidden(f"This needs the scope {needed}, sent with a key. {who} does not have it.")

    def permit(self, ref: str, zone: Zone) -> Verdict | None:
        """Return why it may not write counts of a zone, ``None`` when it may.

        ``ref`` is how the sender named it. That a zone of sensitive units exists is not told to who may not know.
        """
        if EVERYWHERE in self.establishments or not self.establishments.isdisjoint(zone.facts.get("sites", ())):
            return None
        if zone.facts.get("sensitive", False) and not self.access.sees_sensitive:
            return unknown_zone(ref)
        detail = "this zone is of another establishment than those whose counts the key may write"
        return Verdict(status=403, result="refused", code="forbidden", detail=detail, expression=ZONE)


def anybody(profile: int) -> Caller:
    """Return whoever gives no key, on a server that shows everybody what a profile sees."""
    scopes = OPEN if profile == SHOWS_ALL else READING
    return Caller(name=ANONYMOUS, kind=ANONYMOUS, profile=profile, scopes=scopes)
