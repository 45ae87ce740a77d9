"""The product's errors, one tree; each surface maps it once (problem body, CSD fault, exit code)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with the input: where, what was given, which rule it breaks."""

    field: str
    rule: str
    value: str = ""

    def __str__(self) -> str:
        """Write it as one line for a report."""
        return f"{self.field}: {self.rule}" + (f" (got {self.value})" if self.value else "")


class RorError(Exception):
    """Anything this product refuses or fails at, with a sentence for the person who asked."""


class InvalidInput(RorError):
    """Input breaks rules; ``errors`` names each field."""

    def __init__(self, errors: list[FieldError], extra: dict[str, Any] | None = None) -> None:
        """Keep the errors and anything a person needs to choose (candidates)."""
        super().__init__("; ".join(str(error) for error in errors))
        self.errors = errors
        self.extra = extra or {}


class NotFound(RorError):
    """What was asked for by its id does not exist."""


class Conflict(RorError):
    """What is stored is newer than what was sent; ``stored`` shows it."""

    def __init__(self, message: str, stored: dict[str, Any] | None = None) -> None:
        """Keep what is stored."""
        super().__init__(message)
        self.stored = stored or {}


def shorten(value: object, limit: int = 80) -> str:
    """Return a value fit for a message: one line, bounded, so that 10 kB of input are not sent back."""
    text = " ".join(str(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
