"""A directory frozen at a moment: its entities counted and read in order, whatever is written meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from csd.functions.query import Clause
from engine.gateway import Gateway
from engine.reading import KEEP_ALIVE

Hit = dict[str, Any]
Part = TypeVar("Part")

PAGE = 500
"""Entities that memory holds at a time while an answer is streamed."""
_SKIPPED = 5_000

SHOWN = ("entity_id", "kind", "unit_id", "content", "xml", "created", "updated", "modified", "status", "removed")


def page_of(query: Clause, size: int, timeout: str) -> dict[str, Any]:
    """Return the search of one page: entities come by their id, which is a total order."""
    return {
        "size": size,
        "timeout": timeout,
        "track_total_hits": True,
        "_source": list(SHOWN),
        "query": query,
        "sort": ["entity_id"],
        "stats": ["csd"],
    }


@dataclass(frozen=True, slots=True)
class View:
    """A point in time of one directory; whoever opened it closes it."""

    gateway: Gateway
    pit_id: str
    timeout: str

    def total(self, query: Clause) -> int:
        """Count what a query finds."""
        return int(self._search(page_of(query, 0, self.timeout), {})["total"]["value"])

    def entities(self, query: Clause, skip: int = 0, maximum: int | None = None) -> Iterator[Hit]:
        """Yield what a query finds, page after page, after the first ``skip``."""
        after = self._after(query, skip)
        left = maximum
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            hits = self._search(page_of(query, size, self.timeout), after)["hits"]
            yield from hits
            if len(hits) < size:
                return
            left = None if left is None else left - size
            after = {"search_after": hits[-1]["sort"]}

    def _after(self, query: Clause, skip: int) -> dict[str, Any]:
        """Return from where to go on after some entities."""
        after: dict[str, Any] = {}
        left = skip
        while left > 0:
            size = min(_SKIPPED, left)
            hits = self._search(page_of(query, size, self.timeout) | {"_source": False}, after)["hits"]
            if hits:
                after = {"search_after": hits[-1]["sort"]}
            left = left - size if len(hits) == size else 0
        return after

    def _search(self, page: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
        tracked = {} if page["size"] == 0 else {"track_total_hits": False}
        view = {"pit": {"id": self.pit_id, "keep_alive": KEEP_ALIVE}}
        found: dict[str, Any] = self.gateway.search(None, {**page, **view, **after, **tracked})["hits"]
        return found

    def closing(self, parts: Iterator[Part]) -> Iterator[Part]:
        """Yield what is made of the view, then let the view go."""
        try:
            yield from parts
        finally:
            self.close()

    def close(self) -> None:
        """Let it go."""
        self.gateway.close_pit(self.pit_id)
