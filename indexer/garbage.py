"""The interpreter's search for garbage, put off while a load runs."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_OBJECTS = 100_000
"""Objects made and not yet let go before a search. Units come and go without cycles, so that it finds nothing, and a
search every 700 objects took a third of the processor time of a load."""


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Search rarely, and not among what was there before (code lists, communes), for a block of code."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
