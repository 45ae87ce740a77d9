"""One line of the log: who asked whom for which codes, and how it went; no free text, no place, an age as a band."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mappings.age import Age
from mappings.beds import instant
from orientation.answer import Result
from orientation.criteria import Criteria
from orientation.question.build import CODES
from orientation.render.beds import beds
from orientation.render.contacts import Sight

OUT, IN = "out", "in"
FIND = "find"
GIVEN_UP, UNAVAILABLE = "given-up", "unavailable"
"""Outcomes where our own engine failed: of a question that we put to a peer meanwhile, of one that was put to us."""
_BANDS = ((Age(28, "d"), "0-27d"), (Age(1), "1-11mo"), (Age(5), "1-4y"), (Age(15), "5-14y"), (Age(18), "15-17y"),
          (Age(65), "18-64y"), (Age(75), "65-74y"), (Age(85), "75-84y"))  # fmt: skip
"""Age from which a band is over → the band."""
_OLDEST = "85y+"


def age_band(age: Age | None) -> str | None:
    """Return the band of a patient's age."""
    if age is None:
        return None
    return next((band for end, band in _BANDS if age.days < end.days), _OLDEST)


def criteria_codes(criteria: Criteria) -> list[str]:
    """Return the codes of a question as ``activity:124``, and that beds were asked for; nothing typed by a person."""
    codes = [f"{name}:{code}" for field, name in CODES.items() for code in getattr(criteria, field)]
    return [*codes, *(["beds"] if criteria.asks_beds else [])]


def entry(
    at: datetime,
    direction: str,
    peer: str,
    region: str | None,
    criteria: Criteria,
    outcome: str,
    duration_ms: int,
    found: int = 0,
    results: Sequence[Result] = (),
    profession: str | None = None,
) -> dict[str, Any]:
    """Return the entry of a question; its id makes it one entry however often it is written.

    ``profession`` is the code of who asks, see ``identity.profession``.
    """
    counts = (beds(each.place, Sight.of(each.unit, criteria.access), criteria) for each in results)
    counted = [each for each in counts if each is not None]
    said: dict[str, Any] = {
        "id": uuid.uuid4().hex,
        "at": instant(at),
        "direction": direction,
        "peer": peer,
        "region": region,
        "profile": str(criteria.access.profile),
        "profession": profession,
        "transaction": FIND,
        "criteria": criteria_codes(criteria),
        "age_band": age_band(criteria.age),
        "found": found,
        "returned": len(results),
        "worst_bed_age_s": max((each["age_s"] for each in counted), default=None),
        "stale": any(each["stale"] for each in counted),
        "newest_update": _newest_update(results, at),
        "duration_ms": duration_ms,
        "outcome": outcome,
        "units": [each.unit["id"] for each in results],
    }
    return {name: value for name, value in said.items() if value not in (None, [])}


def _newest_update(results: Sequence[Result], at: datetime) -> str | None:
    """Return when the unit changed last that changed last, which no clock of another puts after the exchange."""
    changed = [datetime.fromisoformat(each.unit["updated_at"]) for each in results]
    return instant(min(max(changed), at)) if changed else None
