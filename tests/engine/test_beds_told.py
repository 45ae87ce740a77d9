"""What a load hears of places while its units pass takes the place of reading the index that was made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from beds import seeding
from engine.gateway import Gateway
from mappings.unit import Unit
from tests.beds_kit import NOW, Ward, at
from tests.factory import make_beds, make_place, make_unit
from tests.random_region import random_units


@pytest.fixture
def own(gateway: Gateway, new_name: Callable[[], str]) -> Ward:
    """Empty indices."""
    return Ward(gateway, new_name())


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the zones of each unit be read while those of the one before are written."""
    monkeypatch.setattr(seeding, "CHUNK", 1)


def unit(identifier: str, place: str = "P1", **changes: Any) -> Unit:
    """Return a unit of one place."""
    return make_unit(id=identifier, places=(make_place(id=place, **changes),))


def beds(count: int, minutes: float) -> Any:
    """Return free beds as observed so many minutes from now."""
    return make_beds(count, None, observed_at=NOW + timedelta(minutes=minutes))


def stands(ward: Ward) -> dict[str, Any]:
    """Return every document of the units that serve and of the store, with its number."""
    found = {}
    for index in (ward.indices.units, ward.indices.store):
        ward.gateway.refresh(index)
        ids = [hit["_id"] for hit in ward.gateway.scan(index, source=False)]
        for hit in ward.gateway.mget(index, ids):
            assert hit is not None
            found[index, hit["_id"]] = (hit["_seq_no"], hit["_source"])
    return found


@pytest.mark.parametrize("seed", range(3))
def test_a_reading_of_the_index_finds_nothing_left_to_do(own: Ward, seed: int) -> None:
    units = random_units(Random(seed), 60)
    own.load(units[:40])
    shared = [replace(each, places=(*each.places, *units[0].places)) for each in units[30:]]
    name = own.load(shared)
    before = stands(own)
    own.replay.before_swap(name)
    own.replay.after_swap(name)
    assert any(source.get("units") for _, source in before.values())
    assert stands(own) == before


@pytest.mark.usefixtures("one_by_one")
def test_units_that_share_a_place_all_show_the_newest_of_their_counts(own: Ward) -> None:
    units = [unit("U1", capacities=beds(4, -10)), unit("U2", capacities=beds(7, -1)), unit("U3")]
    for again in (units, units[::-1], units):
        own.load([*again, unit("U4", "P4")])
        assert [own.shown(each.id)["P1"]["now"]["all"] for each in units] == [7, 7, 7]
    assert own.service.store.load(["P1"])["P1"].units == ("U1", "U2", "U3")


def test_a_count_written_while_units_load_is_shown_by_a_unit_that_is_new_to_the_place(own: Ward) -> None:
    own.load([unit("U1")])
    own.one(count=1)
    name = own.fill([unit("U1"), unit("U2")])
    own.one(count=2, observed_at=at(-8))
    own.replay.before_swap(name)
    own.one(count=3, observed_at=at(-7), gender="01")
    own.swap(name)
    own.replay.after_swap(name)
    assert own.shown("U2")["P1"]["now"]["all"] == 5
    assert own.shown("U1") == own.shown("U2")


def test_a_count_of_the_store_is_shown_from_the_first_writing_of_a_document_on(own: Ward) -> None:
    own.load([unit("U1")])
    own.one(count=5)
    name = own.fill([unit("U1", capacities=beds(9, -60))])
    hit = own.gateway.get(name, "U1")
    assert hit is not None
    assert hit["_source"]["place"][0]["beds"]["now"]["all"] == 5
    assert hit["_version"] == 1


def test_what_a_load_that_was_given_up_heard_is_not_believed_of_another_index(own: Ward) -> None:
    old = own.load([unit("U1"), unit("U3", "P3")])
    own.load([unit("U1"), unit("U2")])
    own.fill([unit("U1", name="Autre")])
    own.replay.before_swap(old)
    own.swap(old)
    own.replay.after_swap(old)
    zones = own.service.store.load(["P1", "P3"])
    assert {name: zone.units for name, zone in zones.items()} == {"P1": ("U1",), "P3": ("U3",)}


def test_places_that_the_units_no_longer_name_lose_their_units(own: Ward) -> None:
    own.load([unit("U1"), unit("U2", "P2")])
    own.load([unit("U1")])
    zones = own.service.store.load(["P1", "P2"])
    assert {name: zone.units for name, zone in zones.items()} == {"P1": ("U1",), "P2": ()}
