"""Numbers, distances, times and ages as people read them in French."""

from __future__ import annotations

import math
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_NARROW = "\u202f"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def number(value: int) -> str:
    """Write a whole number, its thousands apart."""
    return f"{value:,}".replace(",", _NARROW)


def plural(count: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun; zero is singular in French."""
    return f"{number(count)} {one if count < 2 else many or one + 's'}"


def percent(share: float | None) -> str:
    """Write a share of 0 to 1 in hundredths with one decimal, rounded down: only all is 100 %, only nothing is 0 %."""
    if share is None:
        return ""
    tenths = math.floor(share * 1000 + 1e-9)
    if tenths == 0 and share > 0:
        return f"moins de 0,1{_NARROW}%"
    whole, decimal = divmod(tenths, 10)
    return f"{whole},{decimal}{_NARROW}%" if 0 < tenths < 1000 else f"{whole}{_NARROW}%"


def distance(metres: float | None) -> str:
    """Write a distance: metres under a kilometre, one decimal under ten, whole kilometres over."""
    if metres is None:
        return ""
    if metres < 1000:
        return f"{round(metres)}{_NARROW}m"
    if metres < 9_950:
        return f"{metres / 1000:.1f}{_NARROW}km".replace(".", ",")
    return f"{number(round(metres / 1000))}{_NARROW}km"


def ago(seconds: float) -> str:
    """Write how long ago; the scripts of the pages say the same as time passes."""
    if seconds < _MINUTE:
        return "à l’instant"
    if seconds < 2 * _HOUR:
        return f"il y a {int(seconds // _MINUTE)} min"
    if seconds < 2 * _DAY:
        return f"il y a {int(seconds // _HOUR)} h"
    return f"il y a {int(seconds // _DAY)} jours"


def moment(when: datetime, zone: tzinfo = PARIS) -> str:
    """Write a date and time of day."""
    return when.astimezone(zone).strftime("%d/%m/%Y à %H:%M")


def time_shown(text: str | None, now: datetime) -> dict[str, str] | None:
    """Return an instant as templates show it: machine text, date in words, and how long ago."""
    if text is None:
        return None
    when = datetime.fromisoformat(text)
    return {"iso": text, "at": moment(when), "ago": ago(max(0.0, (now - when).total_seconds()))}
