"""A patient in Dreux or Mantes: the real hospitals of two regions, each in its own directory, in one true order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from engine.gateway import Gateway
from mappings.gazetteer import Gazetteer
from orientation.settings import Settings
from tests.asking import Questioner
from tests.peers.border import DREUX, MANTES, Border, border, question
from tests.peers.union import held
from tests.random_region import AS_OF


@pytest.fixture(scope="module")
def real(settings: Settings, gateway: Gateway, gazetteer: Gazetteer, shared: Path) -> Iterator[Border]:
    """Both regions."""
    with border(settings, gateway, gazetteer, shared / "data", AS_OF) as made:
        yield made


CARE = {
    "critical care of adults": {"activity": ["127"], "age": ["50"]},
    "critical care of children": {"activity": ["130"], "age": ["4"]},
    "stroke": {"activity": ["356"], "age": ["66"]},
    "birth": {"activity": ["100"]},
    "emergencies of children": {"activity": ["249"], "mode": ["33"], "age": ["2"]},
    "burns": {"activity": ["121"]},
}


@pytest.mark.parametrize("place", [DREUX, MANTES])
@pytest.mark.parametrize("care", CARE)
def test_the_hospitals_of_both_regions_stand_in_one_order(
    real: Border, gazetteer: Gazetteer, place: str, care: str
) -> None:
    found = held(real.client, real.items, CARE[care] | {"place": [place], "radius": ["150km"]}, gazetteer, AS_OF)
    assert found.faults == ()
    assert found.elsewhere > 0 and not found.cut


def test_random_questions_at_the_border_are_answered_as_from_one_directory(real: Border, gazetteer: Gazetteer) -> None:
    questioner = Questioner(Random(2), real.ours + real.theirs, (DREUX, MANTES), AS_OF)
    mixed = 0
    for _ in range(12):
        asked = question(questioner)
        found = held(real.client, real.items, asked, gazetteer, AS_OF)
        assert found.faults == (), asked
        mixed += bool(found.home and found.elsewhere)
    assert mixed
