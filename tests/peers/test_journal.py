"""The log of exchanges: none is lost while the engine is away, and its indicators are a recount."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

import pytest

from engine.bulk import Action
from engine.gateway import Gateway, GatewayConfig, require_done
from mappings.age import Age
from mappings.beds import instant
from mappings.definitions import index_definition
from mappings.document import unit_to_document
from orientation.access import Access
from orientation.answer import Result
from orientation.criteria import Criteria
from orientation.exchanges import unreturned
from orientation.exchanges.entry import IN, OUT, entry
from orientation.exchanges.indicators import Span, indicators
from orientation.exchanges.journal import Journal
from orientation.question.fields import PARIS
from tests.factory import make_unit
from tests.ports import free_port

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture
def index(new_name: Any) -> Iterator[str]:
    return new_name()


def entries(count: int) -> list[dict[str, Any]]:
    """Random exchanges of some peers over some days."""
    random = Random(7)
    criteria = Criteria(as_of=NOW, access=Access(2), activities=("124",), age=Age(40), text="secret words")
    made = []
    for _ in range(count):
        status = random.choice(["answered", "answered", "late", "xml"])
        peer = random.choice(["idf", "bretagne"])
        at = NOW - timedelta(hours=random.randrange(72))
        direction = random.choice([OUT, OUT, IN])
        results = [changed(at - timedelta(days=random.randrange(1, 40))) for _ in range(random.randrange(3))]
        took, found = random.randrange(1, 900), random.choice([0, 3])
        made.append(entry(at, direction, peer, "11", criteria, status, took, found, results))
    return made


def changed(at: datetime) -> Result:
    """A result whose unit changed then."""
    return Result(rank=1, document=unit_to_document(make_unit(updated_at=at)), why=())


def test_an_entry_holds_codes_and_a_band_and_nothing_typed() -> None:
    [one] = entries(1)
    assert one["criteria"] == ["activity:124"]
    assert one["age_band"] == "18-64y"
    assert "secret" not in str(one)


def test_what_is_noted_while_the_engine_is_away_is_all_there_afterwards(
    gateway: Gateway, index: str, tmp_path: Path
) -> None:
    made = entries(400)
    with Gateway(GatewayConfig(f"http://127.0.0.1:{free_port()}", request_timeout=0.5)) as nowhere:
        away = Journal(nowhere, tmp_path / "exchanges", index=index, clock=lambda: NOW)
        threads = [Thread(target=lambda part=made[n::4]: [away.note(each) for each in part]) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert away.send() == 0
        away.close()
    assert list((tmp_path / "exchanges").glob("*.ndjson"))
    back = Journal(gateway, tmp_path / "exchanges", index=index, clock=lambda: NOW)
    assert back.send() == 400
    gateway.refresh(f"{index}-*")
    assert {hit["_id"] for hit in gateway.scan(f"{index}-*", source="id")} == {each["id"] for each in made}
    assert list((tmp_path / "exchanges").glob("*")) == []
    for each in made[:50]:
        back.note(each)
    back.close()
    gateway.refresh(f"{index}-*")
    assert gateway.count(f"{index}-*") == 400


def test_the_indicators_equal_a_recount(gateway: Gateway, index: str, tmp_path: Path) -> None:
    made = entries(300)
    journal = Journal(gateway, tmp_path / "exchanges", index=index, clock=lambda: NOW)
    for each in made:
        journal.note(each)
    journal.close()
    since = NOW - timedelta(hours=48)
    said = indicators(gateway, Span(since=since), "peer", NOW, index)
    inside = [each for each in made if datetime.fromisoformat(each["at"]) >= since]
    assert said["total"]["exchanges"] == len(inside) < 300
    assert {group["key"]: group["exchanges"] for group in said["groups"]} == Counter(each["peer"] for each in inside)
    for group in said["groups"]:
        own = [each for each in inside if each["peer"] == group["key"]]
        answered = [each for each in own if each["outcome"] == "answered"]
        assert group["answered"] == len(answered)
        assert group["without_result"] == sum(each["found"] == 0 for each in answered)
        assert group["errors"] == Counter(each["outcome"] for each in own if each["outcome"] != "answered")
        times = sorted(each["duration_ms"] for each in own)
        assert group["duration_ms"]["p50"] == pytest.approx(times[len(times) // 2], abs=30)
        newest = max(datetime.fromisoformat(each["newest_update"]) for each in own if "newest_update" in each)
        assert group["lag_s"] == int((NOW - newest).total_seconds())
    only = indicators(gateway, Span(since=since, peer="idf", direction=IN), "day", NOW, index)
    wanted = [each for each in inside if (each["peer"], each["direction"]) == ("idf", IN)]
    days = Counter(str(datetime.fromisoformat(each["at"]).astimezone(PARIS).date()) for each in wanted)
    assert {group["key"]: group["exchanges"] for group in only["groups"]} == days
    assert 0 < len(wanted) < len(inside)


def test_the_index_that_an_older_version_made_takes_entries_of_this_one(
    gateway: Gateway, index: str, tmp_path: Path
) -> None:
    older = index_definition("exchanges")
    del older["mappings"]["properties"]["newest_update"]
    gateway.create_index(f"{index}-202611", older)
    journal = Journal(gateway, tmp_path / "exchanges", index=index, clock=lambda: NOW)
    made = [each for each in entries(20) if "newest_update" in each]
    assert made
    for each in made:
        journal.note(each)
    assert journal.send() == len(made)
    journal.close()


def test_the_newest_change_is_none_of_the_future() -> None:
    criteria = Criteria(as_of=NOW, access=Access(1))
    late = [changed(NOW - timedelta(days=3)), changed(NOW + timedelta(days=400))]
    assert entry(NOW, OUT, "idf", "11", criteria, "answered", 5, 2, late)["newest_update"] == instant(NOW)
    assert entry(NOW, OUT, "idf", "11", criteria, "answered", 5, 2, late[:1])["newest_update"] < instant(NOW)


def test_units_never_returned_are_those_of_no_answer_however_many_there_are(
    gateway: Gateway, index: str, new_name: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unreturned, "_PAGE", 3)
    random, units = Random(5), new_name()
    ours = [make_unit(id=f"U-{number}") for number in range(40)]
    gateway.create_index(units, index_definition("units"))
    require_done(
        gateway.bulk([Action("index", units, each.id, unit_to_document(each)) for each in ours], refresh="true")
    )
    journal = Journal(gateway, tmp_path / "exchanges", index=index, clock=lambda: NOW)
    criteria = Criteria(as_of=NOW, access=Access(1))
    given: set[str] = set()
    for number in range(12):
        drawn = random.sample(ours, 2)
        results = [Result(rank=1, document=unit_to_document(each), why=()) for each in drawn]
        direction = IN if number % 3 else OUT
        given |= {each.id for each in drawn} if direction == IN else set()
        journal.note(entry(NOW, direction, "idf", None, criteria, "answered", 5, 2, results))
    journal.close()
    gateway.refresh(f"{index}-*")
    told = unreturned.never_returned(gateway, unreturned.Span(), units, Access(1), index)
    assert told is not None
    assert 3 < len(given) < 40
    assert (told["units"], told["known"]) == (40 - len(given), 40)


def test_months_beyond_what_is_kept_are_deleted_and_no_other(gateway: Gateway, index: str, tmp_path: Path) -> None:
    journal = Journal(gateway, tmp_path / "exchanges", keep_days=60, index=index, clock=lambda: NOW)
    [one] = entries(1)
    for at in ("2026-07-31T00:00:00.000Z", "2026-10-01T00:00:00.000Z", "2026-11-01T00:00:00.000Z"):
        journal.note(replace_id(one, at))
    journal.close()
    assert sorted(gateway.indices(f"{index}-*")) == [f"{index}-202610", f"{index}-202611"]


def replace_id(one: dict[str, Any], at: str) -> dict[str, Any]:
    return one | {"id": at.replace(":", ""), "at": at}
