"""What comes back: one frozen answer, rendered by each surface in its own way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orientation.criteria import Criteria


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a result ranks where it does: a stable word for programs, a French sentence for people."""

    reason: str
    label: str


@dataclass(frozen=True, slots=True)
class Source:
    """Another directory that a result comes from: its code, its name, its region; when it was copied, if it was."""

    code: str
    name: str
    region: str
    copied_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One unit, and the place of it that answers best.

    ``document`` is the index document (its ``unit`` is the unit's own JSON, codes only), ``place`` the entry of
    ``document["places"]`` chosen, ``place_detail`` the same place in the unit's JSON. ``distance_m`` is absent
    without an origin or without a point. ``sort`` are its sort values; ``source`` is who said it, where not we.
    """

    rank: int
    document: dict[str, Any]
    why: tuple[Reason, ...]
    place: dict[str, Any] | None = None
    distance_m: float | None = None
    sort: tuple[Any, ...] = ()
    source: Source | None = None

    @property
    def unit(self) -> dict[str, Any]:
        """The unit's own JSON, codes only."""
        unit: dict[str, Any] = self.document["unit"]
        return unit

    @property
    def place_detail(self) -> dict[str, Any] | None:
        """The chosen place in the unit's JSON."""
        if self.place is None:
            return None
        return next((place for place in self.unit.get("places", ()) if place["id"] == self.place["id"]), None)


@dataclass(frozen=True, slots=True)
class FacetValue:
    """How many units a code would give, all other selections kept."""

    code: str
    count: int
    selected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A page of results, and what was made of the question.

    ``radius_m`` is the radius used (absent without origin), ``widened`` says that it grew beyond the department's
    default. ``next_after`` holds the sort values to go on from; ``None`` on the last page.
    """

    criteria: Criteria
    radius_m: int | None
    widened: bool
    total: int
    results: tuple[Result, ...]
    facets: dict[str, tuple[FacetValue, ...]]
    next_after: tuple[object, ...] | None
    warnings: tuple[str, ...]
    engine_ms: int
