"""Contacts as a profile may see them: a contact's level and each telecom's own both count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mappings.unit import STRICTEST
from orientation.access import Access, Sees
from orientation.render.labels import coded, without_nothing


@dataclass(frozen=True, slots=True)
class Sight:
    """What a profile sees of one unit: its field and whether it is sensitive decide."""

    access: Access
    field: str
    sensitive: bool

    @classmethod
    def of(cls, unit: Mapping[str, Any], access: Access) -> Sight:
        """Return the sight of a unit in its JSON shape."""
        return cls(access, unit["field"], bool(unit.get("sensitive", False)))

    @property
    def sees(self) -> Sees:
        """How much of the counts of beds may be shown."""
        return self.access.counts(self.field, sensitive=self.sensitive)

    @property
    def counts(self) -> bool:
        """Whether operational counts of beds may be shown."""
        return self.sees >= Sees.ORDINARY

    def level(self, record: Mapping[str, Any]) -> bool:
        """Whether a contact or telecom may be shown."""
        level = record.get("confidentiality", STRICTEST)
        return self.access.sees_confidentiality(level, self.field, sensitive=self.sensitive)


def contacts(found: Iterable[Mapping[str, Any]], sight: Sight) -> list[dict[str, Any]]:
    """Return the contacts that may be shown, each with the telecoms that may be."""
    return [
        without_nothing(
            {
                "name": contact.get("name"),
                "function": coded("R251", contact.get("function")),
                "nature": coded("R287", contact.get("nature")),
                "description": contact.get("description"),
                "confidentiality": coded("R283", contact.get("confidentiality")),
                "telecoms": telecoms(contact.get("telecoms", ()), sight),
            }
        )
        for contact in found
        if sight.level(contact)
    ]


def telecoms(found: Iterable[Mapping[str, Any]], sight: Sight) -> list[dict[str, Any]]:
    """Return the telecoms that may be shown."""
    return [
        without_nothing(
            {
                "channel": coded("R200", telecom["channel"]),
                "value": telecom["value"],
                "usage": telecom.get("usage"),
                "confidentiality": coded("R283", telecom.get("confidentiality")),
            }
        )
        for telecom in found
        if sight.level(telecom)
    ]
