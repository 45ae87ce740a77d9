"""The store of record on a real engine: which count stands, and what each writer is told."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from beds.projection import project
from beds.store import BedStore, Zone
from engine.errors import EngineUnavailable
from engine.gateway import Action, Gateway, require_done
from mappings.document import places_of, unit_to_document
from mappings.unit import Unit
from tests.beds_kit import NOW, Ward, at, said
from tests.factory import make_beds, make_place, make_unit

FREE = "01|02|01|||||01"
"""Key of free beds, now, of no stated gender."""


def directory() -> list[Unit]:
    """Two units that share P1, and two whose places bear one sync id."""
    shared = make_place(id="P1", sync_id="1760780239/REA1")
    return [
        make_unit(id="U1", places=(shared,)),
        make_unit(id="U2", places=(shared, make_place(id="P2"))),
        make_unit(id="U3", activities=("083",), places=(make_place(id="P3", sync_id="twice"),)),
        make_unit(id="U4", activities=("083",), places=(make_place(id="P4", sync_id="twice"),)),
    ]


@pytest.fixture(scope="module")
def standing(gateway: Gateway) -> Iterator[Ward]:
    """That directory, made once: indices are slow to make."""
    ward = Ward(gateway, f"test-{uuid.uuid4().hex[:12]}")
    ward.load(directory())
    yield ward
    gateway.delete_index(*gateway.indices(f"{ward.prefix}-*"))


@pytest.fixture
def ward(standing: Ward) -> Ward:
    """The same with no count in it; for tests that leave its units as they are."""
    standing.empty()
    return standing


@pytest.fixture
def own(gateway: Gateway, new_name: Callable[[], str]) -> Ward:
    """The same directory in indices of its own, for tests that change it."""
    ward = Ward(gateway, new_name())
    ward.load(directory())
    return ward


def test_an_accepted_count_is_in_the_store_the_history_and_every_unit_of_the_zone(ward: Ward) -> None:
    assert ward.shown("U1") == {"P1": None}
    verdict = ward.one(count=3)
    assert (verdict.status, verdict.result, verdict.place) == (200, "accepted", "P1")
    assert ward.stored()[FREE]["count"] == 3
    assert ward.stored()[FREE]["who"] == "test"
    for unit in ("U1", "U2"):
        beds = ward.shown(unit)["P1"]
        assert beds["now"]["all"] == 3
        assert beds["source"] == "02"
    assert ward.shown("U2")["P2"] is None
    assert [entry["count"] for entry in ward.told()] == [3]


def test_a_late_count_loses_and_is_shown_what_stands(ward: Ward) -> None:
    ward.one(count=3, observed_at=at(-5))
    late = ward.one(count=9, observed_at=at(-6))
    assert (late.status, late.code) == (409, "conflict")
    assert late.stored is not None
    assert late.stored["count"] == 3
    assert ward.stored()[FREE]["count"] == 3
    assert len(ward.told()) == 1


def test_the_same_write_twice_is_harmless(ward: Ward) -> None:
    assert ward.one().result == "accepted"
    again = ward.one()
    assert (again.status, again.result) == (200, "unchanged")
    assert len(ward.told()) == 1


def test_the_same_instant_with_another_count_is_a_conflict(ward: Ward) -> None:
    ward.one(count=3)
    assert ward.one(count=4).status == 409


def test_a_newer_count_replaces_whatever_its_order_in_one_request(ward: Ward) -> None:
    first, second = ward.take(said(count=5, observed_at=at(-2)), said(count=4, observed_at=at(-3)))
    assert (first.status, second.status) == (200, 409)
    assert ward.stored()[FREE]["count"] == 5


def test_replace_needs_a_count_to_replace_and_names_the_key(ward: Ward) -> None:
    verdict = ward.one(op="replace")
    assert (verdict.status, verdict.code) == (404, "not-found")
    assert verdict.expression == "Location.capacity(kind=01, status=02, horizon=01, assignment=01)"
    ward.one(op="add")
    assert ward.one(op="replace", count=1, observed_at=at(-1)).status == 200


def test_an_unknown_zone_is_told_as_a_location(ward: Ward) -> None:
    verdict = ward.one(place="nowhere")
    assert (verdict.status, verdict.expression) == (404, "Location")


def test_a_zone_is_written_by_its_sync_id_unless_two_bear_it(ward: Ward) -> None:
    assert ward.one(place="1760780239/REA1").place == "P1"
    verdict = ward.one(place="twice")
    assert (verdict.status, verdict.code) == (412, "multiple-matches")


def test_a_deleted_count_leaves_a_tombstone_against_late_messages(ward: Ward) -> None:
    ward.one(count=3, observed_at=at(-9))
    assert ward.one(op="delete", count=None, observed_at=at(-5)).status == 200
    assert ward.shown("U1")["P1"] is None
    assert ward.one(count=3, observed_at=at(-6)).status == 409
    assert ward.one(op="replace", observed_at=at(-4)).status == 404
    assert ward.one(op="delete", count=None, observed_at=at(-5)).result == "unchanged"
    assert ward.one(op="add", count=2, observed_at=at(-3)).status == 200
    assert [entry.get("deleted", False) for entry in ward.told()] == [False, True, False]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"count": -1}, "count"),
        ({"count": 10_001}, "count"),
        ({"count": 1.5}, "count"),
        ({"count": "3"}, "count"),
        ({"count": None}, "count"),
        ({"kind": None}, "kind"),
        ({"status": None}, "status"),
        ({"source": None}, "source"),
        ({"source": "77"}, "source"),
        ({"observed_at": at(6)}, "observed_at"),
        ({"observed_at": "2026-11-24T09:00:00"}, "observed_at"),
        ({"status": "01", "gender": "01"}, "gender"),
        ({"closing_kind": "01"}, "closing_kind"),
        ({"status": "01", "horizon": "02"}, "horizon"),
        ({"op": "remove"}, "op"),
        ({"beds": 3}, "beds"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_name_and_the_others_stand(
    ward: Ward, changes: dict[str, Any], field: str
) -> None:
    bad, good = ward.take(said(**changes), said(place="P2"))
    assert bad.status == 422
    assert [error.field for error in bad.errors] == [field]
    assert good.status == 200


def test_an_observation_five_minutes_ahead_is_taken(ward: Ward) -> None:
    assert ward.one(observed_at=at(5)).status == 200


def test_two_writers_at_once_never_mix_and_the_newest_stands(ward: Ward) -> None:
    rounds = 60

    def write(writer: int) -> list[int]:
        return [
            ward.one(
                count=n * 2 + writer, observed_at=(NOW - timedelta(hours=1, milliseconds=-(n * 2 + writer))).isoformat()
            ).status
            for n in range(rounds)
        ]

    with ThreadPoolExecutor(2) as pool:
        statuses = [status for found in pool.map(write, (0, 1)) for status in found]
    assert set(statuses) <= {200, 409}
    assert ward.stored()[FREE]["count"] == rounds * 2 - 1
    assert ward.shown("U1")["P1"]["now"]["all"] == rounds * 2 - 1
    assert ward.shown("U2")["P1"] == ward.shown("U1")["P1"]
    assert len(ward.told()) == statuses.count(200)


def test_writers_of_two_keys_of_one_zone_both_stand(ward: Ward) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: ward.one(status="02", gender=f"0{n}", count=n), (1, 2, 4)))
    assert [verdict.status for verdict in found] == [200, 200, 200]
    assert sorted(record["count"] for record in ward.stored().values()) == [1, 2, 4]
    assert ward.shown("U1")["P1"]["now"]["all"] == 7


def test_a_write_cut_after_the_store_is_made_whole_when_it_is_sent_again(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: Any, **__: Any) -> int:
        raise EngineUnavailable("cut")

    with monkeypatch.context() as patched:
        patched.setattr("beds.service.project", cut)
        with pytest.raises(EngineUnavailable):
            ward.one(count=3)
    assert ward.stored()[FREE]["count"] == 3
    assert ward.told() == []
    assert ward.shown("U1")["P1"] is None
    assert ward.one(count=3).result == "unchanged"
    assert [entry["count"] for entry in ward.told()] == [3]
    assert ward.shown("U1")["P1"]["now"]["all"] == 3


def test_a_writer_overtaken_between_reading_and_writing_a_unit_does_not_take_its_summary_back(ward: Ward) -> None:
    ward.one(count=1, observed_at=at(-9))

    @dataclass(frozen=True, slots=True)
    class Overtaken(BedStore):
        """A store after whose first reading another writer comes in."""

        first: list[bool] = field(default_factory=lambda: [True])

        def load(self, ids: Iterable[str]) -> dict[str, Zone]:
            zones = BedStore.load(self, ids)
            if self.first and self.first.pop():
                ward.one(count=2, observed_at=at(-8))
            return zones

    unit = ward.gateway.get(ward.indices.units, "U1")
    assert unit is not None
    place = [each | {"beds": {"kind": "01", "observed_at": at(-30)}} for each in places_of(unit["_source"])]
    name = "place" if "place" in unit["_source"] else "places"
    stale = Action("index", ward.indices.units, "U1", unit["_source"] | {name: place})
    require_done(ward.gateway.bulk([stale]))
    project(Overtaken(ward.gateway, ward.indices), ["U1"])
    assert ward.shown("U1")["P1"]["now"]["all"] == 2


def test_a_whole_load_keeps_the_counts_of_the_store_unless_the_source_counts_later(own: Ward) -> None:
    own.one(count=7, observed_at=at(-60))
    older = make_place(id="P1", capacities=make_beds(1, None, observed_at=NOW - timedelta(hours=2)))
    own.load([make_unit(id="U1", places=(older,))])
    assert own.shown("U1")["P1"]["now"]["all"] == 7
    newer = make_place(id="P1", capacities=make_beds(2, 12, observed_at=NOW))
    own.load([make_unit(id="U1", places=(newer,))])
    assert own.shown("U1")["P1"]["now"]["all"] == 2
    assert [entry["count"] for entry in own.told()] == [7, 2]


def test_a_unit_document_carries_no_counts_but_the_summary(own: Ward) -> None:
    own.load([make_unit(id="U1", places=(make_place(id="P1", capacities=make_beds(4)),))])
    hit = own.gateway.get(own.indices.units, "U1")
    assert hit is not None
    assert "capacities" not in hit["_source"]["unit"]["places"][0]
    assert own.service.store.counts_of(["P1"])["P1"][0]["count"] == 4


def test_a_place_that_leaves_the_directory_is_unknown_until_it_comes_back(own: Ward) -> None:
    own.one(place="P2", count=5)
    own.load([make_unit(id="U1", places=(make_place(id="P1"),))])
    assert own.one(place="P2", count=6, observed_at=at(-1)).status == 404
    assert own.service.store.load(["P2"])["P2"].units == ()
    own.load([make_unit(id="U2", places=(make_place(id="P2"),))])
    assert own.shown("U2")["P2"]["now"]["all"] == 5


def test_counts_written_while_an_index_is_built_and_swapped_are_in_the_new_one(own: Ward) -> None:
    units = [make_unit(id="U1", places=(make_place(id="P1"),)), make_unit(id="U9", places=(make_place(id="P1"),))]
    own.one(count=1, observed_at=at(-9))
    new = own.fill(units)
    own.one(count=2, observed_at=at(-8))
    own.replay.before_swap(new)
    own.one(count=3, observed_at=at(-7))
    assert own.shown("U1")["P1"]["now"]["all"] == 3
    own.swap(new)
    assert own.shown("U1")["P1"]["now"]["all"] == 3
    assert own.shown("U9")["P1"] == own.shown("U1")["P1"]
    own.one(place="P1", gender="01", count=4, observed_at=at(-7))
    own.replay.after_swap(new)
    assert own.shown("U1")["P1"]["now"]["all"] == 7
    assert own.gateway.aliases(own.indices.incoming) == {}


def test_a_count_stored_before_a_swap_and_told_after_it_is_in_the_new_index_beside_the_facts_of_that(own: Ward) -> None:
    new = own.fill([make_unit(id="U1", name="Autre", places=(make_place(id="P1"),))])
    own.replay.before_swap(new)
    begun = own.service.begin([said(count=5)], "test")
    own.swap(new)
    assert own.shown("U1")["P1"] is None
    assert [verdict.status for verdict in own.service.finish(begun)] == [200]
    assert own.shown("U1")["P1"]["now"]["all"] == 5
    assert own.gateway.get(own.indices.units, "U1")["_source"]["unit"]["name"] == "Autre"  # type: ignore[index]


def test_a_document_read_before_a_swap_is_never_written_over_that_of_the_new_index(
    own: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = own.fill([make_unit(id="U1", name="Autre", places=(make_place(id="P1"),))])
    bulk, waiting = Gateway.bulk, [True]

    def swapped_first(gateway: Gateway, actions: Iterable[Action], **options: Any) -> list[Any]:
        every = list(actions)
        if waiting and any(action.id == "U1" for action in every):
            waiting.clear()
            own.replay.before_swap(new)
            own.swap(new)
        return bulk(gateway, every, **options)

    held = own.gateway.get(own.indices.units, "U1")
    made = own.gateway.get(new, "U1")
    assert held is not None
    assert made is not None
    # The hazard: what tells whether a document is as it was read is the same in both.
    assert (held["_seq_no"], held["_primary_term"]) == (made["_seq_no"], made["_primary_term"])
    with monkeypatch.context() as patched:
        patched.setattr(Gateway, "bulk", swapped_first)
        assert own.one(count=5).status == 200
    assert own.shown("U1")["P1"]["now"]["all"] == 5
    assert own.gateway.get(own.indices.units, "U1")["_source"]["unit"]["name"] == "Autre"  # type: ignore[index]


def test_a_unit_written_by_another_between_the_reading_and_the_telling_keeps_what_that_one_wrote(ward: Ward) -> None:
    begun = ward.service.begin([said(count=5)], "test")
    ward.one(gender="01", count=2)
    assert [verdict.status for verdict in ward.service.finish(begun)] == [200]
    assert ward.shown("U1")["P1"]["now"]["all"] == 7
    assert ward.shown("U2")["P1"]["now"]["all"] == 7


def test_batches_begun_one_behind_the_other_are_told_in_their_order(ward: Ward) -> None:
    first = ward.service.begin([said(count=5), said(place="P2", count=1)], "test")
    second = ward.service.begin([said(count=6, observed_at=at(-8))], "test", behind=first)
    assert [verdict.status for verdict in ward.service.finish(first)] == [200, 200]
    assert ward.shown("U1")["P1"]["now"]["all"] == 5
    assert [verdict.status for verdict in ward.service.finish(second)] == [200]
    assert ward.shown("U1")["P1"]["now"]["all"] == 6
    assert [place["now"]["all"] for place in ward.shown("U2").values()] == [6, 1]
    assert [entry["count"] for entry in ward.told()] == [5, 6]


def test_a_rollback_shows_the_counts_of_now_and_not_those_of_then(own: Ward) -> None:
    own.one(count=1, observed_at=at(-9))
    old = own.load([make_unit(id="U1", places=(make_place(id="P1"),))])
    own.load([make_unit(id="U1", places=(make_place(id="P1"),))])
    own.one(count=2, observed_at=at(-8))
    own.replay.before_swap(old)
    own.swap(old)
    own.replay.after_swap(old)
    assert own.shown("U1")["P1"]["now"]["all"] == 2


def test_units_changed_in_place_are_settled_with_their_places(own: Ward) -> None:
    own.one(count=3)
    unit = make_unit(id="U5", places=(make_place(id="P1"),))
    own.gateway.store(own.indices.units, "U5", unit_to_document(unit), refresh="true")
    own.gateway.delete(own.indices.units, "U1", refresh="true")
    own.replay.after_delta(["U5", "U1"])
    assert own.shown("U5")["P1"]["now"]["all"] == 3
    assert own.service.store.load(["P1"])["P1"].units == ("U2", "U5")


def test_old_days_of_history_are_dropped_whole(own: Ward) -> None:
    own.one(count=3)
    assert own.told()
    own.now = NOW + timedelta(days=own.indices.keep_days)
    own.service.ensure()
    assert own.told()
    own.now = NOW + timedelta(days=own.indices.keep_days + 1)
    own.service.ensure()
    assert own.told() == []


def test_a_history_taken_away_under_a_running_writer_is_made_again(own: Ward) -> None:
    own.one(count=3)
    own.gateway.delete_index(own.indices.history_of(NOW.date()))
    with pytest.raises(EngineUnavailable):
        own.one(count=4, observed_at=at(-1))
    assert own.one(count=4, observed_at=at(-1)).result == "unchanged"
    assert [entry["count"] for entry in own.told()] == [4]


def test_a_unit_without_places_is_no_trouble(own: Ward) -> None:
    own.load([replace(make_unit(id="U1"), places=())])
    assert own.one().status == 404
