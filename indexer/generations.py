"""The indices behind an alias: their names, which one serves, which one is kept, which ones are litter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.gateway import Gateway
from mappings.definitions import mapping_hash
from mappings.errors import RorError

BUILDING, COMPLETE = "building", "complete"
_TIME = "%Y%m%d%H%M%S"


@dataclass(frozen=True, slots=True)
class Target:
    """What is loaded: the alias that is searched, the definition behind it, and the index of locks."""

    alias: str = "units"
    definition: str = "units"
    locks: str = "locks"

    def new_name(self, now: datetime, after: datetime | None = None) -> str:
        """Return the name of an index made now: alias, UTC time, mapping hash.

        ``after`` is when the last one was made: names stay in order even within a second or when a clock goes back.
        """
        moment = now.astimezone(UTC).replace(microsecond=0)
        if after is not None and moment <= after:
            moment = after + timedelta(seconds=1)
        return f"{self.alias}-{moment.strftime(_TIME)}-{mapping_hash(self.definition)}"

    def owns(self, index: str) -> bool:
        """Say whether an index is one of ours, by its exact form; nothing else is ever deleted."""
        return re.fullmatch(rf"{re.escape(self.alias)}-\d{{14}}-[0-9a-f]{{8}}", index) is not None


@dataclass(frozen=True, slots=True)
class Generation:
    """One index of a target and what it says of itself."""

    index: str
    serving: bool
    meta: Mapping[str, Any]

    @property
    def created(self) -> datetime:
        """When its build began, from its name."""
        return datetime.strptime(self.index.split("-")[-2], _TIME).replace(tzinfo=UTC)

    @property
    def mapping_hash(self) -> str:
        """Hash of the definition it was made with."""
        return self.index.rsplit("-", 1)[-1]

    @property
    def state(self) -> str:
        """``complete`` once it passed the gate; an index that says nothing was never finished."""
        return str(self.meta.get("state", BUILDING))

    @property
    def replaces(self) -> str | None:
        """Name of the index that it took over from, kept for a rollback."""
        named = self.meta.get("replaces")
        return str(named) if named else None


@dataclass(frozen=True, slots=True)
class Generations:
    """All indices of a target, oldest first."""

    every: tuple[Generation, ...]

    @property
    def serving(self) -> Generation | None:
        """The one that the alias stands for."""
        return next((each for each in self.every if each.serving), None)

    @property
    def previous(self) -> Generation | None:
        """The one kept for a rollback: complete, and named by the one that serves."""
        if self.serving is None:
            return None
        named = self.serving.replaces
        return next((each for each in self.every if each.index == named and each.state == COMPLETE), None)

    @property
    def litter(self) -> tuple[str, ...]:
        """Names of all others: older ones, and what killed builds left."""
        kept = {each.index for each in (self.serving, self.previous) if each is not None}
        return tuple(each.index for each in self.every if each.index not in kept)


def generations(gateway: Gateway, target: Target) -> Generations:
    """Return the indices of a target; ``RorError`` when the alias stands for something that is not ours."""
    behind = gateway.aliases(target.alias).get(target.alias, [])
    if strange := [name for name in behind if not target.owns(name)] or (behind if len(behind) > 1 else []):
        raise RorError(f"the alias {target.alias} stands for {', '.join(strange)}, which no load of ours made so")
    found = [
        Generation(name, name in behind, body.get("mappings", {}).get("_meta", {}))
        for name, body in gateway.indices(f"{target.alias}-*").items()
        if target.owns(name)
    ]
    return Generations(tuple(sorted(found, key=lambda each: each.index)))


def remember(gateway: Gateway, index: str, meta: Mapping[str, Any]) -> None:
    """Write what an index says of itself, whole."""
    gateway.put_mapping(index, {"_meta": dict(meta)})
