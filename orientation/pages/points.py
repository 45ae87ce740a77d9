"""``/points.json``: where all the units of an answer are, for the map; what a line shows is not here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
from flask import Blueprint, Response, request

from mappings.document import places_of
from orientation.api.context import services
from orientation.criteria import Criteria, Page
from orientation.pages import typed
from orientation.pages.orientations import understood
from orientation.pages.room import packed
from orientation.placing import best_place, place_distance_m

MAX_POINTS = 2000


def routes(blueprint: Blueprint) -> None:
    """Register the route."""
    blueprint.add_url_rule("/points.json", "points", show)


def show() -> Response:
    """Return ``[id, name, lat, lon]`` of each unit that answers, the best first, at most ``MAX_POINTS``."""
    given = typed.filled(request.args.to_dict(flat=False))
    known = services()
    criteria = understood(given).criteria
    if criteria.origin is not None and criteria.radius_m is None:
        # The radius that the list was widened to: found again, from one result.
        criteria = replace(criteria, radius_m=known.search.search(criteria, Page(size=1)).radius_m)
    hits = known.search.hits(criteria, Page(size=MAX_POINTS), ["id", "unit.name", "place", "places"])
    found = (_point(criteria, hit["_source"]) for hit in hits)
    told = {"points": [each for each in found if each is not None], "most": MAX_POINTS}
    return packed(Response(orjson.dumps(told), content_type="application/json"))


def _point(criteria: Criteria, source: Mapping[str, Any]) -> list[Any] | None:
    place = best_place(criteria, places_of(source), criteria.radius_m)
    if place is None or "point" not in place:
        return None
    metres = place_distance_m(criteria, place)
    where = place["point"]
    return [source["id"], source["unit"]["name"], where["lat"], where["lon"], None if metres is None else round(metres)]
