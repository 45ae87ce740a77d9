"""A directory whose hidden things are marked, and the same directory as each profile may know it.

What a profile may know is written here from the national policy, apart from the product's own rules: an answer to a
profile must be the same from the whole directory and from the one in which nothing hidden ever was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from indexer.synth import synthesize
from mappings.capacity import Capacity, CapacityKey
from mappings.gazetteer import Gazetteer
from mappings.unit import CareLocation, Contact, Site, Telecom, Unit

MEDICO_SOCIAL = "04"
SHOWN = {
    "MKSENS": {1, 4},
    "MKSENSL2": {1},
    "MKSENSL3": {1},
    "MKL2S": {1, 2, 5},
    "MKL2M": {1, 2, 3, 5},
    "MKL3": {1},
    "MKORDS": {1, 2, 4},
    "MKORDM": {1, 2, 3, 4},
    "MKEXC": {1, 4},
}
"""Mark → profiles that may see it."""
OF_COUNTS = {"MKORDS", "MKORDM", "MKEXC"}
ALONE = "76259"
"""Fécamp: where only a sensitive unit is."""
RARE = "089"
"""Activity (R211, prison medicine) that only sensitive units have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Whoever asks: a profile, with or without the scope of beds."""

    name: str
    profile: int
    reads_beds: bool = True

    def may_see(self, mark: str) -> bool:
        """Say whether a mark may be in an answer to them."""
        return self.profile in SHOWN[mark] and (self.reads_beds or mark not in OF_COUNTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Units as they are loaded, and counts written since, which are in the history."""

    units: tuple[Unit, ...]
    writes: tuple[dict[str, Any], ...]

    def place_ids(self) -> list[str]:
        """Return the ids of all places, each once."""
        return list(dict.fromkeys(place.id for unit in self.units for place in unit.places))


def whole(count: int, as_of: datetime, gazetteer: Gazetteer) -> World:
    """Return the directory with all that is to be hidden."""
    made = list(synthesize(count, seed=11, region="28", gazetteer=gazetteer, as_of=as_of))
    units: list[Unit] = []
    for number, unit in enumerate(made):
        hidden = number % 7 == 3 and unit.places
        units.append(_marked(_sensitive(unit, number, made) if hidden else unit, number, as_of))
    units = _agreed(units)
    return World(units=tuple(units), writes=tuple(_writes(units, as_of)))


def _sensitive(unit: Unit, number: int, made: list[Unit]) -> Unit:
    """Return a unit as a sensitive one: some alone in their activity, commune and site, some sharing a place."""
    hidden = replace(unit, id=f"28/MKSENS-{number}", name=f"Unité MKSENS {number}", sensitive=True)
    if number % 14 == 3:
        site = replace(unit.site, name=f"Centre MKSENS {number}", finess=f"7602{number:05d}", helipad=True)
        place = replace(
            unit.places[0], id=f"28/MKSENS-P{number}", insee=ALONE, point=None, name=f"Zone MKSENS {number}"
        )
        return replace(hidden, activities=(RARE,), site=site, places=(replace(place, address=None),))
    neighbour = next(each for each in made[number + 1 :] + made if each.places and not each.sensitive)
    return replace(hidden, places=(neighbour.places[0],))


def _marked(unit: Unit, number: int, as_of: datetime) -> Unit:
    """Mark the contacts by level, the counts by who may see them."""
    kind = "M" if unit.field == MEDICO_SOCIAL else "S"
    site = replace(
        unit.site,
        helipad=number % 2 == 0,
        orsan_level="1" if number % 3 else "4",
        contacts=tuple(_contact(each, unit, f"{number}s{n}") for n, each in enumerate(unit.site.contacts)),
        telecoms=tuple(_telecom(each, unit, f"{number}t{n}") for n, each in enumerate(unit.site.telecoms)),
    )
    contacts = tuple(_contact(each, unit, f"{number}u{n}") for n, each in enumerate(_three_levels(unit)))
    boxes = tuple(_telecom(each, unit, f"{number}b{n}") for n, each in enumerate(unit.mailboxes))
    places = tuple(_counted(place, kind, number, as_of) for place in unit.places)
    return replace(unit, site=site, contacts=contacts, mailboxes=boxes, places=places)


def _three_levels(unit: Unit) -> tuple[Contact, ...]:
    """Return contacts of every level, among them a free one with a very restricted number."""
    numbers = [Telecom(channel="2", value="0", confidentiality=level) for level in ("1", "2", "3")]
    more = tuple(Contact(nature="04", confidentiality=level, telecoms=tuple(numbers)) for level in ("1", "2", "3"))
    return (*unit.contacts[:2], *more)


def _mark(level: str, unit: Unit) -> str:
    if unit.sensitive:
        return "MKSENS" if level == "1" else f"MKSENSL{level}"
    if level == "2":
        return "MKL2M" if unit.field == MEDICO_SOCIAL else "MKL2S"
    return {"1": "free", "3": "MKL3"}[level]


def _telecom(telecom: Telecom, unit: Unit, number: str) -> Telecom:
    return replace(telecom, value=f"{_mark(telecom.confidentiality, unit)}-{number}", usage=None)


def _contact(contact: Contact, unit: Unit, number: str) -> Contact:
    mark = _mark(contact.confidentiality, unit)
    telecoms = []
    for n, each in enumerate(contact.telecoms):
        level = max(each.confidentiality, contact.confidentiality)
        value = f"{_mark(level, unit)}-{number}n{n}"
        telecoms.append(replace(each, value=value, usage=None))
    return replace(contact, name=f"{mark} {number}", description=None, telecoms=tuple(telecoms))


def _counted(place: CareLocation, kind: str, number: int, as_of: datetime) -> CareLocation:
    """Return a place with counts of every sort, of which the extra ones are the newest."""
    at = as_of - timedelta(hours=2, minutes=number % 50)
    told = f"MKORD{kind} {number}"

    def count(status: str, value: int, comment: str, age: timedelta = timedelta(0), **key: Any) -> Capacity:
        made = CapacityKey(kind="01", status=status, **key)
        return Capacity(key=made, count=value, observed_at=at - age, source="02", comment=comment)

    counts = [
        count("01", 20 + number % 9, told),
        count("01", 3, told, assignment="02"),
        count("06", 60 + number, f"MKEXC {number}", timedelta(minutes=-90), extra_kind="03"),
        count("06", 70 + number, f"MKEXC {number}", timedelta(minutes=-95), crisis="02"),
        count("05", number % 3, told, closing_kind="01"),
        count("03", number % 8, told),
    ]
    if number % 4:
        counts += [count("02", number % 5, told), count("02", number % 4, told, horizon="03")]
    if number % 9 == 5:  # nothing but beds above the installed ones
        counts = [each for each in counts if each.key.status == "06"]
    return replace(place, capacities=tuple(counts))


def _agreed(units: list[Unit]) -> list[Unit]:
    """Return the units with one word on each place that several of them use: that of the first that is open."""
    said: dict[str, CareLocation] = {}
    for unit in sorted(units, key=lambda each: (each.sensitive, each.field != MEDICO_SOCIAL)):
        for place in unit.places:
            said.setdefault(place.id, place)
    return [replace(unit, places=tuple(said[place.id] for place in unit.places)) for unit in units]


def _writes(units: Iterable[Unit], as_of: datetime) -> list[dict[str, Any]]:
    """Return counts to be written after the load, one ordinary and one extra for a place in three."""
    places = {place.id: (place, unit) for unit in units for place in unit.places if place.is_open}
    found = []
    for number, (place, unit) in enumerate(places.values()):
        if number % 3:
            continue
        kind = "M" if unit.field == MEDICO_SOCIAL else "S"
        at = (as_of - timedelta(minutes=10)).isoformat()
        plain = {"place": place.id, "op": "add", "kind": "01", "observed_at": at, "source": "04"}
        found.append({**plain, "status": "02", "count": number % 6, "comment": f"MKORD{kind} later"})
        found.append({**plain, "status": "06", "extra_kind": "02", "count": 80, "comment": "MKEXC later"})
    return found


def known_to(who: Who, world: World) -> World:
    """Return the directory in which nothing that they may not see ever was."""
    units = [unit for unit in world.units if not unit.sensitive or who.profile in {1, 4}]
    level: dict[str, int] = {}
    for unit in units:
        for place in unit.places:
            level[place.id] = max(level.get(place.id, 0), _level(who, unit.field))
    kept = tuple(_stripped(unit, who, level) for unit in units)
    writes = tuple(each for each in world.writes if _write_known(each, level))
    return World(units=kept, writes=writes)


def _level(who: Who, field: str) -> int:
    """Return 1 for what is free of counts, 2 for all but the exceptional ones, 3 for all."""
    if not who.reads_beds:
        return 1
    if who.profile == 3:
        return 2 if field == MEDICO_SOCIAL else 1
    return {0: 1, 1: 3, 2: 2, 4: 3, 5: 1}[who.profile]


def _write_known(write: Mapping[str, Any], level: Mapping[str, int]) -> bool:
    seen = level.get(write["place"], 0)
    return seen == 3 or (seen == 2 and write["status"] != "06")


def _stripped(unit: Unit, who: Who, level: Mapping[str, int]) -> Unit:
    site: Site = replace(
        unit.site, contacts=_seen(unit.site.contacts, unit, who), telecoms=_heard(unit.site.telecoms, unit, who)
    )
    if who.profile != 1:
        site = replace(site, helipad=None, orsan_level=None)
    places = tuple(
        replace(
            place,
            telecoms=_heard(place.telecoms, unit, who),
            capacities=tuple(_counts(place.capacities, level[place.id])),
        )
        for place in unit.places
    )
    return replace(
        unit,
        site=site,
        places=places,
        contacts=_seen(unit.contacts, unit, who),
        mailboxes=_heard(unit.mailboxes, unit, who),
    )


def _level_seen(level: str, unit: Unit, who: Who) -> bool:
    if who.profile == 1:
        return True
    wide = who.profile in {2, 5} or (who.profile == 3 and unit.field == MEDICO_SOCIAL)
    return level in ({"1", "2"} if wide else {"1"})


def _seen(contacts: Iterable[Contact], unit: Unit, who: Who) -> tuple[Contact, ...]:
    return tuple(
        replace(each, telecoms=_heard(each.telecoms, unit, who))
        for each in contacts
        if _level_seen(each.confidentiality, unit, who)
    )


def _heard(telecoms: Iterable[Telecom], unit: Unit, who: Who) -> tuple[Telecom, ...]:
    return tuple(each for each in telecoms if _level_seen(each.confidentiality, unit, who))


def _counts(counts: Iterable[Capacity], level: int) -> Iterable[Capacity]:
    for count in counts:
        exceptional = count.key.status == "06" or count.key.crisis is not None
        if level == 3 or (level == 2 and not exceptional):
            yield count
        elif level == 1 and count.key.status == "01" and count.key.assignment == "01":
            yield replace(count, source=None, comment=None)
