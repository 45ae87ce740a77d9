"""What a stored function asks of one directory of a document: one frozen object, whatever the envelope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Coded:
    """A coded value asked for; without ``scheme``, that code in any scheme."""

    code: str
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class OtherId:
    """An identifier asked for: whichever part is given must be that of one and the same identifier."""

    authority: str = ""
    code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitySearch:
    """Criteria of one of the four searches; all must hold, what is absent filters nothing.

    ``address`` holds (component, value) pairs, each met by any line of any address. ``parent`` empty asks for
    organisations without one. ``start`` counts from 1; ``maximum`` absent means no limit. ``warnings`` tell what was
    passed over.
    """

    kind: str
    entity_id: str | None = None
    primary_name: str | None = None
    name: str | None = None
    coded: Coded | None = None
    address: tuple[tuple[str, str], ...] = ()
    status: str | None = None
    updated: datetime | None = None
    other_id: OtherId | None = None
    organizations: tuple[str, ...] = ()
    facilities: tuple[str, ...] = ()
    languages: tuple[Coded, ...] = ()
    cadres: tuple[Coded, ...] = ()
    parent: str | None = None
    start: int = 1
    maximum: int | None = None
    warnings: tuple[str, ...] = ()
