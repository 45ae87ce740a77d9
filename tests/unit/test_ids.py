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
    assert 3000 < len(known) == len(seen) < 5000


def test_ids_are_numbered_as_they_come() -> None:
    seen = SeenIds()
    names = [f"U{n}" for n in range(3000)]
    assert all(seen.add(name) for name in names)
    assert [seen.number(name) for name in names] == list(range(3000))
    assert seen.number("another") is None
