"""What a profile may see of a unit and of its structures, in their JSON shape, before any of it becomes XML.

The rules are those of ``orientation.access``; here they meet the records that the CSD facade writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mappings.schema.place import CapacitySchema
from orientation.access import Access, Sees, seen_count
from orientation.render.contacts import Sight

Json = dict[str, Any]

_DEFENCE = ("helipad", "orsan_level")
"""What a site is in a crisis (zonePoser, niveauRecoursORSAN)."""
_PARTS = frozenset(CapacitySchema().fields)
"""Fields of a count that are exchanged; who wrote it is not."""


def seen_unit(unit: Mapping[str, Any], access: Access) -> Json:
    """Return what may be seen of a unit, bed counts apart."""
    sight = Sight.of(unit, access)
    return _with_contacts(unit, sight) | {"site": _seen_site(unit["site"], sight)}


def seen_counts(records: Sequence[Mapping[str, Any]], sees: Sees) -> list[Json]:
    """Return the counts of a place that may be seen, what of each is exchanged."""
    return [_exchanged(count) for record in records if (count := seen_count(record, sees)) is not None]


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


def _exchanged(count: Mapping[str, Any]) -> Json:
    return {name: value for name, value in count.items() if value is not None and name in _PARTS}
