"""The indices of this room: made when missing, named here only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from engine.errors import EngineRejected
from engine.gateway import Gateway
from mappings.definitions import index_definition, missing_fields, paths_of

ADDED = "added"
"""What an index says of the fields that it gained while it served."""


@dataclass(frozen=True, slots=True)
class BedIndices:
    """Names of what the room reads and writes, and how many days of history are kept."""

    units: str = "units"
    store: str = "capacities"
    history: str = "capacity-history"
    tension: str = "tension"
    keep_days: int = 90

    @property
    def incoming(self) -> str:
        """Alias of the index of units that is about to serve, while there is one."""
        return f"incoming-{self.units}"

    def history_of(self, day: date) -> str:
        """Return the name of the index of one UTC day."""
        return f"{self.history}-{day:%Y%m%d}"

    @property
    def every_history(self) -> str:
        """Pattern of all days."""
        return f"{self.history}-*"

    def day_of(self, index: str) -> date:
        """Return the day of an index of history; ``ValueError`` for another name."""
        return datetime.strptime(index, f"{self.history}-%Y%m%d").replace(tzinfo=UTC).date()


def ensure(gateway: Gateway, indices: BedIndices) -> None:
    """Make the store of record and the index of tensions where they are missing; give old ones their new fields."""
    for name, definition in ((indices.store, "capacities"), (indices.tension, "tension")):
        make(gateway, name, definition)


def extend(gateway: Gateway, index: str, definition: str) -> list[str]:
    """Give an index, or what an alias stands for, the fields that a definition has gained since; return their paths.

    They are noted in its ``_meta`` as ``added``: documents written before do not have them, so that no search may
    rely on them there.
    """
    added: list[str] = []
    for name, body in gateway.indices(index).items():
        missing = missing_fields(body["mappings"], definition)
        if not missing:
            continue
        meta = body["mappings"].get("_meta", {})
        new = paths_of(missing)
        gateway.put_mapping(name, {"properties": missing, "_meta": meta | {ADDED: [*meta.get(ADDED, ()), *new]}})
        added += new
    return added


def is_older(gateway: Gateway, index: str) -> bool:
    """Say whether an index of units, or what an alias stands for, was made by a version that knew fewer fields.

    This version searches fields that its documents lack: it would find nothing there, and no error would tell.
    """
    return any(
        bool(missing_fields(body["mappings"], "units") or body["mappings"].get("_meta", {}).get(ADDED))
        for body in gateway.indices(index).values()
    )


def make(gateway: Gateway, name: str, definition: str) -> None:
    """Make an index unless it is there, or another process makes it at the same moment.

    One that is there is given the fields that the definition has gained since it was made.
    """
    wanted = index_definition(definition)
    if gateway.indices(name):
        gateway.put_mapping(name, wanted["mappings"])
        return
    try:
        gateway.create_index(name, wanted)
    except EngineRejected as error:
        if "resource_already_exists" not in error.reason:
            raise
