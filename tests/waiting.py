"""Waiting for something to hold: as long as a slow machine needs, and no longer."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event

LONG_S = 180.0
"""A wait ends as soon as its condition holds: only a failure takes this long."""


def until(holds: Callable[[], object], seconds: float = LONG_S, every: float = 0.05) -> None:
    """Ask until something holds; fail when it does not in time.

    Between two questions it leaves the processor to what is waited for.
    """
    ends = time.monotonic() + seconds
    pause = Event()
    while not holds():
        assert time.monotonic() < ends, f"still not so after {seconds:g} s"
        pause.wait(every)
