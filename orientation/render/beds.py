"""Bed counts of a place: never without age and source, and null where nothing is known or to be seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mappings.beds import HORIZON_FIELDS
from mappings.capacity import BED, HORIZONS
from orientation.access import Sees
from orientation.criteria import Criteria
from orientation.query.freshness import is_stale
from orientation.render.contacts import Sight
from orientation.render.labels import coded

_TOTALS = ("installed", "closed", "reopenable")
_EXTRA = ("extra_with_staff", "extra_without_staff")


def beds(place: Mapping[str, Any] | None, sight: Sight, criteria: Criteria) -> dict[str, Any] | None:
    """Return the counts of a place (its index entry), available at the horizon and for the gender asked.

    ``observed_at`` is the oldest observation behind ``available``, or the newest of all where none is for
    that horizon; ``age_s`` is its age at the moment of the question.
    """
    summary = place.get("beds") if place is not None else None
    if place is None or summary is None or not sight.counts:
        return None
    everything = sight.sees is Sees.ALL
    if summary.get("only_extra") and not everything:
        return None
    wanted = criteria.wanted_beds
    free = summary.get(HORIZON_FIELDS[HORIZONS[wanted.horizon]])
    said = free["observed_at"] if free else summary["observed_at"]
    observed_at = datetime.fromisoformat(said)
    return {
        "available": free[wanted.gender or "all"] if free else None,
        "horizon": wanted.horizon,
        "gender": wanted.gender,
        "kind": "bed" if summary["kind"] == BED else "place",
        "observed_at": said,
        "age_s": max(0, int((criteria.as_of - observed_at).total_seconds())),
        "stale": is_stale(place, observed_at, criteria),
        "source": coded("R335", summary.get("source")),
        **{name: summary.get(name) if everything or name not in _EXTRA else None for name in (*_TOTALS, *_EXTRA)},
    }
