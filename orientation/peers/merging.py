"""Answers of several directories as one: one order, each unit once, and what is missing named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from orientation.answer import Answer, Result
from orientation.criteria import Criteria, Page
from orientation.peers.asking import FAILURES
from orientation.peers.register import Peer
from orientation.query.order import position
from orientation.search import NOTHING_FOUND

DEPTH = 300
"""Results of a peer that are read at most; the pages beyond are of our own directory, and say so."""
ANSWERED, COPIED = "answered", "copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How one peer answered: ``answered``, ``copy``, or a word of ``asking.FAILURES``; units it has, units not taken.

    ``total`` counts the ``unfit`` among its units, not the ``uncounted``. Where our copy of ``copied_at`` spoke for a
    peer that was asked in vain, ``failure`` says why.
    """

    peer: Peer
    status: str
    took_ms: int
    total: int = 0
    unfit: int = 0
    uncounted: int = 0
    breaker: str = "closed"
    failure: str | None = None
    copied_at: datetime | None = None
    results: tuple[Result, ...] = ()
    warnings: tuple[str, ...] = ()


def depth(page: Page) -> int:
    """Return how many results of a peer a page may need: all up to its end, for none is known to be before ours."""
    return min(page.first_rank - 1 + page.size, DEPTH)


def merged(found: Answer, said: Sequence[Asked], criteria: Criteria, page: Page) -> Answer:
    """Put all results in one order, each unit once, and keep those of the page.

    What a peer that failed has is not known, so that the total counts it as nothing.
    """
    theirs = [result for each in said for result in each.results]
    kept = _each_once(_in_order((*found.results, *theirs), criteria, page))
    shown = kept[: page.size]
    # Ranks are those of the one list, so that home cannot tell by its own total whether it has more: a full page may.
    full = len(found.results) == page.size if said else found.next_after is not None
    more = len(kept) > len(shown) or full or _is_cut(said, page)
    total = found.total + sum(each.total - each.unfit for each in said)
    total -= len(found.results) + len(theirs) - len(_each_once((*found.results, *theirs)))
    return replace(
        found,
        total=max(total, page.first_rank - 1 + len(shown)),
        results=tuple(replace(result, rank=rank) for rank, result in enumerate(shown, start=page.first_rank)),
        next_after=shown[-1].sort if more and shown else None,
        warnings=tuple(_warnings(found, said, shown)),
    )


def _in_order(results: Iterable[Result], criteria: Criteria, page: Page) -> list[Result]:
    """Sort by the tiers of our search; what earlier pages had is left out."""
    after = None if page.after is None else _key(criteria, page.after)
    placed = [(_key(criteria, result.sort), result) for result in results]
    kept = [(place, result) for place, result in placed if after is None or place > after]
    return [result for _, result in sorted(kept, key=lambda each: (each[0], each[1].source is not None))]


def _key(criteria: Criteria, values: Sequence[Any]) -> tuple[Any, ...]:
    """Return a position to the millimetre: the engine and we do not round alike below it."""
    return tuple(round(each, 3) if isinstance(each, float) else each for each in position(criteria, values))


def _each_once(results: Iterable[Result]) -> list[Result]:
    """Keep each unit once: by its id, then by FINESS, activities and mode where two directories tell of it.

    Two units of one directory that agree in these are two units. The directory of the region where a unit lies knows
    it best, then ours.
    """
    order = list(results)
    kept: set[int] = set()
    ids: set[str] = set()
    owners: dict[tuple[object, ...], str] = {}
    for number, result in sorted(enumerate(order), key=lambda each: _authority(each[1])):
        owner = result.source.code if result.source else ""
        alike = _alike(result)
        known = result.unit["id"] in ids or (alike is not None and owners.setdefault(alike, owner) != owner)
        if not known:
            ids.add(result.unit["id"])
            kept.add(number)
    return [result for number, result in enumerate(order) if number in kept]


def _authority(result: Result) -> int:
    """Say how well a directory knows a unit: 0 of its own region, 1 ours, 2 another's."""
    places: Sequence[dict[str, Any]] = result.document.get("place") or result.document.get("places") or ({},)
    lies_in = places[0].get("region")
    if result.source is None:
        return 0 if result.unit.get("region") == lies_in else 1
    return 0 if result.source.region == lies_in else 2


def _alike(result: Result) -> tuple[object, ...] | None:
    unit = result.unit
    finess = unit["site"].get("finess")
    return ("same", finess, tuple(sorted(unit["activities"])), unit["care_mode"]) if finess else None


def _is_cut(said: Sequence[Asked], page: Page) -> bool:
    """Say whether a peer has more than it was asked for."""
    most = depth(page)
    return most < DEPTH and any(each.total > most for each in said)


def _warnings(found: Answer, said: Sequence[Asked], shown: Sequence[Result]) -> list[str]:
    """Name every peer that gave no answer, and what of the others was not taken."""
    own = [each for each in found.warnings if not (shown and each == NOTHING_FOUND)]
    for each in said:
        if each.copied_at is not None:
            own.append(_copied(each, each.copied_at, found.criteria.as_of))
        elif each.status != ANSWERED:
            own.append(f"{each.peer.name} {FAILURES[each.status]} : ses unités manquent à cette réponse.")
        own += each.warnings
        if each.total > DEPTH:
            own.append(f"{each.peer.name} : seules ses {DEPTH} premières unités peuvent être montrées.")
    return own


def _copied(asked: Asked, copied_at: datetime, as_of: datetime) -> str:
    """Say that our copy spoke for a peer, how old it is, and what that means for beds."""
    why = f" {FAILURES[asked.failure]}" if asked.failure is not None else ""
    age = _in_words(age_s(copied_at, as_of))
    return f"{asked.peer.name}{why} : réponse de notre copie, vieille de {age}, ses lits à leur date."


def age_s(moment: datetime, as_of: datetime) -> int:
    """Return how old something is in whole seconds; what is of later is new."""
    return max(0, int((as_of - moment).total_seconds()))


def _in_words(seconds: int) -> str:
    """Write an age: minutes below two hours, hours below two days, else days."""
    if seconds < 2 * 3600:
        minutes = seconds // 60
        return f"{minutes} minutes" if minutes > 1 else "moins de 2 minutes"
    return f"{seconds // 3600} heures" if seconds < 2 * 86_400 else f"{seconds // 86_400} jours"
