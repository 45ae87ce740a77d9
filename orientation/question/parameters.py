"""Parameters as text, and the plain ones: numbers, words, codes.

Each knows its rule in words (``rule``), which is the error message and the documentation.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from marshmallow import ValidationError, fields

from mappings.nomenclature import nomenclature
from mappings.territory import departments, regions


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


class Department(Member):
    """Codes of departments."""

    def __init__(self, doc: str, **kwargs: Any) -> None:
        """Set the rule and the example."""
        rule, example = "must be a department code such as 76, 2A or 971", ["76"]
        super().__init__(doc, rule, lambda code: code in departments(), **{"example": example, **kwargs})


class Region(Member):
    """INSEE codes of regions."""

    def __init__(self, doc: str, **kwargs: Any) -> None:
        """Set the rule and the example."""
        rule, example = "must be a region code such as 28 or 11", ["28"]
        super().__init__(doc, rule, lambda code: code in regions(), **{"example": example, **kwargs})


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


class Peers(Parameter):
    """Codes of other directories, or one of three words; which exist is asked later."""

    def __init__(self, doc: str, **kwargs: Any) -> None:
        """Set the rule."""
        super().__init__(doc, "must be auto, all, none or the code of a peer or region", repeatable=True, **kwargs)

    def read(self, text: str) -> str:
        """Take what looks like a code."""
        if not re.fullmatch(r"[A-Za-z0-9-]{1,40}", text, re.ASCII):
            raise ValueError
        return text


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


class FreeText(Words):
    """Text in which any character is allowed: what means nothing is told, not refused."""
