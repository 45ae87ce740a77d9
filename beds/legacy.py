"""The 2015 and ME 2.4 shape of bed counts, mapped to today's keys.

It knows installed and available beds and places with the time of their update, and what may be mobilised in a crisis
at once (T0) and within 60 minutes (T60).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mappings.capacity import AVAILABLE, BED, EXTRA, HORIZONS, INSTALLED, NOW, PLACE
from mappings.errors import FieldError, InvalidInput, shorten

CRISIS = "02"
"""R336 code of an exceptional sanitary situation (plan blanc), which T0 and T60 are about."""


@dataclass(frozen=True, slots=True)
class _Count:
    """Where a number of the old shape goes, and the field that holds its time."""

    time: str
    key: Mapping[str, str]


COUNTS: Mapping[str, _Count] = {
    "nbLitsInstalles": _Count("dateMajLits", {"kind": BED, "status": INSTALLED}),
    "nbLitsDisponibles": _Count("dateMajLits", {"kind": BED, "status": AVAILABLE}),
    "nbPlacesInstallees": _Count("dateMajPlaces", {"kind": PLACE, "status": INSTALLED}),
    "nbPlacesDisponibles": _Count("dateMajPlaces", {"kind": PLACE, "status": AVAILABLE}),
    "nbLitsT0": _Count("dateMajCrise", {"kind": BED, "status": EXTRA, "horizon": NOW, "crisis": CRISIS}),
    "nbLitsT60": _Count("dateMajCrise", {"kind": BED, "status": EXTRA, "horizon": HORIZONS["1h"], "crisis": CRISIS}),
}
TIMES = frozenset(count.time for count in COUNTS.values())
OTHERS = frozenset({"unit", "place", "source"})


def is_legacy(said: Mapping[str, Any]) -> bool:
    """Say whether a line has the old shape: any of its numbers is there."""
    return not COUNTS.keys().isdisjoint(said)


def expand(said: Mapping[str, Any], place: str) -> Iterator[dict[str, Any]]:
    """Yield today's writes of a line of the old shape; ``InvalidInput`` names what it does not know.

    A number's own time is taken, else ``dateMajLits``. Without ``source``, a person entered it (R335 01), which is
    how counts came in 2015.
    """
    if strange := sorted(said.keys() - COUNTS.keys() - TIMES - OTHERS):
        raise InvalidInput([FieldError(shorten(name), "unknown field of the 2015 shape") for name in strange])
    for name, count in COUNTS.items():
        if name in said:
            time = count.time if count.time in said else "dateMajLits"
            if time not in said:
                raise InvalidInput([FieldError(count.time, f"is required with {name}")])
            yield {
                "op": "add",
                "place": place,
                **count.key,
                "count": said[name],
                "observed_at": said[time],
                "source": said.get("source", "01"),
            }
