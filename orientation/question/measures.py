"""Parameters that measure: distances, lengths of time, ages, moments, points."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from mappings.age import Age
from mappings.geo import Point
from orientation.question.parameters import Parameter

PARIS = ZoneInfo("Europe/Paris")
MAX_RADIUS_M = 1_000_000


class Radius(Parameter):
    """A distance such as ``30km`` or ``800m``, in whole metres."""

    def __init__(self, doc: str, **kwargs: Any) -> None:
        """Set the rule."""
        super().__init__(doc, "must be a distance such as 30km or 800m, from 0 to 1000km", **kwargs)

    def read(self, text: str) -> int:
        """Return metres."""
        match = re.fullmatch(r"(\d{1,7}(?:\.\d{1,3})?)(km|m)", text, re.ASCII)
        if match is None:
            raise ValueError
        metres = float(match[1]) * (1000 if match[2] == "km" else 1)
        if metres > MAX_RADIUS_M:
            raise ValueError
        return round(metres)


class Duration(Parameter):
    """A length of time such as ``30m``, ``12h`` or ``2d``, in seconds."""

    _SECONDS: ClassVar = {"m": 60, "h": 3600, "d": 86_400}
    longest_s = 365 * 86_400

    def __init__(self, doc: str, **kwargs: Any) -> None:
        """Set the rule."""
        super().__init__(doc, "must be a length of time such as 30m, 12h or 2d, from 1m to 365d", **kwargs)

    def read(self, text: str) -> int:
        """Return seconds."""
        match = re.fullmatch(r"(\d{1,6})([mhd])", text, re.ASCII)
        if match is None or not 60 <= (seconds := int(match[1]) * self._SECONDS[match[2]]) <= self.longest_s:
            raise ValueError
        return seconds


class PatientAge(Parameter):
    """An age such as ``35``, ``35y``, ``18mo``, ``3wk`` or ``10d``."""

    def __init__(self, doc: str, **kwargs: Any) -> None:
        """Set the rule."""
        super().__init__(doc, "must be an age such as 35, 35y, 18mo, 3wk or 10d, up to 150 years", **kwargs)

    def read(self, text: str) -> Age:
        """Return the age."""
        if not text.isascii():
            raise ValueError
        return Age.parse(text)


class Moment(Parameter):
    """A time: ``now``, or ISO with date, time and best a zone; ``None`` stands for now."""

    _ISO = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+ -]\d\d:\d\d)?", re.ASCII)

    def __init__(self, doc: str, **kwargs: Any) -> None:
        """Set the rule."""
        rule = "must be now, or an ISO date and time of this century such as 2026-11-24T20:30:00+01:00"
        super().__init__(doc, rule, **kwargs)

    def read(self, text: str) -> datetime | str:
        """Return a time, naive where the text gives no zone, or ``now``.

        A ``+`` not escaped in a query string comes as a blank: it is read as the sign it was.
        """
        if text == "now":
            return text
        if not self._ISO.fullmatch(text):
            raise ValueError
        if text[-6] == " ":
            text = text[:-6] + "+" + text[-5:]
        return datetime.fromisoformat(text)


def moment_of(value: datetime | str | None, now: datetime) -> datetime | None:
    """Return what a ``Moment`` means: ``now``, or a time of Paris where it gives no zone."""
    if value is None:
        return None
    if isinstance(value, str):
        return now
    return value if value.tzinfo else value.replace(tzinfo=PARIS)


class LatLon(Parameter):
    """A point written ``lat,lon``."""

    def __init__(self, doc: str, **kwargs: Any) -> None:
        """Set the rule."""
        super().__init__(doc, "must be lat,lon in WGS84 degrees, such as 49.44,1.1", **kwargs)

    def read(self, text: str) -> Point:
        """Return the point."""
        lat, comma, lon = text.partition(",")
        number = re.compile(r"-?\d{1,3}(\.\d{1,20})?", re.ASCII)
        if not comma or not number.fullmatch(lat.strip()) or not number.fullmatch(lon.strip()):
            raise ValueError
        return Point(float(lat), float(lon))
