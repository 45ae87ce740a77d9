"""Everything the engine can fail at: one tree, whose messages are fit to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.bulk import Outcome


class EngineError(Exception):
    """The engine did not do what was asked."""


class EngineUnavailable(EngineError):
    """The engine is away, overloaded, or answered with a part only: ask again later."""


class EngineTimeout(EngineUnavailable):
    """The engine did not answer in time; a search is never asked twice."""


class EngineRejected(EngineError):
    """The engine understood and refused; ``status`` is its HTTP status, ``reason`` its own words."""

    def __init__(self, status: int, reason: str) -> None:
        """Keep both, and say both."""
        super().__init__(f"the search engine refused ({status}): {reason}")
        self.status = status
        self.reason = reason


class EngineNotFound(EngineRejected):
    """No such index, alias or document."""


class DocumentNotFound(EngineNotFound):
    """The index is there, the document is not."""


class EngineConflict(EngineRejected):
    """What is stored is newer than what was sent, or exists already."""


class BulkFailed(EngineError):
    """At least one item of a bulk request was refused; ``failed`` holds those, in order."""

    def __init__(self, failed: Sequence[Outcome], total: int) -> None:
        """Name the count and the first reasons."""
        shown = "; ".join(f"{item.verb} {item.id}: {item.reason}" for item in failed[:3])
        super().__init__(f"{len(failed)} of {total} items refused by the search engine: {shown}")
        self.failed = tuple(failed)


class NodeError(EngineError):
    """The embedded engine could not be installed, started or stopped; the message says what to do."""


class InstallFailed(NodeError):
    """The archive could not be had, or is not the published one."""


class JavaNotFound(NodeError):
    """No usable Java, and none could be fetched."""


class PortTaken(NodeError):
    """Another program listens on a port that the engine needs."""


class DiskFull(NodeError):
    """Too little room for the engine to write."""


class FolderUnreachable(NodeError):
    """The account that runs the engine cannot enter or write a folder."""


class NodeCrashed(NodeError):
    """The engine ended, or never became ready; the message ends with its last log lines."""


class NodeBusy(NodeError):
    """Another start or stop of this engine is under way."""
