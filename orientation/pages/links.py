"""Addresses of pages made from the one that is shown: everything a person chose is in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

Arguments = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Links:
    """The address that is shown, and the ways to change it."""

    path: str
    arguments: Arguments

    def with_(self, **changes: str | None) -> str:
        """Return the address with single values set, ``None`` taking one away."""
        given = {name: list(values) for name, values in self.arguments.items() if name not in changes}
        given |= {name: [value] for name, value in changes.items() if value is not None}
        return self._written(given)

    def toggled(self, name: str, code: str) -> str:
        """Return the address with a value of a repeatable parameter added, or taken away where it is there."""
        values = self.arguments.get(name, ())
        kept = [value for value in values if value != code] if code in values else [*values, code]
        return self._written({**self.arguments, name: kept, "n": ()})

    def elsewhere(self, path: str, without: Sequence[str] = (), **changes: str) -> str:
        """Return another address with the same question."""
        given = {name: values for name, values in self.arguments.items() if name not in without}
        return _joined(path, {**given, **{name: [value] for name, value in changes.items()}})

    def _written(self, given: Arguments) -> str:
        return _joined(self.path, given)


def _joined(path: str, given: Arguments) -> str:
    pairs = [(name, value) for name, values in given.items() for value in values]
    return f"{path}?{urlencode(pairs)}" if pairs else path
