"""What a profile may see of a unit and of its structures, in their JSON shape, before any of it becomes XML.

The rules are those of ``orientation.access``; here they meet the records that the CSD facade writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mappings.schema.place import CapacitySchema
from orientation.access import Access, seen_count
from orientation.render.contacts import Sight

Json = dict[str, Any]
Counts = Mapping[str, Sequence[Mapping[str, Any]]]

_DEFENCE = ("helipad", "orsan_level")
"""What a site is in a crisis (zonePoser, niveauRecoursORSAN)."""
_PARTS = tuple(CapacitySchema().fields)
"""Fields of a count that are exchanged; who wrote it is not."""


def seen_unit(unit: Mapping[str, Any], access: Access, counts: Counts) -> Json:
    """Return what may be seen of a unit, each place with the counts that stand there and may be seen."""
    sight = Sight.of(unit, access)
    seen = _with_contacts(unit, sight) | {"site": _seen_site(unit["site"], sight)}
    if "places" in unit:
        seen["places"] = [_with_counts(place, counts.get(place["id"], ()), sight) for place in unit["places"]]
    return seen


def seen_site(site: Mapping[str, Any], access: Access) -> Json:
    """Return what may be seen of a site by itself, whatever units it has."""
    return _seen_site(site, Sight(access, "", sensitive=False))


def _seen_site(site: Mapping[str, Any], sight: Sight) -> Json:
    seen = _with_contacts(site, sight)
    return seen if sight.access.sees_defence else {name: seen[name] for name in seen if name not in _DEFENCE}


def _with_contacts(record: Mapping[str, Any], sight: Sight) -> Json:
    """Return a record with those of its contacts, and of their telecoms, that may be seen."""
    seen = dict(record)
    for field in ("contacts", "telecoms", "mailboxes"):
        if field in record:
            kept = [_with_contacts(each, sight) for each in record[field] if sight.level(each)]
            seen[field] = kept
            if not kept:
                del seen[field]
    return seen


def _with_counts(place: Mapping[str, Any], records: Sequence[Mapping[str, Any]], sight: Sight) -> Json:
    seen = {name: value for name, value in place.items() if name != "capacities"}
    kept = [_exchanged(count) for record in records if (count := seen_count(record, sight.sees)) is not None]
    return seen | ({"capacities": kept} if kept else {})


def _exchanged(count: Mapping[str, Any]) -> Json:
    return {name: count[name] for name in _PARTS if count.get(name) is not None}
