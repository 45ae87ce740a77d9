"""What a load did, in numbers, and why it was refused if it was."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

DONE, DATA_REFUSED = 0, 1


@dataclass(slots=True, kw_only=True)
class BuildReport:
    """Counts of a load while it goes on and once it is over.

    ``read`` = ``accepted`` + ``rejected`` + ``skipped`` (units of another region). ``refusals`` are the reasons why
    nothing was changed; ``warnings`` what a person should look at although it was.
    ``making`` is that of ``LoadOptions``. In a whole load, ``added``, ``changed`` … are counted where it was made of a
    copy of the one before (``copied``).
    """

    task: str
    source: str
    started: datetime
    region: str | None = None
    index: str | None = None
    previous: str | None = None
    read: int = 0
    accepted: int = 0
    indexed: int = 0
    skipped: int = 0
    rejected: int = 0
    notices: int = 0
    failed: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    seconds: float = 0.0
    applied: bool = False
    incomplete: bool = False
    making: str | None = None
    copied: bool = False
    refusals: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    cleaned: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 when all went in, 1 when some data, or the whole load, was refused."""
        return DATA_REFUSED if self.refusals or self.rejected or self.failed else DONE

    @property
    def rejected_ratio(self) -> float:
        """Part of what was read that was refused; 0 when nothing was read."""
        return self.rejected / self.read if self.read else 0.0

    def meta(self, state: str, finished: datetime | None = None) -> dict[str, Any]:
        """Return what the index says of itself."""
        said = {
            "state": state,
            "source": self.source,
            "region": self.region,
            "replaces": self.previous,
            "making": self.making,
            "read": self.read,
            "indexed": self.indexed,
            "unchanged": self.unchanged if self.copied else None,
            "rejected": self.rejected,
            "notices": self.notices,
            "started_at": self.started.isoformat(timespec="seconds"),
            "finished_at": finished.isoformat(timespec="seconds") if finished else None,
        }
        return {name: value for name, value in said.items() if value is not None}

    def rows(self) -> list[tuple[str, str]]:
        """Return the summary as (label, value), for people."""
        delta = self.task == "delta"
        rows = [
            ("source", self.source + (f", region {self.region}" if self.region else "")),
            ("index", self.index or "-"),
            ("read", f"{self.read:,}"),
            ("rejected", f"{self.rejected:,} ({self.rejected_ratio:.1%})"),
            ("notices", f"{self.notices:,}"),
        ]
        if self.skipped:
            rows.append(("of other regions", f"{self.skipped:,}"))
        names = [] if delta else ["indexed"]
        names += ["added", "changed", "removed", "unchanged"] if delta or self.copied else []
        rows += [(name, f"{getattr(self, name):,}") for name in names]
        if self.failed:
            rows.append(("refused by engine", f"{self.failed:,}"))
        rate = f", {self.read / self.seconds:,.0f} units/s" if self.seconds else ""
        rows += [("time", f"{self.seconds:.1f} s{rate}"), ("result", self._result())]
        rows += [("refused because", reason) for reason in self.refusals]
        rows += [("warning", text) for text in self.warnings]
        return rows

    def _result(self) -> str:
        if self.task == "dry run":
            return "dry run: nothing was written"
        if not self.applied:
            return "refused: nothing was changed"
        return f"{self.index} now serves" if self.task == "build" else "applied in place"
