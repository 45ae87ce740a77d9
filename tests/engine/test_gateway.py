"""The gateway on a real engine: what is whole comes back, what is not raises, every item is read."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from engine.errors import (
    BulkFailed,
    EngineConflict,
    EngineError,
    EngineNotFound,
    EngineRejected,
    EngineTimeout,
    EngineUnavailable,
)
from engine.gateway import Action, Gateway, GatewayConfig, require_done
from engine.reading import Wanted
from tests.conftest import RunningEngine
from tests.ports import free_port

Names = Callable[[], str]
DEFINITION = {
    "settings": {"number_of_replicas": 0, "refresh_interval": "-1"},
    "mappings": {
        "dynamic": "strict",
        "properties": {"n": {"type": "integer"}, "place": {"type": "geo_point"}},
    },
}


@pytest.fixture
def index(gateway: Gateway, new_name: Names) -> str:
    """Create an index of numbers and places, strict, refreshed only when asked."""
    name = new_name()
    gateway.create_index(name, DEFINITION)
    return name


def fill(gateway: Gateway, index: str, count: int) -> None:
    """Store ``count`` documents numbered from 0."""
    require_done(gateway.bulk(Action("index", index, str(n), {"n": n}) for n in range(count)))
    gateway.refresh(index)


def test_a_search_finds_what_was_stored(gateway: Gateway, index: str) -> None:
    gateway.store(index, "é/1 ?#", {"n": 1})
    assert gateway.count(index) == 0, "nothing is visible before the refresh"
    gateway.refresh(index)
    answer = gateway.search(index, {"query": {"term": {"n": 1}}})
    assert [hit["_id"] for hit in answer["hits"]["hits"]] == ["é/1 ?#"]
    assert gateway.count(index, {"term": {"n": 2}}) == 0


def test_a_document_is_read_before_any_refresh(gateway: Gateway, index: str) -> None:
    stored = gateway.store(index, "é/1 ?#", {"n": 1})
    found = gateway.get(index, "é/1 ?#")
    assert found is not None
    assert (found["_source"], found["_seq_no"]) == ({"n": 1}, stored["_seq_no"])
    assert gateway.get(index, "é/1 ?#", realtime=False) is None


def test_a_missing_document_is_none_and_a_missing_index_is_an_error(gateway: Gateway, index: str) -> None:
    assert gateway.get(index, "absent") is None
    with pytest.raises(EngineNotFound, match=r"no such index \[absent\]"):
        gateway.get("absent", "1")


def test_many_documents_come_in_the_order_asked(gateway: Gateway, index: str) -> None:
    fill(gateway, index, 3)
    found = gateway.mget(index, ["2", "absent", "0"])
    assert [doc and doc["_source"]["n"] for doc in found] == [2, None, 0]
    assert gateway.mget(index, []) == []


def test_documents_of_several_indices_come_in_order_each_as_far_as_it_is_wanted(
    gateway: Gateway, index: str, new_name: Names
) -> None:
    other, absent = new_name(), new_name()
    gateway.create_index(other, DEFINITION)
    fill(gateway, index, 2)
    gateway.store(other, "x", {"n": 7, "place": {"lat": 1, "lon": 2}})
    wanted = [
        Wanted(other, "x", ("n",)),
        Wanted(index, "absent"),
        Wanted(index, "1"),
        Wanted(index, "0", False),
    ]
    found = gateway.get_each([*wanted, Wanted(absent, "1")], missing=(absent,))
    assert [hit and hit.get("_source") for hit in found] == [{"n": 7}, None, {"n": 1}, None, None]
    assert found[3] is not None
    before = found[3]["_index"], found[3]["_seq_no"], found[3]["_primary_term"]
    assert before[0] == index
    gateway.store(index, "0", {"n": 5})
    (after,) = gateway.get_each([Wanted(index, "0")])
    assert after is not None, "realtime: there was no refresh"
    assert (after["_source"], after["_seq_no"] > before[1]) == ({"n": 5}, True)
    with pytest.raises(EngineNotFound):
        gateway.get_each([*wanted, Wanted(absent, "1")])
    assert gateway.get_each([]) == []
    many = gateway.get_each([Wanted(index, str(n % 2)) for n in range(4_500)])
    assert [hit and hit["_id"] for hit in many] == [str(n % 2) for n in range(4_500)]


def test_several_searches_in_one_request(gateway: Gateway, index: str) -> None:
    fill(gateway, index, 3)
    answers = gateway.msearch(index, [{"size": 0}, {"query": {"term": {"n": 1}}}])
    assert [answer["hits"]["total"]["value"] for answer in answers] == [3, 1]
    with pytest.raises(EngineRejected, match=r"unknown query \[bogus\]"):
        gateway.msearch(index, [{"size": 0}, {"query": {"bogus": {}}}])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"n": "x"}, r"field \[n\].*'1'.*For input string: \"x\""),
        ({"place": {"lat": 95, "lon": 1}}, r"illegal latitude value \[95.0\] for place"),
        ({"other": 1}, r"dynamic introduction of \[other\]"),
    ],
)
def test_a_refused_document_says_precisely_why(
    gateway: Gateway, index: str, body: dict[str, object], words: str
) -> None:
    with pytest.raises(EngineRejected, match=words) as caught:
        gateway.store(index, "1", body)
    assert caught.value.status == 400


def test_what_json_cannot_hold_is_refused_before_it_is_sent(gateway: Gateway, index: str) -> None:
    with pytest.raises(EngineRejected, match="not JSON"):
        gateway.search(index, {"query": {"terms": {"n": {1, 2}}}})


def test_an_older_version_loses(gateway: Gateway, index: str) -> None:
    gateway.store(index, "1", {"n": 1}, version=5)
    gateway.store(index, "1", {"n": 2}, version=5)
    with pytest.raises(EngineConflict, match=r"current version \[5\]"):
        gateway.store(index, "1", {"n": 3}, version=4)
    found = gateway.get(index, "1")
    assert found is not None and found["_source"] == {"n": 2}


def test_a_write_loses_against_a_change_since_the_read(gateway: Gateway, index: str) -> None:
    read = gateway.store(index, "1", {"n": 1})
    condition = {"if_seq_no": read["_seq_no"], "if_primary_term": read["_primary_term"]}
    gateway.store(index, "1", {"n": 2}, **condition)
    with pytest.raises(EngineConflict):
        gateway.store(index, "1", {"n": 3}, **condition)
    with pytest.raises(EngineConflict):
        gateway.store(index, "1", {"n": 4}, create=True)


def test_an_update_changes_some_fields_and_a_delete_removes(gateway: Gateway, index: str) -> None:
    gateway.store(index, "1", {"n": 1, "place": [1, 2]})
    gateway.update(index, "1", {"n": 2})
    found = gateway.get(index, "1")
    assert found is not None and found["_source"] == {"n": 2, "place": [1, 2]}
    gateway.delete(index, "1")
    assert gateway.get(index, "1") is None
    with pytest.raises(EngineNotFound, match="no document '1'"):
        gateway.delete(index, "1")


def test_every_item_of_a_bulk_has_its_outcome_in_order(gateway: Gateway, index: str) -> None:
    outcomes = gateway.bulk(
        [
            Action("index", index, "a", {"n": 1}, {"version": 9, "version_type": "external_gte"}),
            Action("index", index, "b", {"n": "x"}),
            Action("update", index, "c", {"doc": {"n": 1}}),
            Action("delete", index, "d"),
            Action("index", index, "a", {"n": 2}, {"version": 8, "version_type": "external_gte"}),
        ]
    )
    assert [(each.id, each.status, each.ok) for each in outcomes] == [
        ("a", 201, True),
        ("b", 400, False),
        ("c", 404, False),
        ("d", 404, True),
        ("a", 409, False),
    ]
    assert outcomes[0].version == 9 and outcomes[0].seq_no is not None
    assert "For input string" in outcomes[1].reason
    assert [each.id for each in outcomes if each.conflict] == ["a"]
    with pytest.raises(BulkFailed, match=r"3 of 5 items refused.*index b: ") as caught:
        require_done(outcomes)
    assert [each.id for each in caught.value.failed] == ["b", "c", "a"]
    assert gateway.bulk([]) == []


def test_a_bulk_to_a_name_that_is_no_alias_creates_nothing(gateway: Gateway, new_name: Names) -> None:
    name = new_name()
    (outcome,) = gateway.bulk([Action("index", name, "1", {"n": 1})], require_alias=True)
    assert not outcome.ok and "is not an alias" in outcome.reason
    assert gateway.indices(name) == {}


def test_a_stream_of_writes_holds_one_chunk_at_a_time(gateway: Gateway, index: str) -> None:
    drawn = 0

    def actions() -> Iterator[Action]:
        nonlocal drawn
        for n in range(250):
            drawn += 1
            yield Action("index", index, str(n), {"n": n})

    stream = gateway.stream_bulk(actions(), max_actions=100)
    assert next(stream).id == "0"
    assert drawn <= 101
    assert [each.id for each in stream] == [str(n) for n in range(1, 250)]
    gateway.refresh(index)
    assert gateway.count(index) == 250


def test_a_scan_yields_each_document_once_and_is_frozen(gateway: Gateway, index: str) -> None:
    fill(gateway, index, 25)
    hits = gateway.scan(index, size=10)
    first = next(hits)
    gateway.store(index, "later", {"n": 99}, refresh="true")
    seen = [first["_source"]["n"], *(hit["_source"]["n"] for hit in hits)]
    assert sorted(seen) == list(range(25))
    assert gateway.count(index) == 26


def test_a_closed_point_in_time_cannot_be_searched(gateway: Gateway, index: str) -> None:
    fill(gateway, index, 1)
    with gateway.pit(index) as pit:
        assert gateway.search(None, {"pit": {"id": pit}})["hits"]["total"]["value"] == 1
    with pytest.raises(EngineNotFound):
        gateway.search(None, {"pit": {"id": pit}})
    assert gateway.close_pit(pit) is False


def test_an_answer_of_some_shards_only_is_an_error(gateway: Gateway, index: str, new_name: Names) -> None:
    other = new_name()
    gateway.create_index(other, {"mappings": {"properties": {"only_here": {"type": "integer"}}}})
    body = {"sort": ["only_here"]}
    gateway.search(other, body)
    with pytest.raises(EngineError, match="only_here"):
        gateway.search(f"{index},{other}", body)
    with pytest.raises(EngineUnavailable, match=r"1 of 2 shards failed.*only_here"):
        gateway.search(f"{index},{other}", body, allow_partial_search_results="true")


def test_aliases_are_swapped_in_one_step(gateway: Gateway, new_name: Names) -> None:
    old, new, alias = new_name(), new_name(), new_name()
    for name in (old, new):
        gateway.create_index(name, DEFINITION)
    gateway.update_aliases([{"add": {"index": old, "alias": alias}}])
    assert gateway.aliases(alias) == {alias: [old]}
    gateway.update_aliases([{"remove": {"index": old, "alias": alias}}, {"add": {"index": new, "alias": alias}}])
    assert gateway.aliases(alias) == {alias: [new]}
    assert gateway.aliases("absent-alias") == {}


def test_a_change_of_aliases_done_in_part_is_an_error(gateway: Gateway, index: str, new_name: Names) -> None:
    added, absent = new_name(), new_name()
    with pytest.raises(EngineError, match=f"in part.*{absent}"):
        gateway.update_aliases(
            [{"add": {"index": index, "alias": added}}, {"remove": {"index": index, "alias": absent}}]
        )


def test_indices_are_described_and_deleted_by_exact_name(gateway: Gateway, index: str) -> None:
    gateway.put_mapping(index, {"_meta": {"hash": "abc"}})
    gateway.put_settings(index, {"refresh_interval": "1s"})
    described = gateway.indices(index)[index]
    assert described["mappings"]["_meta"] == {"hash": "abc"}
    assert described["settings"]["index"]["refresh_interval"] == "1s"
    assert gateway.index_bytes(index)[index] > 0
    for pattern in ("test-*", "_all", "a,b"):
        with pytest.raises(EngineError, match="by exact name"):
            gateway.delete_index(pattern)
    gateway.delete_index(index)
    assert gateway.indices(index) == {}


def test_an_index_template_shapes_indices_to_come(gateway: Gateway, new_name: Names) -> None:
    name = new_name()
    gateway.put_index_template(name, {"index_patterns": [name], "template": DEFINITION})
    try:
        gateway.create_index(name, {})
    finally:
        gateway.delete_index_template(name)
    assert gateway.indices(name)[name]["mappings"]["dynamic"] == "strict"


def test_health_of_an_index_and_of_one_that_is_missing(gateway: Gateway, index: str) -> None:
    assert gateway.health()["number_of_nodes"] == 1
    assert gateway.health(index, wait_for="green")["status"] == "green"
    with pytest.raises(EngineTimeout, match=r"absent is not there after 0\.2 s"):
        gateway.health("absent", seconds=0.2)
    assert gateway.version().startswith("8.19.")


def test_nothing_listening_is_told_at_once() -> None:
    began = time.monotonic()
    with (
        Gateway(GatewayConfig(f"http://127.0.0.1:{free_port()}")) as away,
        pytest.raises(EngineUnavailable, match=r"out of reach: .*refused"),
    ):
        away.search("any", {})
    assert time.monotonic() - began < 5


def test_a_late_search_is_given_up_and_never_sent_twice() -> None:
    accepted: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as silent:

        def accept() -> None:
            try:
                while True:
                    accepted.append(silent.accept()[0])
            except OSError:
                return

        listener = threading.Thread(target=accept)
        listener.start()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        try:
            with (
                Gateway(GatewayConfig(address, request_timeout=0.5)) as late,
                pytest.raises(EngineTimeout, match="did not answer in time"),
            ):
                late.search("any", {})
            assert 0.4 < time.monotonic() - began < 5
        finally:
            silent.shutdown(socket.SHUT_RDWR)
            listener.join()
            for connection in accepted:
                connection.close()
    assert len(accepted) == 1


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("localhost:9200", "must look like https://"),
        ("ftp://host:1", "must look like"),
        ("http://h:x", "not a URL"),
    ],
)
def test_an_address_that_is_none_is_refused(url: str, words: str) -> None:
    with pytest.raises(EngineError, match=words):
        Gateway(GatewayConfig(url))


def test_the_address_gets_its_port_and_the_key_is_never_shown() -> None:
    config = GatewayConfig("https://engine.example", api_key="secret-key")
    assert config.addresses == ("https://engine.example:443",)
    assert "secret-key" not in repr(config)
    with pytest.raises(EngineError, match=r"absent\.pem does not exist"):
        Gateway(GatewayConfig("https://engine.example", ca_certs=Path("absent.pem")))


def test_where_one_node_takes_no_connection_the_next_is_asked_to_read_and_to_write(
    engine: RunningEngine, new_name: Callable[[], str]
) -> None:
    index = new_name()
    engine.gateway.create_index(index, {})
    away = f"http://127.0.0.1:{free_port()}"
    with Gateway(GatewayConfig(away)) as alone, pytest.raises(EngineUnavailable):
        alone.store(index, "0", {"n": 0})
    for number in range(1, 7):  # which one is asked first is by chance
        watch = Noted()
        with Gateway(GatewayConfig(f"{away},{engine.config.url}"), watch) as several:
            several.store(index, str(number), {"n": number})
            several.bulk([Action("index", index, f"b{number}", {"n": number})])
            assert several.get(index, str(number)) is not None
        assert watch.asks == [("write", "ok"), ("bulk", "ok"), ("read", "ok")]
        assert watch.items == {"done": 1}
    engine.gateway.refresh(index)
    assert engine.gateway.count(index) == 12, "nothing went twice, nothing is missing"


class GoingDown(BaseHTTPRequestHandler):
    """A node that takes connections and has left its cluster."""

    def do_GET(self) -> None:
        """Say so."""
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Be silent."""


def test_a_read_that_a_node_going_down_refuses_is_answered_by_the_next(
    engine: RunningEngine, new_name: Callable[[], str]
) -> None:
    index = new_name()
    engine.gateway.create_index(index, {})
    engine.gateway.store(index, "1", {"n": 1})
    server = ThreadingHTTPServer(("127.0.0.1", 0), GoingDown)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        down = f"http://127.0.0.1:{server.server_port}"
        with Gateway(GatewayConfig(down)) as alone, pytest.raises(EngineUnavailable):
            alone.get(index, "1")
        for _ in range(6):  # which one is asked first is by chance
            with Gateway(GatewayConfig(f"{down},{engine.config.url}")) as several:
                assert several.get(index, "1") is not None
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_searches_of_one_preference_are_answered(engine: RunningEngine, new_name: Callable[[], str]) -> None:
    index = new_name()
    engine.gateway.create_index(index, {})
    bodies = [{"query": {"match_all": {}}}] * 2
    answers = engine.gateway.msearch(index, bodies, "a1b2")
    assert [each["hits"]["total"]["value"] for each in answers] == [0, 0]
    # The engine refuses a word of this form that it does not know: so it is told the preference.
    with pytest.raises(EngineError, match="_nonsense"):
        engine.gateway.msearch(index, bodies, "_nonsense")
    with pytest.raises(EngineError, match="_nonsense"):
        engine.gateway.search(index, bodies[0], preference="_nonsense")


class Noted:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.asks: list[tuple[str, str]] = []
        self.items: Counter[str] = Counter()

    def asked(self, kind: str, outcome: str, seconds: float, took: float | None) -> None:
        assert seconds > 0
        self.asks.append((kind, outcome))

    def sent(self, items: Counter[str]) -> None:
        self.items += items


def test_documents_of_any_number_of_ids_are_read_some_at_a_time(gateway: Gateway, index: str) -> None:
    every = [f"D{n:04}" for n in range(1203)]
    require_done(gateway.bulk([Action("index", index, each, {"n": 1}) for each in every if each != "D0700"]))
    told = [hit["_id"] for hit in gateway.existing(index, iter([*every, "D0003", "D1202", "nowhere"]), source=False)]
    assert set(told) == set(every) - {"D0700"}
    assert told[:3] == every[:3]
    assert list(gateway.existing(index, [])) == []
