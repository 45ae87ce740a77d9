"""Fields of the questions: text as it comes in a query string, turned into what criteria hold.

Each field knows its rule in words (``rule``), which is the error message and the documentation.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, fields

from mappings.age import Age
from mappings.geo import Point
from mappings.nomenclature import nomenclature

PARIS = ZoneInfo("Europe/Paris")
MAX_RADIUS_M = 1_000_000


class Parameter(fields.Field[Any]):
    """A parameter read from one text; ``repeatable`` ones are read from several and make a tuple.

    ``kind`` and ``details`` describe the text for OpenAPI; ``limit`` is its longest length in characters.
    """

    kind = "string"
    limit = 100

    def __init__(self, doc: str, rule: str, *, repeatable: bool = False, example: Any = None, **kwargs: Any) -> None:
        """Keep what documents the parameter."""
        super().__init__(**kwargs)
        self.doc, self.rule, self.repeatable, self.example = doc, rule, repeatable, example

    def read(self, text: str) -> Any:
        """Turn one text into a value; ``ValueError`` when it breaks the rule."""
        return text

    def details(self) -> dict[str, Any]:
        """Return the keywords of OpenAPI beside the type."""
        return {}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not self.repeatable:
            return self._one(value)
        return tuple(sorted({self._one(text) for text in value}))

    def _one(self, text: str) -> Any:
        if len(text) > self.limit:
            raise ValidationError(f"at most {self.limit} characters")
        try:
            return self.read(text)
        except ValueError:
            raise ValidationError(self.rule) from None


class Number(Parameter):
    """A number between two bounds, inclusive."""

    kind = "number"
    _PATTERN = re.compile(r"[+-]?\d{1,20}(\.\d{1,20})?([eE][+-]?\d{1,3})?", re.ASCII)

    def __init__(self, doc: str, low: float, high: float, **kwargs: Any) -> None:
        """Set the bounds."""
        super().__init__(doc, f"must be a number from {low:g} to {high:g}", **kwargs)
        self.low, self.high = low, high

    def read(self, text: str) -> float:
        """Refuse what is no plain decimal number, infinity and not-a-number among them."""
        if not self._PATTERN.fullmatch(text):
            raise ValueError
        number = float(text)
        if not math.isfinite(number) or not self.low <= number <= self.high:
            raise ValueError
        return number

    def details(self) -> dict[str, Any]:
        """Return the bounds."""
        return {"minimum": self.low, "maximum": self.high}


class Whole(Parameter):
    """A whole number between two bounds, inclusive."""

    kind = "integer"

    def __init__(self, doc: str, low: int, high: int, **kwargs: Any) -> None:
        """Set the bounds."""
        super().__init__(doc, f"must be a whole number from {low} to {high}", **kwargs)
        self.low, self.high = low, high

    def read(self, text: str) -> int:
        """Refuse signs, decimals and other digits than ours."""
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not self.low <= int(text) <= self.high:
            raise ValueError
        return int(text)

    def details(self) -> dict[str, Any]:
        """Return the bounds."""
        return {"minimum": self.low, "maximum": self.high}


class Flag(Parameter):
    """True or false."""

    kind = "boolean"

    def __init__(self, doc: str, **kwargs: Any) -> None:
        """Set the rule."""
        super().__init__(doc, "must be true or false", **kwargs)

    def read(self, text: str) -> bool:
        """Take the two words of JSON only."""
        if text not in {"true", "false"}:
            raise ValueError
        return text == "true"


class Choice(Parameter):
    """One word of a few."""

    def __init__(self, doc: str, choices: Collection[str], **kwargs: Any) -> None:
        """Set the words."""
        super().__init__(doc, f"must be one of {', '.join(choices)}", **kwargs)
        self.choices = tuple(choices)

    def read(self, text: str) -> str:
        """Take a word of the list."""
        if text not in self.choices:
            raise ValueError
        return text

    def details(self) -> dict[str, Any]:
        """Return the words."""
        return {"enum": list(self.choices)}


class Code(Parameter):
    """Codes of one list, retired ones included; ``criterion`` names the list."""

    def __init__(self, doc: str, criterion: str, **kwargs: Any) -> None:
        """Bind to the list of a criterion such as ``activity``."""
        self.list_id = nomenclature().criterion(criterion).id
        super().__init__(
            f"{doc} (list {self.list_id})",
            f"must be a code of list {self.list_id}",
            repeatable=True,
            **kwargs,
        )

    def read(self, text: str) -> str:
        """Take a code of the list."""
        if text not in nomenclature()[self.list_id]:
            raise ValueError
        return text


class Member(Parameter):
    """Codes of something that is no list: ``known`` says which exist."""

    def __init__(self, doc: str, rule: str, known: Callable[[str], bool], **kwargs: Any) -> None:
        """Set the test of existence."""
        super().__init__(doc, rule, **{"repeatable": True, **kwargs})
        self.known = known

    def read(self, text: str) -> str:
        """Take a code that exists."""
        if not self.known(text):
            raise ValueError
        return text


class Insee(Parameter):
    """Codes of communes; whether the gazetteer knows them is asked later."""

    def __init__(self, doc: str, **kwargs: Any) -> None:
        """Set the rule."""
        super().__init__(doc, "must be the INSEE code of a commune, such as 76540", repeatable=True, **kwargs)

    def read(self, text: str) -> str:
        """Take what looks like a code."""
        if not re.fullmatch(r"(\d{2}|2[AB])\d{3}", text, re.ASCII):
            raise ValueError
        return text


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


class Names(Parameter):
    """Names separated by commas, ``none`` for none; order is kept."""

    def __init__(self, doc: str, known: Collection[str], **kwargs: Any) -> None:
        """Set the names."""
        super().__init__(doc, f"must be none, or names among {', '.join(known)}, with commas", **kwargs)
        self.known = tuple(known)
        self.limit = 500

    def read(self, text: str) -> tuple[str, ...]:
        """Return each name once."""
        if text == "none":
            return ()
        names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
        if not set(names) <= set(self.known):
            raise ValueError
        return names


class Words(Parameter):
    """Free text of bounded length."""

    def __init__(self, doc: str, limit: int, **kwargs: Any) -> None:
        """Set the longest length."""
        super().__init__(doc, f"must have 1 to {limit} characters", **kwargs)
        self.limit = limit

    def read(self, text: str) -> str:
        """Drop blanks around, refuse nothing but blanks."""
        if not text.strip():
            raise ValueError
        return text.strip()

    def details(self) -> dict[str, Any]:
        """Return the length."""
        return {"minLength": 1, "maxLength": self.limit}
