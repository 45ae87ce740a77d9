"""Snapshots of indices in a repository: a folder, or an object store that the cluster knows by a name."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from engine.connection import Connection, path
from engine.errors import EngineError, EngineNotFound, EngineTimeout

_POLL_S = 0.25
_DONE = frozenset({"SUCCESS", "PARTIAL", "FAILED", "INCOMPATIBLE"})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot: when it began, what is in it, whether it is whole, and what was said of it when it was made."""

    name: str
    state: str
    started: datetime
    seconds: float
    indices: tuple[str, ...]
    failures: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Say whether every shard is in it."""
        return self.state == "SUCCESS" and not self.failures

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Snapshot:
        """Read one off an answer."""
        return cls(
            name=said["snapshot"],
            state=said["state"],
            started=datetime.fromtimestamp(said["start_time_in_millis"] / 1000, UTC),
            seconds=said.get("duration_in_millis", 0) / 1000,
            indices=tuple(said["indices"]),
            failures=tuple(f"{each.get('index')}: {each.get('reason')}" for each in said.get("failures", ())),
            metadata=said.get("metadata") or {},
        )


class Snapshots(Connection):
    """What keeps copies of indices, and brings them back."""

    def repositories(self) -> dict[str, str]:
        """Return the repositories that the cluster knows, with their kind (fs, s3, azure, gcs …)."""
        return {name: each["type"] for name, each in self.read("GET", "/_snapshot").items()}

    def put_folder_repository(self, name: str, location: str) -> None:
        """Make a folder a repository; the engine must have been started with the right to write there."""
        settings = {"location": location, "compress": True}
        self.write("PUT", path("_snapshot", name), {"type": "fs", "settings": settings})

    def snapshots(self, repository: str) -> list[Snapshot]:
        """Return the snapshots of a repository, oldest first; ``EngineNotFound`` without such a repository."""
        answer = self.write("GET", path("_snapshot", repository, "_all"))
        return sorted((Snapshot.read(each) for each in answer["snapshots"]), key=lambda each: each.started)

    def take_snapshot(
        self, repository: str, name: str, indices: Sequence[str], metadata: Mapping[str, Any], *, seconds: float
    ) -> Snapshot:
        """Keep indices, and return when all is written; ``EngineTimeout`` after ``seconds``: it then goes on."""
        body = {"indices": ",".join(indices), "include_global_state": False, "metadata": dict(metadata)}
        self.write("PUT", path("_snapshot", repository, name), body)
        deadline = time.monotonic() + seconds
        while True:
            (said,) = self.write("GET", path("_snapshot", repository, name))["snapshots"]
            if said["state"] in _DONE:
                return Snapshot.read(said)
            if time.monotonic() > deadline:
                raise EngineTimeout(f"the snapshot {name} is not done after {seconds:.0f} s; it goes on")
            time.sleep(_POLL_S)

    def delete_snapshot(self, repository: str, name: str) -> None:
        """Delete a snapshot; what others share with it stays."""
        self.write("DELETE", path("_snapshot", repository, name))

    def restore_snapshot(self, repository: str, name: str, indices: Sequence[str], *, seconds: float) -> None:
        """Make the indices of a snapshot anew, aliases with them, and return when each can be searched.

        None of them may be there. ``EngineTimeout`` after ``seconds``: it then goes on.
        """
        body = {"indices": ",".join(indices), "include_global_state": False, "include_aliases": True}
        answer = self.write("POST", path("_snapshot", repository, name, "_restore"), body)
        if not answer.get("accepted"):
            raise EngineError(f"the restore of {name} was not accepted")
        deadline = time.monotonic() + seconds
        while waiting := [each for each in indices if not self._restored(each)]:
            if time.monotonic() > deadline:
                raise EngineTimeout(f"{', '.join(waiting[:3])} not restored after {seconds:.0f} s; it goes on")
            time.sleep(_POLL_S)

    def _restored(self, index: str) -> bool:
        """Say whether every primary shard of an index is done; replicas come later."""
        try:
            shards = self.read("GET", path(index, "_recovery"))[index]["shards"]
        except (EngineNotFound, KeyError):
            return False
        primaries = [each for each in shards if each["primary"]]
        return bool(primaries) and all(each["stage"] == "DONE" for each in primaries)
