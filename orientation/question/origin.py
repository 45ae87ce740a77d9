"""Where a search starts: from coordinates, from the gazetteer, or from a geocoder of postal addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mappings.errors import FieldError, InvalidInput, shorten
from mappings.gazetteer import Ambiguous, Commune, Found, Gazetteer, Origin, Unknown
from mappings.geo import Point

Geocoder = Callable[[str], Origin | None]
"""Places a postal address; ``None`` when it knows none, ``GeocoderUnavailable`` when it does not answer."""


def origin_of(values: Mapping[str, Any], gazetteer: Gazetteer, geocoder: Geocoder | None) -> Origin | None:
    """Return the origin that the parameters give; ``InvalidInput`` where they mean no single place."""
    lat, lon, place = values.get("lat"), values.get("lon"), values.get("place")
    if place is not None and (lat is not None or lon is not None):
        raise InvalidInput([FieldError("place", "goes without lat and lon", shorten(place))])
    if place is not None:
        return _named(place, gazetteer, geocoder)
    if lat is None and lon is None:
        return None
    if lat is None or lon is None:
        missing = "lat" if lat is None else "lon"
        raise InvalidInput([FieldError(missing, "lat and lon go together: give both or neither")])
    return point_origin(Point(lat, lon), gazetteer)


def point_origin(point: Point, gazetteer: Gazetteer) -> Origin:
    """Return coordinates as an origin, as the gazetteer reads them; nine decimals are a tenth of a mm."""
    found = gazetteer.resolve(f"{point.lat:.9f},{point.lon:.9f}")
    assert isinstance(found, Found)
    return found.origin


def department_at(origin: Origin, gazetteer: Gazetteer) -> str | None:
    """Return the department of an origin, whose default radius holds; ``None`` at sea or abroad."""
    commune = gazetteer.get(origin.insee) if origin.insee else gazetteer.nearest(origin.point)
    return commune.department if commune else None


def _named(place: str, gazetteer: Gazetteer, geocoder: Geocoder | None) -> Origin:
    resolution = gazetteer.resolve(place)
    if isinstance(resolution, Found):
        return resolution.origin
    if isinstance(resolution, Ambiguous):
        error = FieldError("place", "means several communes: choose one of the candidates", shorten(place))
        raise InvalidInput([error], {"candidates": [describe_commune(each) for each in resolution.candidates]})
    address = geocoder(place) if geocoder is not None else None
    if address is not None:
        return address
    raise _unknown(place, resolution)


def _unknown(place: str, resolution: Unknown) -> InvalidInput:
    error = FieldError("place", f"is no known place: {resolution.reason}", shorten(place))
    return InvalidInput([error], {"suggestions": [describe_commune(each) for each in resolution.suggestions]})


def describe_commune(commune: Commune) -> dict[str, Any]:
    """Return a commune as every answer shows it; ``place`` is what to send to mean this one and no other."""
    return {
        "name": commune.name,
        "insee": commune.insee,
        "department": commune.department,
        "postcodes": list(commune.postcodes),
        "population": commune.population,
        "place": f"insee:{commune.insee}",
    }
