"""A whole directory written as one CSD document, as it comes: memory holds some entities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from csd.document import DECLARATION, csd_document, in_blocks
from csd.entity import KINDS
from csd.functions.query import both, visible
from csd.rendering import Renderer
from csd.store import EntityStore


@dataclass(slots=True)
class Export:
    """One writing of one directory, frozen as it was when it began; ``written`` counts entities by kind."""

    store: EntityStore
    renderer: Renderer
    name: str
    written: Counter[str] = field(default_factory=Counter)

    def blocks(self) -> Iterator[bytes]:
        """Yield the document; ``NotFound`` for a directory that does not exist."""
        view = self.store.view(self.name)
        query = visible([], sensitive=self.renderer.criteria.access.sees_sensitive)
        texts = {
            kind: self._counted(kind, self.renderer.texts(view.entities(both(query, {"term": {"kind": kind}}))))
            for kind in KINDS
        }
        yield DECLARATION.encode()
        yield from in_blocks(view.closing(csd_document(texts)))

    def _counted(self, kind: str, texts: Iterable[str]) -> Iterator[str]:
        for text in texts:
            self.written[kind] += 1
            yield text
            yield "\n"
