"""An answer of two directories held against brute force over the units of both, which knows nothing of either."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, pairwise
from typing import Any

from flask.testing import FlaskClient

from mappings.gazetteer import Gazetteer
from orientation.access import Access
from orientation.peers.merging import DEPTH
from orientation.question import criteria_from
from tests import brute
from tests.asking import before

Arguments = dict[str, list[str]]
URL = "/api/v1/orientations"


@dataclass(frozen=True, slots=True)
class Held:
    """What came of a question: results of home and of elsewhere, and each way in which they are not brute force's."""

    home: int
    elsewhere: int
    faults: tuple[str, ...]
    cut: bool = False


def pages(client: FlaskClient, asked: Arguments) -> Iterator[dict[str, Any]]:
    """Yield every page of an answer."""
    cursor: dict[str, list[str]] | None = {}
    while cursor is not None:
        response = client.get(URL, query_string=asked | cursor)
        assert response.status_code == 200, response.get_json()
        page: dict[str, Any] = response.get_json()
        yield page
        cursor = {"cursor": [page["next"]]} if page["next"] else None


def held(
    client: FlaskClient, items: Sequence[brute.Known], asked: Arguments, gazetteer: Gazetteer, now: datetime
) -> Held:
    """Ask home and its peers, and compare; an answer cut at the depth of a peer is not compared, and says so."""
    criteria = criteria_from(asked, gazetteer=gazetteer, access=Access(1), now=now).criteria
    every = pages(client, asked | {"size": ["100"], "facets": ["none"], "peers": ["all"]})
    first = next(every)
    cut = any((peer["total"] or 0) > DEPTH for peer in first["peers"])
    results = [result for answer in chain([first], () if cut else every) for result in answer["results"]]
    elsewhere = sum("source" in result for result in results)
    counts = len(results) - elsewhere, elsewhere
    if cut:
        return Held(*counts, (), cut=True)
    faults = [f"{peer['name']}: {peer['status']}" for peer in first["peers"] if peer["status"] != "answered"]
    found = [result["unit"]["id"] for result in results]
    radius = first["query"]["radius_m"]
    expected = {item.unit.id for item in items if brute.eligible(item, criteria, radius)}
    faults += [f"missing {unit}" for unit in sorted(expected.difference(found))]
    faults += [f"too many {unit}" for unit in found if unit not in expected or found.count(unit) > 1]
    by_id = {item.unit.id: item for item in items}
    keys = [(brute.order_key(by_id[unit], criteria, radius), unit) for unit in found if unit in by_id]
    faults += [f"{one} before {two}" for (a, one), (b, two) in pairwise(keys) if not before(a, b)]
    if [result["rank"] for result in results] != list(range(1, len(found) + 1)):
        faults.append("ranks are not counted through")
    return Held(*counts, tuple(faults))
