"""Bed zones as a ward's form shows them: a line a count, what is free first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from beds.records import KEY_PARTS, Record, key_text
from beds.seeding import LOADER
from beds.store import Zone
from engine.gateway import Gateway
from mappings.capacity import AVAILABLE, BED, NO_ASSIGNMENT, NOW, PLACE, CapacityKey
from orientation.access import Access, exceptional
from orientation.pages.french import time_shown
from orientation.render.labels import coded

MAX_ZONES = 150
"""Most zones of one form."""
_LISTS = {"horizon": "R331", "gender": "R332", "closing_kind": "R333", "extra_kind": "R334", "crisis": "R336"}
_WORDS = {"01": "installés", "02": "libres", "03": "occupés", "04": "réservés", "05": "fermés", "06": "supplémentaires"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One count of a zone: what was said of it when the form was made, and what the person says now."""

    zone: str
    key: str
    was: int | None
    seen: str
    said: str

    @property
    def main(self) -> bool:
        """Say whether it is what is free now, which every sending verifies."""
        parts = _parts(self.key)
        return parts["status"] == AVAILABLE and parts["horizon"] == NOW

    @property
    def exceptional(self) -> bool:
        """Say whether it counts beds above the installed ones or those of a crisis."""
        return exceptional(_parts(self.key))

    @property
    def told(self) -> bool:
        """Say whether it is to be written: verified when it is what is free, else only if it changed."""
        return self.said != "" and (self.main or self.said != str("" if self.was is None else self.was))


def units_of_site(gateway: Gateway, index: str, finess: str, rights: Access) -> list[dict[str, Any]]:
    """Return the documents of the units of a site whose counts the profile may see."""
    body = {
        "size": 500,
        "query": {"bool": {"filter": [{"term": {"finess": finess}}]}},
        "_source": ["id", "unit.name", "unit.site.name", "place_ids", "field", "sensitive"],
        "track_total_hits": False,
    }
    hits = gateway.search(index, body)["hits"]["hits"]
    return [hit["_source"] for hit in hits if may_write(hit["_source"], rights)]


def may_write(document: Mapping[str, Any], rights: Access) -> bool:
    """Say whether the profile may see the counts of a unit."""
    return rights.sees_counts_of(document["field"], sensitive=bool(document.get("sensitive")))


def lines_of(zone: Zone) -> list[Line]:
    """Return the lines of a zone, one for what is free now even where nothing was said yet."""
    stored = [(text, record) for text, record in zone.counts.items() if not record.get("deleted")]
    lines = [_line(zone.id, text, record) for text, record in stored]
    if not any(_is_free_now(record) for _, record in stored):
        kind = PLACE if stored and all(record["kind"] == PLACE for _, record in stored) else BED
        empty = key_text(CapacityKey(kind=kind, status=AVAILABLE))
        lines.append(Line(zone=zone.id, key=empty, was=None, seen="", said=""))
    return sorted(lines, key=lambda line: (not line.main, line.key))


def _is_free_now(record: Record) -> bool:
    here = record.get("horizon", NOW) == NOW and record.get("assignment", NO_ASSIGNMENT) == NO_ASSIGNMENT
    return bool(record["status"] == AVAILABLE and here)


def _line(zone: str, text: str, record: Record) -> Line:
    return Line(zone=zone, key=text, was=record["count"], seen=record["observed_at"], said=str(record["count"]))


def conflicts(lines: Iterable[Line], zones: Mapping[str, Zone]) -> dict[tuple[str, str], Record]:
    """Return the counts that somebody else wrote since the form was made, and that differ from what is said now."""
    found = {}
    for line in lines:
        stored = zones[line.zone].counts.get(line.key) if line.zone in zones else None
        if not line.told or stored is None or stored.get("deleted") or stored["observed_at"] == line.seen:
            continue
        if str(stored["count"]) != line.said:
            found[line.zone, line.key] = stored
    return found


def write_of(line: Line, observed_at: str) -> dict[str, Any]:
    """Return what is sent to the store for a line."""
    count: Any = int(line.said) if line.said.isascii() and line.said.isdigit() else line.said
    said = {"place": line.zone, "op": "add", "count": count, "observed_at": observed_at, "source": "01"}
    return said | {name: code for name, code in _parts(line.key).items() if code}


def _parts(key: str) -> dict[str, str]:
    return dict(zip(KEY_PARTS, key.split("|"), strict=True))


def shown(line: Line, zone: Zone, now: datetime, trouble: Record | None, error: str | None) -> dict[str, Any]:
    """Return a line for the template."""
    parts = _parts(line.key)
    stored = zone.counts.get(line.key)
    more = [
        known["label"].lower()
        for name, id in _LISTS.items()
        if (known := coded(id, parts[name] or None)) and not (name == "horizon" and parts[name] == NOW)
    ]
    noun = "Places" if parts["kind"] == PLACE else "Lits"
    return {
        "zone": line.zone,
        "key": line.key,
        "main": line.main,
        "label": ", ".join((f"{noun} {_WORDS.get(parts['status'], parts['status'])}", *more)),
        "was": "" if line.was is None else line.was,
        "said": line.said,
        "seen": line.seen,
        "time": time_shown(stored["observed_at"], now) if stored else None,
        "who": _said_by(stored) if stored else None,
        "conflict": _conflict(trouble, now) if trouble else None,
        "error": error,
    }


def _conflict(stored: Record, now: datetime) -> dict[str, Any]:
    return {
        "count": stored["count"],
        "who": _said_by(stored) or "Quelqu’un",
        "time": time_shown(stored["observed_at"], now),
    }


def _said_by(stored: Record) -> str | None:
    who = stored.get("who")
    return "le chargement du répertoire" if who == LOADER else who


def refreshed(line: Line, stored: Record) -> Line:
    """Return a line that has seen what is stored: sent again, it is meant."""
    return replace(line, seen=stored["observed_at"], was=stored["count"])
