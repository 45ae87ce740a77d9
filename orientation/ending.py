"""Whether this process was told to end: what goes on for long asks now and then."""

from __future__ import annotations

from collections.abc import Callable

_alive: Callable[[], bool] = lambda: True  # noqa: E731


def watch(alive: Callable[[], bool]) -> None:
    """Take it that this process was told to end once ``alive`` says no."""
    global _alive  # noqa: PLW0603 - one process, one end
    _alive = alive


def told_to_end() -> bool:
    """Say whether this process was told to end."""
    return not _alive()
