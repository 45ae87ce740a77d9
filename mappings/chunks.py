"""Much taken a little at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def in_chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield items in lists of ``size``, the last one perhaps shorter; none is read before it is wanted."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
