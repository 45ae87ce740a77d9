"""The circle of a question, asked of the engine: what is within by the distance, to its precision, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from math import radians
from random import Random

from engine.gateway import Action, Gateway, require_done
from mappings.geo import Point, distance_m
from orientation.query.places import disc
from orientation.query.shape import Shape, in_shape
from tests.sphere import reached

EDGE_M = 0.05
CENTRES = (Point(49.4431, 1.0993), Point(-13.28, -176.17), Point(-0.2, 179.96), Point(89.5, 10), Point(-21.1, 55.5))
RADII = (0, 1, 700, 30_000, 200_000, 3_000_000)


def test_a_circle_is_what_the_distance_says(gateway: Gateway, new_name: Callable[[], str]) -> None:
    index = new_name()
    place = {"properties": {"point": {"type": "geo_point"}}}
    gateway.create_index(index, {"settings": {"number_of_replicas": 0}, "mappings": {"properties": {"place": place}}})
    random = Random(8)
    points = [Point(random.uniform(-90, 90), random.uniform(-180, 180)) for _ in range(300)]
    for centre in CENTRES:
        points.append(centre)
        for radius in RADII[1:]:
            # Inside, outside, and as near to the edge as the engine still tells.
            for metres in (radius * 0.5, radius * 1.3, radius - 0.2, radius + 0.2):
                points += [reached(centre, metres, radians(random.uniform(0, 360))) for _ in range(12)]
    written = ({"place": {"point": {"lat": each.lat, "lon": each.lon}}} for each in points)
    actions = [Action("index", index, str(n), document) for n, document in enumerate(written)]
    require_done(gateway.bulk(actions))
    gateway.refresh(index)
    for centre in CENTRES:
        for radius in RADII:
            [clause] = in_shape(Shape.FLAT, [disc(centre, radius)])
            body = {"size": 10_000, "_source": False, "query": {"bool": {"filter": [clause]}}}
            found = {int(hit["_id"]) for hit in gateway.search(index, body)["hits"]["hits"]}
            apart = {n: distance_m(centre, point) for n, point in enumerate(points)}
            within = {n for n, metres in apart.items() if metres <= radius}
            near = {n for n, metres in apart.items() if metres <= radius + EDGE_M}
            assert within <= found <= near, (centre, radius, len(within), len(found), len(near))
            assert radius < 700 or len(within) > 12
