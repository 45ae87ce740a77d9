"""The two shapes in which a unit's places lie in the index, and how one question is put to both.

Most units have one place. It lies flat in their document (``place``), where a filter, a sort or a count costs what it
costs on any field. Units of several places have a row for each (``places``, nested), which are joined row by row: eight
times dearer to sort by distance. Clauses are written once, about rows; ``of_shape`` says the same of the only place.
A unit is of one shape, so that totals and counts of both add up, and hits of both merge.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any

from orientation.query.clauses import Clause, present


class Shape(Enum):
    """Where the places of a unit are: the only one in the document, or each in a row of its own.

    ``UNCOUNTED`` is one place whose counts are older than a question sorted by beds takes: it is sorted without them.
    """

    FLAT = "flat"
    UNCOUNTED = "uncounted"
    ROWS = "rows"


_INNER = (dict, list)
BOTH = (Shape.FLAT, Shape.ROWS)
"""Between them, every unit once."""


def of_shape(shape: Shape, filters: Iterable[Clause | None], should: Iterable[Clause] = ()) -> Clause:
    """Return the query about units of one shape that the filters take; ``should`` scores."""
    said = present(filters)
    query: dict[str, Any] = {"filter": [{"term": {"one_place": shape is not Shape.ROWS}}, *in_shape(shape, said)]}
    if scored := in_shape(shape, list(should)):
        query["should"] = scored
    return {"bool": query}


def in_shape(shape: Shape, clauses: list[Clause]) -> list[Clause]:
    """Return clauses written about rows as they are said of one shape."""
    return clauses if shape is Shape.ROWS else [_flat(clause) for clause in clauses]


def _flat(node: Any) -> Any:
    """Return a clause on rows as one on the only place: what holds of some row holds of it, and it is there."""
    # Written for speed: a question has some two hundred nodes, most of them leaves.
    if type(node) is list:
        return [_flat(each) if type(each) in _INNER else each for each in node]
    if "nested" in node and len(node) == 1:
        return _flat(node["nested"]["query"])
    flat = {}
    for name, value in node.items():
        if type(value) in _INNER:
            flat[flat_name(name)] = _flat(value)
        else:
            flat[flat_name(name)] = flat_name(value) if name == "field" and isinstance(value, str) else value
    return flat


def flat_name(field: str) -> str:
    """Return the name of a row's field in the only place."""
    return f"place.{field.removeprefix('places.')}" if field.startswith("places.") else field
