"""A delta on a real engine: what it writes, what it leaves alone, what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.gateway import Gateway
from indexer.build import build
from indexer.delta import delta
from indexer.generations import Target
from indexer.load import LoadOptions
from indexer.rejection import SOURCE, Item, Rejection
from indexer.report import BuildReport
from mappings.capacity import AVAILABLE, BED, INSTALLED, Capacity, CapacityKey
from mappings.document import as_stored, places_of
from mappings.errors import NotFound, RorError
from mappings.unit import Unit
from tests.indexing import gazetteer_of_rouen, make_unit

BEDS = {"kind": "01", "observed_at": "2026-02-01T00:00:00.000Z",
        "now": {"all": 3, "f": 3, "m": 3, "observed_at": "2026-02-01T00:00:00.000Z"}}  # fmt: skip


class Loaded:
    """An index of twenty units behind an alias of its own."""

    def __init__(self, gateway: Gateway, target: Target) -> None:
        """Load it."""
        self.gateway, self.target = gateway, target
        self.units = [make_unit(f"U{number:02d}") for number in range(20)]
        assert build(self.units, gateway, gazetteer_of_rouen(), LoadOptions(source="whole", target=target)).applied

    def delta(self, source: list[Any], **options: Any) -> BuildReport:
        """Run a delta."""
        chosen: dict[str, Any] = {"source": "delta", "target": self.target} | options
        return delta(source, self.gateway, gazetteer_of_rouen(), LoadOptions(**chosen))

    def document(self, identifier: str) -> dict[str, Any] | None:
        """Return what is stored."""
        return self.gateway.get(self.target.alias, identifier)

    def set_beds(self, identifier: str) -> None:
        """Write a bed summary as the bed store does."""
        held = self.document(identifier)
        assert held is not None
        places = [place | {"beds": BEDS} for place in places_of(held["_source"])]
        self.gateway.update(self.target.alias, identifier, as_stored(places))

    def beds(self, identifier: str) -> Any:
        """Return the bed summary of a unit's place."""
        held = self.document(identifier)
        assert held is not None
        return places_of(held["_source"])[0].get("beds")


@pytest.fixture
def loaded(gateway: Gateway, new_name: Callable[[], str]) -> Loaded:
    """Load twenty units."""
    return Loaded(gateway, Target(alias=new_name(), locks=new_name()))


def test_a_delta_adds_changes_and_removes_in_place(loaded: Loaded) -> None:
    index = loaded.gateway.aliases(loaded.target.alias)[loaded.target.alias]
    changed = replace(loaded.units[1], name="Médecine interne")
    report = loaded.delta([make_unit("NEW"), changed, *loaded.units[2:]])
    assert (report.added, report.changed, report.removed, report.unchanged) == (1, 1, 1, 18)
    assert report.applied
    assert report.exit_code == 0
    assert loaded.gateway.aliases(loaded.target.alias)[loaded.target.alias] == index
    assert loaded.gateway.count(loaded.target.alias) == 20
    assert loaded.document("U00") is None
    held = loaded.document("U01")
    assert held is not None
    assert held["_source"]["unit"]["name"] == "Médecine interne"


def test_the_same_source_again_writes_nothing(loaded: Loaded) -> None:
    before = loaded.document("U05")
    assert before is not None
    report = loaded.delta(list(loaded.units))
    assert (report.unchanged, report.indexed, report.removed) == (20, 0, 0)
    after = loaded.document("U05")
    assert after is not None
    assert after["_seq_no"] == before["_seq_no"]


def test_bed_counts_of_changed_and_unchanged_units_stay(loaded: Loaded) -> None:
    loaded.set_beds("U01")
    loaded.set_beds("U02")
    changed = replace(loaded.units[1], name="Médecine interne")
    assert loaded.delta([loaded.units[0], changed, *loaded.units[2:]]).changed == 1
    assert loaded.beds("U01") == loaded.beds("U02") == BEDS


@pytest.mark.parametrize(("month", "kept"), [(1, True), (3, False)])
def test_a_source_wins_over_stored_bed_counts_only_when_it_counted_later(
    loaded: Loaded, month: int, kept: bool
) -> None:
    loaded.set_beds("U01")
    when = datetime(2026, month, 1, tzinfo=UTC)
    counts = tuple(
        Capacity(key=CapacityKey(kind=BED, status=status), count=9, observed_at=when)
        for status in (INSTALLED, AVAILABLE)
    )
    loaded.delta([loaded.units[0], make_unit("U01", capacities=counts), *loaded.units[2:]])
    assert loaded.beds("U01")["now"]["all"] == (3 if kept else 9)


def test_more_than_a_tenth_is_not_removed_without_force(loaded: Loaded) -> None:
    source: list[Unit] = [make_unit("NEW"), *loaded.units[3:]]
    report = loaded.delta(source)
    assert not report.applied
    assert "3 of 20 stored units would be removed" in report.refusals[0]
    assert loaded.document("NEW") is None, "a refused delta writes nothing at all"
    assert loaded.gateway.count(loaded.target.alias) == 20
    assert loaded.delta(source, force=True).removed == 3
    assert loaded.gateway.count(loaded.target.alias) == 18


def test_a_tenth_is_removed(loaded: Loaded) -> None:
    assert loaded.delta(list(loaded.units[2:])).removed == 2


def test_a_stored_unit_that_the_source_spells_wrong_is_not_removed(loaded: Loaded) -> None:
    bad = Rejection(1, "U00", "age", "is wrong")
    report = loaded.delta([bad, *loaded.units[1:]])
    assert (report.removed, report.rejected, report.applied) == (0, 1, True)
    assert loaded.document("U00") is not None


@pytest.mark.parametrize("rejection", [Rejection(9, None, SOURCE, "cut"), Rejection(9, None, "line", "not JSON")])
def test_nothing_is_removed_on_the_word_of_a_damaged_source(loaded: Loaded, rejection: Rejection) -> None:
    source: list[Item] = [*loaded.units[1:], rejection]
    report = loaded.delta(source)
    assert (report.removed, report.applied) == (0, True)
    assert "stay" in report.warnings[0]
    assert loaded.document("U00") is not None


def test_too_many_rejects_change_nothing(loaded: Loaded) -> None:
    bad: list[Item] = [Rejection(number, f"B{number}", "age", "is wrong") for number in range(3)]
    report = loaded.delta([make_unit("NEW"), *loaded.units, *bad])
    assert not report.applied
    assert loaded.document("NEW") is None


def test_a_delta_of_one_region_leaves_the_others_alone(loaded: Loaded) -> None:
    loaded.delta([*loaded.units, make_unit("IDF", region="11")])
    report = loaded.delta([make_unit("IDF2", region="11"), *loaded.units], region="11", force=True)
    assert (report.added, report.removed, report.skipped) == (1, 1, 20)
    assert loaded.gateway.count(loaded.target.alias) == 21


def test_a_delta_needs_something_to_change(gateway: Gateway, new_name: Callable[[], str]) -> None:
    target = Target(alias=new_name(), locks=new_name())
    with pytest.raises(NotFound, match="load the source whole first"):
        delta([make_unit()], gateway, gazetteer_of_rouen(), LoadOptions(source="delta", target=target))


def test_a_delta_into_an_index_of_another_mapping_is_refused(gateway: Gateway, new_name: Callable[[], str]) -> None:
    target = Target(alias=new_name(), locks=new_name())
    gateway.create_index(f"{target.alias}-20200101000000-00000000", {"aliases": {target.alias: {}}})
    with pytest.raises(RorError, match="another mapping"):
        delta([make_unit()], gateway, gazetteer_of_rouen(), LoadOptions(source="delta", target=target))
