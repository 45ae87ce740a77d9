"""Where a unit is: its own point when it is believable, else its commune's centre, and always said."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from indexer.rejection import Notice
from mappings.gazetteer import Commune
from mappings.geo import Point, distance_m
from mappings.unit import CareLocation, Unit

COMMUNE = "commune"
"""``geo_precision`` of a place that stands at the centre of its commune."""
MAX_FROM_CENTRE_M = 15_000
"""A point further from its commune's centre is wrong.

Of 2,716 hospital points of an international register, 21 were further than this, up to 244 km; the widest communes
of mainland France reach about as far (Arles excepted, whose hospital is in town).
"""


_SLACK_M = {"postcode": 25_000, "epci": 60_000, "arrondissement": 60_000, "department": 100_000}
"""How far a centre that is the mean of a group may be from the commune itself, by ``Commune.point_source``.

Measured against 34,915 town halls: greatest error 29 km for a postcode's mean, 59 km for an EPCI's or an
arrondissement's, Guyane apart. Centres from any other source are the commune's own.
"""
_SLACK_GUYANE_M = 200_000
"""Saül is 182 km from the mean of its EPCI."""


class Centres(Protocol):
    """What knows the centre of a commune; a ``Gazetteer`` does."""

    def centre(self, insee: str) -> Point | None:
        """Return the point of a commune, ``None`` when it is unknown or has none."""

    def get(self, insee: str) -> Commune | None:
        """Return the commune, whose ``point_source`` says what its point is worth."""


def locate(unit: Unit, gazetteer: Centres) -> tuple[Unit, tuple[Notice, ...]]:
    """Return the unit with every place located as well as can be, and what had to be said about it.

    A unit without a place whose site names a commune gets one, ``<id>@site``.
    """
    places = unit.places or _site_place(unit)
    located = [_locate_place(unit.id, index, place, gazetteer) for index, place in enumerate(places)]
    found = tuple(place for place, _ in located)
    notices = tuple(notice for _, said in located for notice in said)
    if not places:
        notices = (Notice(None, unit.id, "places", "no place and no commune of the site: it is nowhere"),)
    return (unit if found == unit.places else replace(unit, places=found)), notices


def _site_place(unit: Unit) -> tuple[CareLocation, ...]:
    site = unit.site
    if site.insee is None:
        return ()
    return (CareLocation(id=f"{unit.id}@site", insee=site.insee, name=site.name, address=site.address),)


def _locate_place(
    unit_id: str, index: int, place: CareLocation, gazetteer: Centres
) -> tuple[CareLocation, tuple[Notice, ...]]:
    field = f"places.{index}"
    centre = gazetteer.centre(place.insee)
    if centre is None:
        then = "it has no point at all" if place.point is None else "its point is kept unchecked"
        reason = f"the gazetteer knows no centre of commune {place.insee}: {then}"
        return place, (Notice(None, unit_id, f"{field}.insee", reason, place.insee),)
    slack = _slack(place.insee, gazetteer)
    standing = f"the {'approximate ' if slack else ''}centre of commune {place.insee}"
    if place.point is None:
        reason = f"no coordinates: placed at {standing}"
        return _at_centre(place, centre), (Notice(None, unit_id, f"{field}.point", reason),)
    away = distance_m(place.point, centre)
    if away <= MAX_FROM_CENTRE_M:
        return place, ()
    value = f"{place.point.lat},{place.point.lon}"
    reason = f"{away / 1000:.0f} km from {standing}"
    if away <= MAX_FROM_CENTRE_M + slack:
        return place, (Notice(None, unit_id, f"{field}.point", f"{reason}: point kept unchecked", value),)
    reason += ": point rejected, the centre taken"
    if _swapped_is_near(place.point, centre, MAX_FROM_CENTRE_M + slack):
        reason += "; latitude and longitude look swapped"
    told = replace(_at_centre(place, centre), rejected_point=place.point)
    return told, (Notice(None, unit_id, f"{field}.point", reason, value),)


def _slack(insee: str, gazetteer: Centres) -> int:
    """Return how far in metres the centre itself may be from the truth; 0 when it is the commune's own."""
    commune = gazetteer.get(insee)
    slack = _SLACK_M.get(commune.point_source, 0) if commune is not None else 0
    return _SLACK_GUYANE_M if slack and insee.startswith("973") else slack


def _at_centre(place: CareLocation, centre: Point) -> CareLocation:
    return replace(place, point=centre, geo_precision=COMMUNE, geo_reliable=False)


def _swapped_is_near(point: Point, centre: Point, limit: float) -> bool:
    """Say whether exchanging the two numbers would bring the point into its commune."""
    if abs(point.lon) > 90:
        return False
    return distance_m(Point(point.lon, point.lat), centre) <= limit
