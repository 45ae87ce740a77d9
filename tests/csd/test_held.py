"""What a directory held before a load is found again, each entity once, and what is left is told."""

from __future__ import annotations

from random import Random

from csd.entity import FACILITY, KINDS, document_id
from csd.held import Held


def test_entities_are_taken_once_and_the_others_are_left() -> None:
    random, held = Random(2), Held()
    ids = [document_id(random.choice(KINDS), f"entity {number}") for number in range(5000)]
    for number, identifier in enumerate(ids):
        held.put(identifier, {"content_hash": [number - 2000], "modified": [str(number)], "removed": [number % 7 == 0]})
    assert len(held) == 5000
    taken = random.sample(range(5000), 3500)
    for number in taken:
        before = held.take(ids[number])
        assert before is not None
        assert (before.content_hash, before.modified_ms, before.removed) == (number - 2000, number, number % 7 == 0)
        assert before.created is None
        assert held.take(ids[number]) is None
    assert held.take(document_id(FACILITY, "unheard of")) is None
    assert set(held.left()) == set(ids) - {ids[number] for number in taken}
    assert len(held) == 1500
