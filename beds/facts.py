"""What the directory of units says of a bed zone: who uses it, where it is, how fresh its counts must be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mappings.nomenclature import freshness_class, freshness_policies, groups_of
from mappings.territory import department_of, region_of

PLACE_FIELDS = (
    "id",
    "activities",
    "field",
    "sensitive",
    "finess",
    "unit.site.name",
    "unit.places.id",
    "unit.places.sync_id",
    "unit.places.name",
    "unit.places.insee",
)
"""Fields of a unit's document that say something of its places."""


@dataclass(slots=True)
class Uses:
    """What the units that use a place have in common to say."""

    activities: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    sites: set[str] = field(default_factory=set)
    site_names: set[str] = field(default_factory=set)
    freshness: set[str] = field(default_factory=set)

    def add(self, document: Mapping[str, Any]) -> None:
        """Add what one unit says."""
        site = document["unit"]["site"]["name"]
        self.activities.update(document["activities"])
        self.fields.add(document["field"])
        self.sites.add(document.get("finess") or site)
        self.site_names.add(site)
        self.freshness.add(freshness_class(document["activities"]))

    def to_dict(self) -> dict[str, Any]:
        """Return it as the store keeps it, empty things left out; ``freshness`` is the strictest class."""
        groups = {group for activity in self.activities for group in groups_of(activity)}
        told: dict[str, Any] = {
            "activities": sorted(self.activities),
            "activity_groups": sorted(groups),
            "fields": sorted(self.fields),
            "sites": sorted(self.sites),
            "site_names": sorted(self.site_names),
            "freshness": next((code for code in freshness_policies() if code in self.freshness), None),
        }
        return {name: value for name, value in told.items() if value}


@dataclass(slots=True)
class Facts:
    """The facts of one place, gathered from every unit that uses it; empty when none does.

    ``open`` is what the units that are not sensitive say: a place may be shared with one that is, and nothing of
    that one may show through to those who may not know of it.
    """

    place: dict[str, Any] = field(default_factory=dict)
    said_by: tuple[bool, str] = (True, "")
    units: set[str] = field(default_factory=set)
    every: Uses = field(default_factory=Uses)
    open: Uses = field(default_factory=Uses)
    sensitive: bool = True

    def to_dict(self, also_units: Iterable[str] = ()) -> dict[str, Any]:
        """Return what the store keeps; only the units are kept when nothing is known."""
        units = sorted(self.units.union(also_units))
        if not self.units:
            return {"units": units}
        department = department_of(self.place["insee"])
        told: dict[str, Any] = {
            "sync_id": self.place.get("sync_id"),
            "name": self.place.get("name"),
            "insee": self.place["insee"],
            "department": department,
            "region": region_of(department),
            "units": units,
            **self.every.to_dict(),
            "open": self.open.to_dict() or None,
            "sensitive": self.sensitive,
        }
        return {name: value for name, value in told.items() if value is not None and value != []}


def merge_facts(found: dict[str, Facts], document: Mapping[str, Any]) -> None:
    """Add what one unit says of its places; of what two units say differently, the smaller id's word is kept.

    The word of a unit that is not sensitive goes before. A place that does not work (R203) is known to the store and
    to writers, but searches do not show it.
    """
    said_by = (bool(document["sensitive"]), str(document["id"]))
    for place in document["unit"].get("places", ()):
        facts = found.setdefault(place["id"], Facts())
        if not facts.units or said_by < facts.said_by:
            facts.place, facts.said_by = dict(place), said_by
        facts.units.add(document["id"])
        facts.every.add(document)
        if not document["sensitive"]:
            facts.open.add(document)
            facts.sensitive = False
