"""The suggester in use: rebuilt, aside, when the names of the index were read again."""

from __future__ import annotations

from threading import Lock, Thread

from mappings.gazetteer import Gazetteer
from orientation.names import Names, NameService
from orientation.words.suggesting import Suggester, site_entries


class Suggesting:
    """Keeps a suggester in step with the names of the index; the old one serves while the next is built."""

    def __init__(self, gazetteer: Gazetteer, names: NameService) -> None:
        """Build nothing yet."""
        self._gazetteer, self._names = gazetteer, names
        self._built: tuple[Names | None, Suggester] | None = None
        self._busy = Lock()

    def current(self) -> Suggester:
        """Return the suggester of the names as last read; without sites while they never were."""
        names = self._names.current()
        built = self._built
        if built is None:
            with self._busy:
                return self._rebuilt(names)
        if built[0] is not names and self._busy.acquire(blocking=False):
            Thread(target=self._rebuild, args=(names,), daemon=True, name="suggestions").start()
        return built[1]

    def _rebuild(self, names: Names | None) -> None:
        try:
            self._rebuilt(names)
        finally:
            self._busy.release()

    def _rebuilt(self, names: Names | None) -> Suggester:
        if self._built is None or self._built[0] is not names:
            sites = () if names is None else ((each.finess, each.name, each.units) for each in names.sites)
            uses = {} if names is None else names.uses
            self._built = names, Suggester(self._gazetteer, uses, site_entries(sites))
        return self._built[1]
