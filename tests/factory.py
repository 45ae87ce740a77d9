"""Valid things; a test states only what matters to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from mappings.age import Age, AgeRange
from mappings.capacity import AVAILABLE, BED, INSTALLED, Capacity, CapacityKey
from mappings.geo import Point
from mappings.unit import Address, CareLocation, Contact, LegalEntity, Site, Telecom, Unit

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ROUEN = Point(49.4431, 1.0993)


def make_unit(**changes: Any) -> Unit:
    """Return an adult critical-care unit in Rouen, with one place and a contact of each level."""
    name = changes.get("id", "UNIT-1")
    given = {
        "id": name,
        "name": "Réanimation médicale",
        "field": "01",
        "activities": ("127",),
        "care_mode": "28",
        "site": make_site(),
        "updated_at": NOW - timedelta(days=2),
        "age": AgeRange(Age(16), Age(120)),
        "publics": ("07",),
        "contacts": tuple(make_contact(level) for level in ("1", "2", "3")),
        "places": (make_place(id=f"{name}-P1"),),
        "region": "28",
    }
    return Unit(**{**given, **changes})


def make_site(**changes: Any) -> Site:
    """Return a hospital site of Rouen."""
    given = {
        "name": "CHU de Rouen",
        "finess": "760780239",
        "category": "101",
        "legal_entity": LegalEntity(finess="760000158", name="CHU Rouen"),
    }
    return Site(**{**given, **changes})


def make_place(**changes: Any) -> CareLocation:
    """Return a place of care in the middle of Rouen."""
    given = {
        "id": "P1",
        "insee": "76540",
        "point": ROUEN,
        "geo_precision": "housenumber",
        "address": Address(lines=("1 rue de Germont",), postcode="76000", commune="Rouen"),
    }
    return CareLocation(**{**given, **changes})


def make_contact(level: str, **changes: Any) -> Contact:
    """Return a contact of a confidentiality level, with one telecom of that level."""
    given = {
        "name": f"Contact {level}",
        "confidentiality": level,
        "telecoms": (Telecom(channel="2", value=f"023500000{level}", confidentiality=level),),
    }
    return Contact(**{**given, **changes})


def make_beds(available: int | None = 2, installed: int | None = 12, **changes: Any) -> tuple[Capacity, ...]:
    """Return counts of beds, observed nine minutes ago by hand."""
    said = {"observed_at": NOW - timedelta(seconds=540), "source": "01", **changes}
    counts = ((AVAILABLE, available), (INSTALLED, installed))
    return tuple(
        Capacity(key=CapacityKey(kind=BED, status=status), count=count, **said)
        for status, count in counts
        if count is not None
    )
