"""A bed count in words: never without its age, and its state never by colour alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from orientation.pages.french import plural, time_shown

STATES = {
    "fresh": "récent",
    "stale": "à vérifier",
    "full": "récent",
    "unknown": "non renseigné",
}
"""State → what is said of the information."""
_HORIZONS = {"now": "", "1h": " dans 1 h", "24h": " dans 24 h", "48h": " dans 48 h", "7d": " dans 7 jours"}
_GENDERS = {"f": " (femme)", "m": " (homme)"}


def beds_shown(beds: Mapping[str, Any] | None, now: datetime) -> dict[str, Any]:
    """Return the state, the words, the age and the source of the counts of a result."""
    if beds is None or beds["available"] is None:
        # Counts of other things may be known: their age would be taken for that of the free beds.
        return {"state": "unknown", "words": "Lits libres : non renseigné", "hint": "appeler", "time": None}
    count, noun = beds["available"], "lit" if beds["kind"] == "bed" else "place"
    when = _HORIZONS[beds["horizon"]] + _GENDERS.get(beds["gender"] or "", "")
    if count:
        words = plural(count, f"{noun} libre", f"{noun}s libres") + when
    else:
        words = ("Aucun lit libre" if noun == "lit" else "Aucune place libre") + when
    state = "stale" if beds["stale"] else "fresh" if count else "full"
    return {
        "state": state,
        "words": words,
        "count": count,
        "hint": STATES[state],
        "time": time_shown(beds["observed_at"], now),
        "source": beds["source"]["label"] if beds.get("source") else None,
    }
