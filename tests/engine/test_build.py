"""A whole load on a real engine: the gate, the swap, what is kept, and what a killed load leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.errors import EngineTimeout
from engine.gateway import Gateway
from indexer.build import build
from indexer.generations import Generations, Target, generations
from indexer.load import LoadOptions
from indexer.lock import Lock, LockHeld, LockLost, locked
from indexer.rejection import Item, Rejection
from indexer.report import BuildReport
from indexer.status import status
from indexer.swap import prune, rollback
from mappings.errors import NotFound
from mappings.schema.unit import unit_from_dict
from mappings.unit import Unit
from tests.conftest import RunningEngine
from tests.gazetteer_kit import GAZETTEER
from tests.indexing import ROUEN, gazetteer_of_rouen, make_unit, write_ndjson


@pytest.fixture
def target(new_name: Callable[[], str]) -> Target:
    """An alias and a lock index that no other test has."""
    return Target(alias=new_name(), locks=new_name())


@pytest.fixture
def load(gateway: Gateway, target: Target) -> Callable[..., BuildReport]:
    """Load items whole; a test states what matters."""

    def run(source: Any, **options: Any) -> BuildReport:
        chosen = LoadOptions(source="test", target=target, **options)
        return build(source, gateway, gazetteer_of_rouen(), chosen)

    return run


def units(count: int, **changes: Any) -> list[Unit]:
    """Return as many valid units."""
    return [make_unit(f"U{number:05d}", **changes) for number in range(count)]


def test_a_loaded_unit_is_found_through_the_alias_and_reads_back_as_it_was(
    load: Callable[..., BuildReport], gateway: Gateway, target: Target
) -> None:
    given = units(3)
    report = load(given)
    assert (report.read, report.indexed, report.rejected, report.applied) == (3, 3, 0, True)
    hits = gateway.search(target.alias, {"query": {"term": {"id": "U00001"}}})["hits"]["hits"]
    assert [unit_from_dict(hit["_source"]["unit"]) for hit in hits] == [given[1]]


def test_the_new_index_serves_with_its_own_settings_and_says_what_it_holds(
    load: Callable[..., BuildReport], gateway: Gateway, target: Target
) -> None:
    lasting = []

    def committed(index: str) -> None:
        [[shard]] = gateway.read("GET", f"/{index}/_stats?level=shards")["indices"][index]["shards"].values()
        lasting.append(shard["commit"]["num_docs"])

    report = load(units(2), before_swap=committed)
    assert report.index is not None
    assert lasting == [2], "all that was loaded outlives the engine before it can serve"
    body = gateway.indices(report.index)[report.index]
    settings = body["settings"]["index"]
    assert (settings["refresh_interval"], settings["auto_expand_replicas"]) == ("1s", "0-1")
    assert "translog" not in settings, "each write to what serves is on the disk before it is answered"
    meta = body["mappings"]["_meta"]
    assert (meta["state"], meta["read"], meta["indexed"], meta["source"]) == ("complete", 2, 2, "test")


def test_the_new_index_is_one_segment_whatever_was_written_to_it_before(
    load: Callable[..., BuildReport], gateway: Gateway
) -> None:
    def replay(index: str) -> None:
        for each in ("U00000", "U00001"):
            stored = gateway.get(index, each)
            assert stored is not None
            gateway.store(index, each, stored["_source"])
            gateway.refresh(index)
        assert segments(index) > 1

    def segments(index: str) -> int:
        [copies] = gateway.read("GET", f"/{index}/_segments")["indices"][index]["shards"].values()
        return sum(each["search"] for each in copies[0]["segments"].values())

    report = load(units(3), before_swap=replay)
    assert report.index is not None
    gateway.refresh(report.index)
    assert segments(report.index) == 1


def test_a_swap_that_timed_out_but_was_done_is_not_undone(
    load: Callable[..., BuildReport], gateway: Gateway, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(units(2))
    swap = Gateway.update_aliases

    def late(self: Gateway, actions: Any) -> None:
        swap(self, actions)
        raise EngineTimeout("the engine did not answer in time")

    monkeypatch.setattr(Gateway, "update_aliases", late)
    with pytest.raises(EngineTimeout):
        load(units(3))
    assert gateway.count(target.alias) == 3


def test_too_many_rejects_leave_the_old_index_serving(
    load: Callable[..., BuildReport], gateway: Gateway, target: Target, tmp_path: Path
) -> None:
    assert load(units(20)).applied
    bad: list[Item] = [Rejection(number, None, "age", "is wrong") for number in range(2)]
    report = load([*units(18), *bad], max_rejects=0.05, rejects=tmp_path / "rejects.ndjson")
    assert not report.applied
    assert "2 of 20 units were refused (10.0%" in report.refusals[0]
    assert gateway.count(target.alias) == 20
    assert len(generations(gateway, target).every) == 1, "the refused index is deleted"
    assert len((tmp_path / "rejects.ndjson").read_text().splitlines()) == 2
    assert load([*units(18), *bad], max_rejects=0.10).applied, "at the limit it passes"


def test_an_empty_source_never_swaps(load: Callable[..., BuildReport], gateway: Gateway, target: Target) -> None:
    assert load(units(1)).applied
    report = load([])
    assert (report.applied, report.exit_code, report.refusals) == (False, 1, ["the source gave no unit"])
    assert gateway.count(target.alias) == 1


def test_a_repeated_id_is_named_and_the_first_one_is_kept(load: Callable[..., BuildReport], gateway: Gateway,
                                                         target: Target, tmp_path: Path) -> None:  # fmt: skip
    first, second = make_unit("SAME", name="Premier"), make_unit("SAME", name="Second")
    report = load([first, second], max_rejects=0.5, rejects=tmp_path / "rejects")
    assert (report.applied, report.indexed, report.rejected, report.exit_code) == (True, 1, 1, 1)
    assert json.loads((tmp_path / "rejects").read_text())["id"] == "SAME"
    hit = gateway.get(target.alias, "SAME")
    assert hit is not None
    assert hit["_source"]["unit"]["name"] == "Premier"


def test_a_unit_that_the_engine_refuses_closes_the_gate(
    load: Callable[..., BuildReport], gateway: Gateway, target: Target, tmp_path: Path
) -> None:
    immense = make_unit("IMMENSE", care_mode="x" * 40_000)  # no term of a keyword may be as long
    report = load([*units(5), immense], rejects=tmp_path / "rejects")
    assert (report.applied, report.failed, report.indexed) == (False, 1, 5)
    assert "1 units were refused by the engine" in report.refusals[0]
    row = json.loads((tmp_path / "rejects").read_text())
    assert (row["id"], row["field"]) == ("IMMENSE", "engine")
    assert "immense term" in row["reason"]
    assert gateway.aliases(target.alias) == {}


def test_an_id_too_long_for_the_engine_is_refused_alone(load: Callable[..., BuildReport]) -> None:
    report = load([*units(5), make_unit("é" * 300)], max_rejects=0.5)
    assert (report.applied, report.rejected, report.indexed) == (True, 1, 5)


def test_a_failing_source_leaves_the_old_index_serving_and_no_other(
    load: Callable[..., BuildReport], gateway: Gateway, target: Target
) -> None:
    load(units(4))

    def broken() -> Iterator[Unit]:
        yield from units(2)
        raise OSError("the disk went away")

    with pytest.raises(OSError, match="the disk went away"):
        load(broken())
    assert gateway.count(target.alias) == 4
    assert len(generations(gateway, target).every) == 1
    assert load(units(2)).applied, "the lock was given back"


def test_a_failing_replay_of_bed_counts_leaves_the_old_index_serving(
    load: Callable[..., BuildReport], gateway: Gateway, target: Target
) -> None:
    load(units(4))

    def broken(index: str) -> None:
        assert index not in gateway.aliases(target.alias)[target.alias]
        raise RuntimeError("no replay")

    with pytest.raises(RuntimeError, match="no replay"):
        load(units(2), before_swap=broken)
    assert gateway.count(target.alias) == 4
    assert len(generations(gateway, target).every) == 1


def test_the_hooks_are_called_around_the_swap(
    load: Callable[..., BuildReport], gateway: Gateway, target: Target
) -> None:
    seen: list[tuple[str, list[str]]] = []

    def hook(index: str) -> None:
        seen.append((index, gateway.aliases(target.alias).get(target.alias, [])))

    report = load(units(1), before_swap=hook, after_swap=hook)
    assert seen == [(report.index, []), (report.index, [report.index])]


def three_loads(load: Callable[..., BuildReport]) -> list[str]:
    """Load 1, 2, then 3 units; return the names of the indices."""
    names = []
    for count in (1, 2, 3):
        report = load(units(count))
        assert report.index is not None
        names.append(report.index)
    return names


def test_exactly_one_previous_index_is_kept_and_rollback_can_be_undone(
    load: Callable[..., BuildReport], gateway: Gateway, target: Target
) -> None:
    _, second, third = three_loads(load)
    assert set(gateway.indices(f"{target.alias}-*")) == {second, third}
    assert rollback(gateway, target) == (third, second)
    assert gateway.count(target.alias) == 2
    assert [row.part for row in status(gateway, target)] == ["previous", "serving"]
    assert rollback(gateway, target) == (second, third)
    assert gateway.count(target.alias) == 3
    assert prune(gateway, target) == ()
    assert prune(gateway, target, keep_previous=False) == (second,)
    with pytest.raises(NotFound, match="no previous index"):
        rollback(gateway, target)


def test_indices_that_are_not_ours_are_never_deleted(
    load: Callable[..., BuildReport], gateway: Gateway, target: Target
) -> None:
    stranger = f"{target.alias}-of-someone-else"
    gateway.create_index(stranger, {})
    load(units(1))
    prune(gateway, target, keep_previous=False)
    assert stranger in gateway.indices(f"{target.alias}-*")


def test_far_fewer_units_than_before_are_pointed_out(load: Callable[..., BuildReport]) -> None:
    first = load(units(10))
    assert first.index is not None
    assert "2 units take the place of 10 (80% fewer)" in load(units(2)).warnings[0]


def test_a_region_keeps_the_units_of_that_region_only(
    load: Callable[..., BuildReport], gateway: Gateway, target: Target
) -> None:
    report = load([*units(3), make_unit("ELSEWHERE", region="11")], region="28")
    assert (report.read, report.indexed, report.skipped, report.applied) == (4, 3, 1, True)
    assert gateway.get(target.alias, "ELSEWHERE") is None


def test_a_dry_run_judges_and_writes_nothing(load: Callable[..., BuildReport], gateway: Gateway,
                                            target: Target) -> None:  # fmt: skip
    report = load([*units(3), Rejection(4, None, "age", "is wrong")], dry_run=True)
    assert (report.read, report.accepted, report.rejected, report.applied) == (4, 3, 1, False)
    assert "25.0%" in report.refusals[0]
    assert gateway.indices(f"{target.alias}-*") == {}


def test_two_loads_at_once_are_refused(load: Callable[..., BuildReport], gateway: Gateway, target: Target) -> None:
    with locked(gateway, target, "test"), pytest.raises(LockHeld, match=f"process {os.getpid()}"):
        load(units(1))
    assert load(units(1)).applied


def test_an_expired_lock_of_another_machine_is_taken_over_and_its_holder_stops(
    gateway: Gateway, target: Target
) -> None:
    old = Lock(gateway, target, "old")
    old.take()
    held = gateway.get(target.locks, target.alias)
    assert held is not None
    elsewhere = held["_source"] | {"host": "elsewhere", "owner": "someone"}
    gateway.store(target.locks, target.alias, elsewhere)
    with pytest.raises(LockHeld, match="on elsewhere"):
        Lock(gateway, target, "new").take()
    gateway.store(target.locks, target.alias, elsewhere | {"expires": "2020-01-01T00:00:00+00:00"})
    Lock(gateway, target, "new").take()
    with pytest.raises(LockLost):
        old.renew()
    old.give_back()
    left = gateway.get(target.locks, target.alias)
    assert left is not None, "a lock that was lost is not given back for the one who has it"
    assert left["_source"]["task"] == "new"


CHILD = """
import sys
from pathlib import Path
from engine.gateway import Gateway, GatewayConfig
from indexer.build import build
from indexer.generations import Target
from indexer.load import LoadOptions
from indexer.sources.ror import read_ror
from mappings.gazetteer import Gazetteer

url, alias, locks, source, stop_at = sys.argv[1:]
target = Target(alias=alias, locks=locks)

def say(moment):
    print(moment, flush=True)
    if moment == stop_at:
        sys.stdin.read()

MOMENTS = {0: "begun", 900: "loading", 1900: "nearly loaded"}

def units():
    for number, unit in enumerate(read_ror(Path(source))):
        if number in MOMENTS:
            say(MOMENTS[number])
        yield unit

with Gateway(GatewayConfig(url)) as gateway:
    options = LoadOptions(source="child", target=target, before_swap=lambda index: say("before the swap"),
                          after_swap=lambda index: say("after the swap"))
    build(units(), gateway, Gazetteer.load(), options)
"""


@contextmanager
def child_stopped_at(moment: str, engine: RunningEngine, target: Target, source: Path) -> Iterator[None]:
    """Run a load in a process of its own that stands still at a moment, and kill it there at the end."""
    command = [sys.executable, "-c", CHILD, engine.config.url, target.alias, target.locks, str(source), moment]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            assert moment in (line.strip() for line in child.stdout), "the child ended before its moment"
            yield
        finally:
            child.send_signal(signal.SIGKILL)


@pytest.mark.parametrize(
    ("moment", "then"),
    [("begun", 5), ("loading", 5), ("nearly loaded", 5), ("before the swap", 5), ("after the swap", 2000)],
)
def test_a_killed_load_leaves_a_whole_index_serving_and_no_litter_after_the_next(
    moment: str,
    then: int,
    load: Callable[..., BuildReport],
    engine: RunningEngine,
    gateway: Gateway,
    target: Target,
    tmp_path: Path,
) -> None:
    first = load(units(5))
    assert first.index is not None
    source = write_ndjson(tmp_path / "units.ndjson", units(2000))
    with child_stopped_at(moment, engine, target, source):
        with pytest.raises(LockHeld):
            load(units(1))
        assert gateway.count(target.alias) == then
        assert len(generations(gateway, target).every) == 2
    assert gateway.count(target.alias) == then, "searches are answered whole right after the kill"
    after = generations(gateway, target)
    assert after.serving is not None
    report = load(units(7))
    assert report.applied, "the lock of a dead process is taken over at once"
    _only_serving_and_previous(generations(gateway, target), report, after.serving.index)
    assert gateway.count(target.alias) == 7


def _only_serving_and_previous(known: Generations, report: BuildReport, served_before: str) -> None:
    assert [each.index for each in known.every] == [served_before, report.index]
    assert known.previous is not None
    assert known.previous.index == served_before
    assert known.litter == ()


def test_a_gazetteer_of_the_product_places_a_unit_without_a_point(gateway: Gateway, target: Target) -> None:
    unit = make_unit("U1", point=None)
    report = build([unit], gateway, GAZETTEER, LoadOptions(source="test", target=target))
    assert (report.notices, report.applied) == (1, True)
    held = gateway.get(target.alias, "U1")
    assert held is not None
    (place,) = held["_source"]["unit"]["places"]
    assert (place["geo_precision"], place["geo_reliable"]) == ("commune", False)
    assert abs(place["point"]["lat"] - ROUEN.lat) < 0.05
