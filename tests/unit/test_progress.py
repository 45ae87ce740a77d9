"""What a person sees of a load."""

from __future__ import annotations

import io
from datetime import UTC, datetime

from rich.console import Console

from indexer.progress import Display, print_summary
from indexer.report import BuildReport


def console(*, terminal: bool) -> tuple[Console, io.StringIO]:
    """Return a console and what it writes."""
    stream = io.StringIO()
    return Console(file=stream, force_terminal=terminal, width=100, color_system=None), stream


def test_without_a_terminal_there_is_a_line_now_and_then_with_rate_and_time_left() -> None:
    now = 0.0
    output, stream = console(terminal=False)
    with Display(output, clock=lambda: now) as display:
        display.phase("loading")
        for second in range(1, 31):
            now = float(second)
            display.watch(second, 60)
            display.step(second * 100)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "loading: 0 units"
    assert lines[1:] == [
        "loading: 1000 units, 100/s, 50 s left",
        "loading: 2000 units, 100/s, 40 s left",
        "loading: 3000 units, 100/s, 30 s left",
    ]


def test_on_a_terminal_there_is_a_bar_with_the_rate() -> None:
    output, stream = console(terminal=True)
    with Display(output) as display:
        display.phase("loading")
        display.watch(1, 2)
        display.step(1234)
    shown = stream.getvalue()
    assert "loading" in shown
    assert "1,234 units" in shown


def test_the_summary_says_what_was_refused_and_why() -> None:
    output, stream = console(terminal=False)
    report = BuildReport(task="build", source="units.ndjson", started=datetime(2026, 1, 1, tzinfo=UTC))
    report.read, report.rejected, report.seconds = 100, 7, 2.0
    report.refusals.append("[7 of 100] units were refused")
    print_summary(report, output)
    shown = stream.getvalue()
    assert "7 (7.0%)" in shown
    assert "50 units/s" in shown
    assert "refused: nothing was changed" in shown
    assert "[7 of 100]" in shown, "text of a report is never read as markup"
    assert report.exit_code == 1


def test_a_clean_load_exits_with_0_and_a_rejected_unit_with_1() -> None:
    report = BuildReport(task="build", source="x", started=datetime(2026, 1, 1, tzinfo=UTC))
    assert report.exit_code == 0
    report.notices = 3
    assert report.exit_code == 0
    report.rejected = 1
    assert report.exit_code == 1
