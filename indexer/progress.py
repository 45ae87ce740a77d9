"""What a person sees of a load: a bar with rate and time left on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from indexer.report import BuildReport

LINE_EVERY_S = 10.0
"""Seconds between two lines where there is no terminal."""

Watch = Callable[[int, int | None], None]
"""Called by a source with how far it is and how long it is, in any unit; ``None`` when nobody knows."""


class Meter(Protocol):
    """What a load tells of its progress."""

    def phase(self, name: str) -> None:
        """Begin a part of the work."""

    def step(self, units: int) -> None:
        """Say how many units were read so far."""


class Silent:
    """Shows nothing."""

    def phase(self, name: str) -> None:
        """Do nothing."""

    def step(self, units: int) -> None:
        """Do nothing."""


class _Rate(ProgressColumn):
    """Units read and units a second."""

    def render(self, task: Task) -> Text:
        """Return both, once there is something to say."""
        units = int(task.fields.get("units", 0))
        rate = units / task.elapsed if task.elapsed else 0.0
        return Text(f"{units:,} units  {rate:,.0f}/s")


class Display:
    """A bar on a terminal, else plain lines on the same stream; used as a context."""

    def __init__(self, console: Console | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """Write to a console, by default standard error, so that standard output stays clean."""
        self._console = console or Console(stderr=True)
        self._clock = clock
        self._started = self._last_line = clock()
        self._phase = "starting"
        self._units = 0
        self._share: float | None = None
        self._bar = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), _Rate(), TimeRemainingColumn(),
            console=self._console, transient=True, disable=not self._console.is_terminal,
        )  # fmt: skip
        self._task = self._bar.add_task(self._phase, total=None, units=0)

    def phase(self, name: str) -> None:
        """Name what is going on."""
        self._phase = name
        self._bar.update(self._task, description=name)
        self._line()

    def step(self, units: int) -> None:
        """Show how many units were read; a line at most every ten seconds."""
        self._units = units
        self._bar.update(self._task, units=units)
        if self._clock() - self._last_line >= LINE_EVERY_S:
            self._line()

    def watch(self, done: int, total: int | None) -> None:
        """Show how far the source is; give it to the source as its ``watch``."""
        self._share = done / total if total else None
        self._bar.update(self._task, completed=done, total=total)

    def _line(self) -> None:
        if self._console.is_terminal:
            return
        self._last_line = self._clock()
        elapsed = self._last_line - self._started
        parts = [f"{self._phase}: {self._units} units"]
        if elapsed > 0 and self._units:
            parts.append(f"{self._units / elapsed:.0f}/s")
        if self._share and elapsed > 0 and self._share < 1:
            parts.append(f"{elapsed * (1 - self._share) / self._share:.0f} s left")
        self._console.print(", ".join(parts), highlight=False)

    def __enter__(self) -> Self:
        """Show it."""
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Take it away."""
        self._bar.stop()


def summary_table(rows: Iterable[tuple[str, str]]) -> Table:
    """Return the summary of a load as a table; give it ``report.rows()``."""
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, Text(value))
    return table


def print_summary(report: BuildReport, console: Console | None = None) -> None:
    """Print the summary of a load."""
    (console or Console()).print(summary_table(report.rows()))
