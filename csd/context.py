"""What the routes of the facade share: the directories, who asks, and how entities are written for them."""

from __future__ import annotations

from flask import current_app

from csd.entity import directory_alias
from csd.facilities import Facilities
from csd.kept import KeptFacilities
from csd.rendering import Renderer
from csd.store import EntityStore
from orientation.access import Access
from orientation.api.context import access, services
from orientation.api.units import unit_criteria
from orientation.criteria import Criteria
from orientation.guard import caller
from orientation.identity.caller import ANONYMOUS
from orientation.identity.scopes import PEERS, SEARCH

KEPT = "csd-kept"
"""Where the application keeps the facilities that it has written."""
ASKING = (SEARCH, PEERS)
"""Scopes of which one is needed to ask here."""


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


def asking() -> Access:
    """Return what whoever asks may see; ``Forbidden`` for who may neither search nor ask as a directory does."""
    return access(*ASKING)


def copying() -> Access:
    """Return what whoever takes a whole directory, or follows its changes, may see of it.

    That is for other directories: ``Forbidden`` for a client that is none. Who gives no key takes what anybody sees.
    """
    return access(PEERS) if caller().kind != ANONYMOUS else asking()


def renderer(criteria: Criteria | None = None) -> Renderer:
    """Return what writes entities for who asks; beds are shown as of the question's moment."""
    known, asked = services(), criteria or unit_criteria(*ASKING)
    alias = directory_alias(own_directory())
    assert alias is not None
    kept: KeptFacilities = current_app.extensions[KEPT]
    return Renderer(Facilities(known.gateway, alias, known.search.index, known.beds.store, asked.access, kept), asked)
