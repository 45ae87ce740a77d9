"""Ids that were read are known again, however many there are."""

from __future__ import annotations

from random import Random

from indexer.ids import SeenIds


def test_each_id_is_new_once() -> None:
    seen, known, random = SeenIds(), set(), Random(1)
    for _ in range(8000):
        identifier = f"U{random.randrange(5000)}"
        assert seen.add(identifier) == (identifier not in known)
        known.add(identifier)
    assert 3000 < len(known) < 5000
