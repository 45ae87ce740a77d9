"""The one way to Elasticsearch: one client a process, errors translated, nothing partial, nothing unread."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from engine.admin import Admin
from engine.bulk import Action, Outcome
from engine.connection import GatewayConfig
from engine.reading import Reading
from engine.snapshots import Snapshots
from engine.writing import Writing, require_done

__all__ = ["Action", "Gateway", "GatewayConfig", "Outcome", "require_done"]


class Gateway(Reading, Writing, Admin, Snapshots):
    """Reads, writes and manages indices. Safe for threads; make one in each process, after any fork."""

    def __enter__(self) -> Self:
        """Use it for a block of code."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close its connections."""
        self.close()
