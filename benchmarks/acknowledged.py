"""Writes that the API said stand, looked for in the store, in the summary of each unit and in the history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from beds.indices import BedIndices
from beds.store import BedStore, Zone
from engine.gateway import Gateway, GatewayConfig
from mappings.beds import summarise, summary_to_dict
from mappings.document import places_of

SHARING = 2
"""Units that share each place."""


@dataclass
class Acknowledged:
    """A write that the API said stands."""

    place: str
    observed_at: str
    count: int


def lost(engine_url: str, acknowledged: Iterable[Acknowledged]) -> list[str]:
    """Return what an acknowledgement did not hold, each in words."""
    every = list(acknowledged)
    newest: dict[str, Acknowledged] = {}
    for each in every:
        if each.place not in newest or each.observed_at > newest[each.place].observed_at:
            newest[each.place] = each
    with Gateway(GatewayConfig(engine_url)) as gateway:
        indices = BedIndices()
        for name in (indices.units, indices.every_history):
            gateway.refresh(name)
        told = {
            (hit["_source"]["place"], hit["_source"]["observed_at"], hit["_source"]["count"])
            for hit in gateway.scan(indices.every_history)
        }
        problems = [
            f"not in history: {each}" for each in every if (each.place, each.observed_at, each.count) not in told
        ]
        zones = BedStore(gateway, indices).load(newest)
        shown = _shown(gateway, indices.units)
        for place, last in newest.items():
            problems += _problems(zones[place], shown[place], last)
    return problems


def _shown(gateway: Gateway, units: str) -> dict[str, list[Any]]:
    """Return the summaries of each place in the units."""
    found: dict[str, list[Any]] = defaultdict(list)
    for hit in gateway.scan(units, source=["place", "places"]):
        for place in places_of(hit["_source"]):
            found[place["id"]].append(place.get("beds"))
    return found


def _problems(zone: Zone, shown: list[Any], last: Acknowledged) -> list[str]:
    """Return what is wrong with one place; the store may hold a newer count whose writer was cut and gave it up."""
    [record] = zone.counts.values()
    problems = []
    if (record["observed_at"], record["count"]) < (last.observed_at, -1):
        problems.append(f"store of {zone.id} holds {record}, acknowledged {last}")
    if record["observed_at"] == last.observed_at and record["count"] != last.count:
        problems.append(f"store of {zone.id} holds {record}, acknowledged {last}")
    summary = summary_to_dict(summarise(zone.capacities()))
    if shown != [summary] * SHARING and record["observed_at"] <= last.observed_at:
        problems.append(f"units of {zone.id} show {shown}, the store says {summary}")
    if any(_older(beds, last) for beds in shown) or len(shown) != SHARING:
        problems.append(f"units of {zone.id} show {shown}, acknowledged {last}")
    return problems


def _older(beds: dict[str, Any] | None, last: Acknowledged) -> bool:
    """Say whether a summary is older than an acknowledged count, or of another number at its time."""
    if beds is None or beds["observed_at"] < last.observed_at:
        return True
    return bool(beds["observed_at"] == last.observed_at and beds["now"]["all"] != last.count)
