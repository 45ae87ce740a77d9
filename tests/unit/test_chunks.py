"""Much taken a little at a time."""

from __future__ import annotations

from itertools import count, islice

from mappings.chunks import in_chunks


def test_chunks_hold_everything_in_order_and_the_last_may_be_shorter() -> None:
    assert list(in_chunks(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(in_chunks(range(6), 3)) == [[0, 1, 2], [3, 4, 5]]
    assert list(in_chunks([], 3)) == []


def test_no_more_is_read_than_a_chunk_needs() -> None:
    endless = count()
    assert list(islice(in_chunks(endless, 4), 2)) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert next(endless) == 8
