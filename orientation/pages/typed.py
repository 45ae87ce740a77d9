"""What people type and forms send, turned into the parameters of a question."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

Arguments = dict[str, list[str]]

SHOWN = (20, 50, 100, 300)
"""How many results a page may show, by its parameter ``n``."""
PAGE_ONLY = frozenset({"n"})

_AGE = re.compile(r"(\d{1,3})\s*(ans?|années?|a|mois|m|semaines?|sem|s|jours?|jrs?|j)?\.?", re.IGNORECASE)
_UNITS = {"a": "", "m": "mo", "s": "wk", "j": "d"}


def filled(given: Mapping[str, Sequence[str]]) -> Arguments:
    """Drop what a form sends empty, and write coordinates as the one field of places has them."""
    every = {name: [value.strip() for value in values if value.strip()] for name, values in given.items()}
    kept = {name: values for name, values in every.items() if values}
    if "place" not in kept and "lat" in kept and "lon" in kept:
        kept["place"] = [f"{kept['lat'][0]},{kept['lon'][0]}"]
    if "place" in kept:
        kept = {name: values for name, values in kept.items() if name not in {"lat", "lon"}}
    return kept


def asks(given: Arguments) -> bool:
    """Say whether anything is asked."""
    return bool(given.keys() - PAGE_ONLY)


def question(given: Arguments) -> Arguments:
    """Return the parameters of the search: those of the page left out, the age as the search reads it."""
    kept = {name: values for name, values in given.items() if name not in PAGE_ONLY}
    if "age" in kept:
        kept["age"] = [age(text) for text in kept["age"]]
    return kept


def age(text: str) -> str:
    """Turn ``18 mois`` into ``18mo``, and so on; anything else is left for the search to refuse."""
    match = _AGE.fullmatch(text.strip())
    return match[1] + _UNITS[(match[2] or "a")[0].lower()] if match else text


def without_origin(given: Arguments) -> Arguments:
    """Leave out what needs an origin, for a place that was taken away while they were kept."""
    return {
        name: values for name, values in given.items() if name != "radius" and (name, values) != ("sort", ["distance"])
    }


def shown(given: Arguments) -> int:
    """Return how many results to show: the step asked for, else the first."""
    asked = given.get("n", [""])[0]
    return next((step for step in SHOWN if str(step) == asked), SHOWN[0])
