"""One part of a text, and what it was understood to be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """What words may mean: a kind, codes that are alternatives of one parameter, codes that answer after.

    ``covers``: more codes that a broad word is about, which count when another word narrows it.
    ``qualifies``: the words say who the patient is, and may narrow another activity. ``source`` ranks the tables it
    came from, the surest first (0).
    """

    kind: str
    codes: tuple[str, ...]
    label: str
    near: tuple[str, ...] = ()
    qualifies: bool = False
    source: int = 0
    covers: tuple[str, ...] = ()

    @property
    def all(self) -> frozenset[str]:
        """Every code it is about."""
        return frozenset(self.codes + self.near + self.covers)


@dataclass(frozen=True, slots=True)
class Understood:
    """A span of the text (characters, end excluded), what it means, and what else it might.

    ``parameter`` is the parameter of ``/orientations`` it was read into, ``values`` its values; none for a part that
    changes nothing. ``confidence`` is 1 for an exact reading; below, ``note`` says why in French.
    """

    start: int
    end: int
    text: str
    kind: str
    label: str
    parameter: str | None = None
    values: tuple[str, ...] = ()
    confidence: float = 1.0
    alternatives: tuple[Meaning, ...] = ()
    note: str | None = None

    @property
    def code(self) -> str | None:
        """The first value, where there is one."""
        return self.values[0] if self.values else None
