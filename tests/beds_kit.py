"""A directory of units and a store of beds of their own, for the tests and measurements of bed counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from beds.changes import Changes
from beds.indices import BedIndices
from beds.projection import project
from beds.replay import Replay
from beds.service import BedService
from beds.store import document_of
from beds.verdict import Verdict
from engine.gateway import Action, Gateway, require_done
from mappings.definitions import index_definition
from mappings.document import places_of, unit_to_document
from mappings.unit import Unit

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def said(**changes: Any) -> dict[str, Any]:
    """Return a valid write of three free beds in P1, observed nine minutes ago."""
    given = {
        "place": "P1",
        "op": "add",
        "kind": "01",
        "status": "02",
        "count": 3,
        "observed_at": at(-9),
        "source": "02",
    }
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def at(minutes: float) -> str:
    """Return the time so many minutes after the tests' now."""
    return (NOW + timedelta(minutes=minutes)).isoformat()


@dataclass(slots=True)
class Ward:
    """A service of beds on indices of one prefix, and the calls that tests repeat."""

    gateway: Gateway
    prefix: str
    now: datetime = NOW
    service: BedService = field(init=False)
    replay: Replay = field(init=False)
    built: int = 0

    def __post_init__(self) -> None:
        indices = BedIndices(
            units=f"{self.prefix}-units",
            store=f"{self.prefix}-capacities",
            history=f"{self.prefix}-history",
            tension=f"{self.prefix}-tension",
        )
        self.service = BedService(self.gateway, indices, clock=lambda: self.now)
        self.replay = Replay(self.service)
        self.service.ensure()

    @property
    def indices(self) -> BedIndices:
        """Names of the indices."""
        return self.service.indices

    def load(self, units: Iterable[Unit]) -> str:
        """Build an index whole and swap it in, as the indexer does; return its name."""
        name = self.fill(units)
        self.replay.before_swap(name)
        self.swap(name)
        self.replay.after_swap(name)
        return name

    def empty(self) -> None:
        """Take every count and every entry of history away, and leave the directory."""
        hits = list(self.gateway.scan(self.indices.store))
        ids = [hit["_id"] for hit in hits]
        zones = self.service.store.load(ids)
        self.service.store.put({id: (zone, document_of(id, zone.facts, (), at(0))) for id, zone in zones.items()})
        project(self.service.store, [unit for zone in zones.values() for unit in zone.units])
        self.gateway.refresh(self.indices.every_history)
        if self.gateway.indices(self.indices.every_history):
            told = self.gateway.scan(self.indices.every_history, source=False)
            self.gateway.bulk([Action("delete", hit["_index"], hit["_id"]) for hit in told])

    def fill(self, units: Iterable[Unit]) -> str:
        """Fill a new index."""
        self.built += 1
        name = f"{self.prefix}-units-{self.built}"
        self.gateway.create_index(name, index_definition("units"))
        passed = self.replay.seed(units, name)
        actions = [Action("create", name, unit.id, unit_to_document(unit, beds)) for unit, beds in passed]
        require_done(self.gateway.stream_bulk(actions))
        return name

    def swap(self, name: str) -> None:
        """Make the alias stand for one index."""
        held = self.gateway.aliases(self.indices.units).get(self.indices.units, [])
        removes = [{"remove": {"index": each, "alias": self.indices.units}} for each in held]
        self.gateway.update_aliases([*removes, {"add": {"index": name, "alias": self.indices.units}}])

    def take(self, *items: dict[str, Any], who: str = "test") -> list[Verdict]:
        """Write items."""
        return self.service.take(items, who)

    def one(self, **changes: Any) -> Verdict:
        """Write one item."""
        return self.take(said(**changes))[0]

    def shown(self, unit: str) -> dict[str, Any]:
        """Return the bed summaries in a unit's document, by place."""
        hit = self.gateway.get(self.indices.units, unit)
        assert hit is not None
        return {place["id"]: place.get("beds") for place in places_of(hit["_source"])}

    def told_until(self) -> str:
        """Return the id of the newest event."""
        self.gateway.refresh(self.indices.every_history)
        return str(Changes(self.gateway, self.indices, lambda: self.now).now())

    def told(self, place: str = "P1") -> list[dict[str, Any]]:
        """Return the history of a place, in the order of its numbers."""
        self.gateway.refresh(self.indices.every_history)
        body = {"size": 10_000, "query": {"term": {"place": place}}, "sort": ["_index", "_seq_no"]}
        return [hit["_source"] for hit in self.gateway.search(self.indices.every_history, body)["hits"]["hits"]]

    def stored(self, place: str = "P1") -> dict[str, Any]:
        """Return the counts of a place by key, tombstones included."""
        return dict(self.service.store.load([place])[place].counts)
