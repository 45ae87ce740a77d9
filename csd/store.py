"""Directories in the engine: which there are, and their entities in a total order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from csd.entity import directory_alias, directory_name, entity_key
from csd.functions.query import Clause, visible
from csd.view import PAGE, Hit, View, page_of
from engine.errors import EngineNotFound
from engine.gateway import Gateway
from mappings.errors import NotFound, shorten

WINDOW = 10_000
"""As far as the engine goes by offset."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: how many in all, and those to be shown, in order, as they are read.

    ``short`` says that they were all read already.
    """

    total: int
    hits: Iterator[Hit]
    short: bool


@dataclass(frozen=True, slots=True)
class EntityStore:
    """Searches in the directories; ``timeout`` is what the engine has for one page."""

    gateway: Gateway
    timeout: str = "2s"

    def names(self) -> list[str]:
        """Return the names of the directories loaded."""
        return sorted(directory_name(alias) for alias in self.gateway.aliases("csd-*"))

    def find(self, name: str, query: Clause, start: int = 1, maximum: int | None = None) -> Found:
        """Search a directory; ``NotFound`` for one that does not exist.

        A short answer is one search; a long or deep one is walked on a frozen view, so that nothing is skipped or
        repeated. The total is known before this returns: what fails at first fails before the answer begins.
        """
        size = PAGE if maximum is None else min(PAGE, maximum)
        if start - 1 + size <= WINDOW:
            with _named(name):
                answer = self.gateway.search(_alias(name), page_of(query, size, self.timeout) | {"from": start - 1})
            hits, total = answer["hits"]["hits"], int(answer["hits"]["total"]["value"])
            if size == maximum or start - 1 + size >= total:
                return Found(total, iter(hits), short=True)
        view = self.view(name)
        total = view.total(query)
        return Found(total, view.closing(view.entities(query, start - 1, maximum)), short=False)

    def view(self, name: str) -> View:
        """Freeze a directory; ``NotFound`` for one that does not exist."""
        with _named(name):
            return View(self.gateway, self.gateway.open_pit(_alias(name)), self.timeout)

    def check(self, name: str) -> None:
        """Raise ``NotFound`` for a directory that does not exist."""
        if not self.gateway.aliases(_alias(name)):
            raise _unknown(name)

    def entity(self, name: str, kind: str, entity_id: str, *, sensitive: bool) -> Hit:
        """Return one entity by its id, whatever its case; ``NotFound`` also for one that may not be seen."""
        filters: list[Clause] = [{"term": {"kind": kind}}, {"term": {"entity_key": entity_key(entity_id)}}]
        found = next(self.find(name, visible(filters, sensitive=sensitive), 1, 1).hits, None)
        if found is None:
            raise NotFound(f"no {kind} {shorten(entity_id)!r} in the document {shorten(name)!r}")
        return found


def _alias(name: str) -> str:
    alias = directory_alias(name)
    if alias is None:
        raise _unknown(name)
    return alias


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Say which document does not exist, where the engine knows no such alias."""
    try:
        yield
    except EngineNotFound:
        raise _unknown(name) from None


def _unknown(name: str) -> NotFound:
    return NotFound(f"No document named {shorten(name)!r} exists; documents.json lists those that do.")
