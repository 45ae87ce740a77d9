"""The engine's clauses evaluated on one document in memory, so that what peers send meets the very rules of our search.

Only the kinds of clause that ``orientation.query`` makes are known; any other is a fault of this program (``KeyError``)
and never a guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import floor
from typing import Any

from mappings.geo import Box, Point, distance_m
from orientation.placing import EDGE_M
from orientation.query.clauses import Clause
from orientation.query.order import FURTHEST, MISSING_COUNT
from orientation.query.places import AT_PIVOT

_STEPS = {"lat": 180 / 2**32, "lon": 360 / 2**32}
Document = Mapping[str, Any]
"""A unit's document with its places as rows; inside ``nested``, one such row under the name ``places``."""


def holds(clause: Clause, document: Document) -> bool:
    """Say whether a clause holds of a document."""
    [(kind, body)] = clause.items()
    return bool(_KINDS[kind](body, document))


def score(clause: Clause, document: Document) -> float:
    """Return what a scoring clause adds to a document."""
    if "dis_max" in clause:
        return max((score(each, document) for each in clause["dis_max"]["queries"]), default=0.0)
    body = clause["constant_score"]
    return float(body["boost"]) if holds(body["filter"], document) else 0.0


def sort_value(key: Any, document: Document, score_of: float) -> Any:
    """Return the value of one sort key, as the engine writes it in a hit."""
    if isinstance(key, str):
        return score_of if key == "_score" else document[key]
    [(name, body)] = key.items()
    if name == "_geo_distance":
        field = "places.point"
        origin = Point(**body[field])
        rows = _rows(document, body["nested"].get("filter"))
        return min((_metres(origin, _as_kept(row["point"])) for row in rows if "point" in row), default=FURTHEST)
    rows = _rows(document, body["nested"].get("filter"))
    return max((value for row in rows for value in _values({"places": row}, name)), default=MISSING_COUNT)


def _rows(document: Document, inside: Clause | None) -> list[Mapping[str, Any]]:
    rows = document.get("places", ())
    return [row for row in rows if inside is None or holds(inside, {"places": row})]


def _metres(origin: Point, point: Mapping[str, float]) -> float:
    return distance_m(origin, Point(point["lat"], point["lon"]))


def _as_kept(point: Mapping[str, float]) -> Mapping[str, float]:
    """Return a point as the engine keeps it for sorting: each coordinate on 32 bits, rounded down."""
    return {name: floor(point[name] / step) * step for name, step in _STEPS.items()}


def _values(document: Any, path: str) -> Iterator[Any]:
    """Yield every value of a field, as the engine sees an array: each by itself."""
    name, _, rest = path.partition(".")
    value = document.get(name) if isinstance(document, Mapping) else None
    for each in value if isinstance(value, Sequence) and not isinstance(value, str) else (value,):
        if each is None:
            continue
        if rest:
            yield from _values(each, rest)
        else:
            yield each


def _term(body: Mapping[str, Any], document: Document) -> bool:
    [(field, wanted)] = body.items()
    return any(_equals(each, wanted) for each in _values(document, field))


def _equals(value: Any, wanted: Any) -> bool:
    """Compare with a value, or with a range that holds it or not."""
    if isinstance(value, Mapping):
        return all(_COMPARE[bound](wanted, limit) for bound, limit in value.items())
    return bool(value == wanted)


def _terms(body: Mapping[str, Any], document: Document) -> bool:
    [(field, wanted)] = body.items()
    return any(each in wanted for each in _values(document, field))


def _range(body: Mapping[str, Any], document: Document) -> bool:
    [(field, bounds)] = body.items()
    return any(all(_COMPARE[name](each, bound) for name, bound in bounds.items()) for each in _values(document, field))


def _exists(body: Mapping[str, Any], document: Document) -> bool:
    return any(True for _ in _values(document, body["field"]))


def _bool(body: Mapping[str, Any], document: Document) -> bool:
    if not all(holds(each, document) for each in _many(body.get("filter"))):
        return False
    if any(holds(each, document) for each in _many(body.get("must_not"))):
        return False
    needed = body.get("minimum_should_match", 0)
    return sum(holds(each, document) for each in _many(body.get("should"))) >= int(needed)


def _many(clauses: Any) -> list[Clause]:
    return clauses if isinstance(clauses, list) else [clauses] if clauses else []


def _nested(body: Mapping[str, Any], document: Document) -> bool:
    return bool(_rows(document, body["query"]))


def _function_score(body: Mapping[str, Any], document: Document) -> bool:
    """Near enough to score as at the pivot: the only use that is made of a score in a filter."""
    assert body["min_score"] == AT_PIVOT
    feature = body["query"]["distance_feature"]
    origin, radius = Point(**feature["origin"]), float(feature["pivot"].removesuffix("m"))
    return any(_metres(origin, point) <= radius + EDGE_M for point in _values(document, feature["field"]))


def _geo_bounding_box(body: Mapping[str, Any], document: Document) -> bool:
    [(field, bounds)] = body.items()
    box = Box(bounds["top"], bounds["bottom"], bounds["left"], bounds["right"])
    return any(box.holds(Point(**point)) for point in _values(document, field))


def _match_all(body: Mapping[str, Any], document: Document) -> bool:
    return True


def _match_bool_prefix(body: Mapping[str, Any], document: Document) -> bool:
    [(field, asked)] = body.items()
    *whole, last = asked["query"].split()
    words = [word for text in _values(document, field) for word in text.split()]
    return set(whole) <= set(words) and any(word.startswith(last) for word in words)


_COMPARE = {
    "gte": lambda value, bound: value >= bound,
    "gt": lambda value, bound: value > bound,
    "lte": lambda value, bound: value <= bound,
    "lt": lambda value, bound: value < bound,
}
_KINDS = {
    "term": _term,
    "terms": _terms,
    "range": _range,
    "exists": _exists,
    "bool": _bool,
    "nested": _nested,
    "function_score": _function_score,
    "geo_bounding_box": _geo_bounding_box,
    "match_all": _match_all,
    "match_bool_prefix": _match_bool_prefix,
}
