"""Postal addresses through the national address base (BAN), where the operator allows it."""

from __future__ import annotations

from geopy.exc import GeopyError
from geopy.geocoders import BANFrance

from mappings.gazetteer import Origin
from mappings.geo import Point
from orientation.errors import GeocoderUnavailable
from orientation.question import Geocoder
from orientation.settings import Settings

LIKELY = 0.5
"""Score of the address base under which what it found is not what was asked."""


def geocoder_of(settings: Settings) -> Geocoder | None:
    """Return the geocoder of the settings, or none."""
    if settings.geocoder == "none":
        return None
    return ban(BANFrance(timeout=settings.geocoder_timeout, user_agent="ror"))


def ban(service: BANFrance) -> Geocoder:
    """Return a geocoder that asks the address base; an approximate answer says so in its note."""

    def locate(address: str) -> Origin | None:
        try:
            found = service.geocode(address)
        except GeopyError as error:
            raise GeocoderUnavailable("The service that places postal addresses did not answer.") from error
        if found is None:
            return None
        properties = found.raw["properties"]
        if properties["score"] < LIKELY:
            return None
        label = properties["label"]
        note = None if properties["score"] >= 0.8 else f"adresse comprise comme « {label} »"
        return Origin(
            Point(found.latitude, found.longitude),
            label,
            "point",
            properties.get("citycode"),
            frozenset(),
            note,
        )

    return locate
