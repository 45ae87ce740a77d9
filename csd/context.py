"""What the routes of the facade share: the directories, who asks, and how entities are written for them."""

from __future__ import annotations

from csd.rendering import Renderer
from csd.store import EntityStore
from orientation.api.context import services
from orientation.api.units import unit_criteria
from orientation.criteria import Criteria


def store() -> EntityStore:
    """Return the directories."""
    known = services()
    return EntityStore(known.gateway, f"{round(known.settings.search_timeout * 1000)}ms")


def own_directory() -> str:
    """Return the name of our own directory."""
    return services().settings.csd_directory


def is_own(document: str) -> bool:
    """Say whether a document is our own directory; names of documents have no case."""
    return document.casefold() == own_directory()


def renderer(criteria: Criteria | None = None) -> Renderer:
    """Return what writes entities for who asks; beds are shown as of the question's moment."""
    known = services()
    return Renderer(
        known.gateway, own_directory(), known.search.index, criteria or unit_criteria(), known.beds.store.counts_of
    )
