"""The answer as GeoJSON (RFC 7946): one feature a result, longitude first, the rest as foreign members."""

from __future__ import annotations

from typing import Any

from orientation.render.json import Sheet, query
from orientation.render.result import result


def feature_collection(sheet: Sheet) -> dict[str, Any]:
    """Return the results as features; a place without a point has no geometry."""
    found = sheet.answer
    return {
        "type": "FeatureCollection",
        "features": [feature(result(each, found.criteria, sheet.gazetteer)) for each in found.results],
        "query": query(sheet),
        "total": found.total,
        "next": sheet.next,
        "warnings": sheet.all_warnings,
    }


def feature(written: dict[str, Any]) -> dict[str, Any]:
    """Return one result as a feature."""
    unit = written["unit"]
    place = unit["place"]
    located = place is not None and place["lat"] is not None
    return {
        "type": "Feature",
        "id": unit["id"],
        "geometry": {"type": "Point", "coordinates": [place["lon"], place["lat"]]} if located else None,
        "properties": written,
    }
