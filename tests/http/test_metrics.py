"""Metrics: what they count, that several processes count together, who may read them, and what is never in them."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from beds.store import document_of
from engine.config import NodeConfig
from engine.gateway import Gateway
from engine.watch import KINDS, OUTCOMES
from mappings.beds import instant
from mappings.gazetteer import Gazetteer
from orientation.app import create_app
from orientation.monitoring.metrics import KEY, Metrics
from orientation.settings import Settings
from tests.factory import NOW
from tests.http.conftest import Client, the_counts
from tests.http.running import fetch, running
from tests.ports import free_port
from tests.waiting import until

ROUTE = "/api/v1/orientations"
GRAFANA = Path(__file__).resolve().parents[2] / "docs" / "operations" / "grafana.json"

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: str) -> Samples:
    """Read metrics as Prometheus does."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float | None:
    return found.get((name, frozenset(labels.items())))


@pytest.fixture
def watched(settings: Settings, loaded: Gateway, gazetteer: Gazetteer) -> FlaskClient:
    """A client of an application that made its own gateway, which is watched."""
    return create_app(settings, gazetteer=gazetteer, clock=lambda: NOW).test_client()


def test_each_request_is_counted_by_route_and_outcome(watched: FlaskClient) -> None:
    before = samples(watched.get("/metrics").text)
    assert value(before, "ror_http_responses_total", method="GET", route=ROUTE, status="200") is None
    assert watched.get(f"{ROUTE}?activity=083&place=Rouen").status_code == 200
    assert watched.get(f"{ROUTE}?activity=zz").status_code == 422
    assert watched.get("/made/up/address").status_code == 404
    found = samples(watched.get("/metrics").text)
    of_route = {"method": "GET", "route": ROUTE}
    assert value(found, "ror_http_responses_total", **of_route, status="200") == 1
    assert value(found, "ror_http_request_seconds_count", **of_route, outcome="ok") == 1
    assert value(found, "ror_http_request_seconds_count", **of_route, outcome="refused") == 1
    assert value(found, "ror_http_responses_total", method="GET", route="none", status="404") == 1
    assert value(found, "ror_http_requests_running") == 1, "the one that reads them"
    assert (value(found, "ror_engine_request_seconds_count", kind="search", outcome="ok") or 0) >= 1
    assert (value(found, "ror_engine_took_seconds_count", kind="search") or 0) >= 1


def test_the_index_and_the_freshness_of_beds_are_told(watched: FlaskClient) -> None:
    found = samples(watched.get("/metrics").text)
    assert value(found, "ror_engine_up") == 1
    assert value(found, "ror_index_serving") == 1
    assert value(found, "ror_index_units") == 6
    zones = {word: value(found, "ror_bed_zones", kind="bed", word=word) for word in ("fresh", "stale", "silent")}
    assert zones == {"fresh": 1, "stale": 0, "silent": 0}
    age = value(found, "ror_bed_count_age_seconds", kind="bed", quantile="0.5")
    assert age is not None and 0 < age < 86400


def test_old_counts_are_told_stale(settings: Settings, loaded: Gateway, gazetteer: Gazetteer) -> None:
    facts = {"units": ["UNIT-1"], "freshness": ["other"]}
    loaded.store("capacities", "P-OLD", document_of("P-OLD", facts, the_counts(), instant(NOW)), refresh="true")
    later = create_app(settings, gazetteer=gazetteer, clock=lambda: NOW + timedelta(days=4)).test_client()
    now = create_app(settings, gazetteer=gazetteer, clock=lambda: NOW).test_client()
    try:
        told = [samples(each.get("/metrics").text) for each in (now, later)]
    finally:
        loaded.delete("capacities", "P-OLD", refresh="true")
    assert [value(each, "ror_bed_zones", kind="bed", word="stale") for each in told] == [0, 1]
    assert [value(each, "ror_bed_zones", kind="bed", word="fresh") for each in told] == [2, 1]


def test_an_engine_that_is_away_is_told_and_no_old_number_is(settings: Settings, gazetteer: Gazetteer) -> None:
    away = replace(settings, elasticsearch_url=f"http://127.0.0.1:{free_port()}")
    client = create_app(away, gazetteer=gazetteer, clock=lambda: NOW).test_client()
    assert client.get(f"{ROUTE}?activity=083").status_code == 503
    found = samples(client.get("/metrics").text)
    assert value(found, "ror_engine_up") == 0
    assert not [name for name, _ in found if name.startswith(("ror_index", "ror_bed"))]
    assert (value(found, "ror_engine_request_seconds_count", kind="search", outcome="away") or 0) >= 1
    assert value(found, "ror_http_request_seconds_count", method="GET", route=ROUTE, outcome="unavailable") == 1


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.9", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.9"}, 403),
        ("192.0.2.9", {"Authorization": "Bearer the-key-of-prometheus"}, 200),
        ("192.0.2.9", {"Authorization": "Bearer the-key-of-prometheuS"}, 403),
        ("192.0.2.9", {"Authorization": "Bearer "}, 403),
    ],
)
def test_only_those_whom_the_operator_names_read_metrics(
    client_of: Client, address: str, headers: dict[str, str], status: int
) -> None:
    client = client_of(metrics_key="the-key-of-prometheus")
    answer = client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status
    assert ("ror_engine_up" in answer.text) == (status == 200)


def test_no_key_opens_metrics_where_none_is_set(client_of: Client) -> None:
    answer = client_of(metrics_from=("10.0.0.0/8",)).get("/metrics", headers={"Authorization": "Bearer None"})
    assert answer.status_code == 403


def test_nothing_that_people_send_becomes_a_label(watched: FlaskClient) -> None:
    name = "Dupontel-Zyx"
    for _ in range(2):
        watched.get(f"{ROUTE}?q={name}")
        watched.get(f"/api/v1/units/{name}")
        watched.get(f"/{name}", headers={"X-Request-Id": name, "User-Agent": name})
        watched.open(f"/{name}", method="PROPFIND")
    watched.open(ROUTE, method=name.upper())
    text = watched.get("/metrics").text
    assert name.lower() not in text.lower()
    rules = {rule.rule for rule in watched.application.url_map.iter_rules()} | {"none"}
    known = {
        "route": rules,
        "method": {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"},
        "kind": {*KINDS, "bed", "place"},
        "outcome": {*OUTCOMES, "unavailable", "failed", "done", "overloaded"},
    }
    for _, labels in samples(text):
        for label, held in labels:
            assert label in {"le", "status", "word", "quantile"} or held in known[label]


def test_the_worst_state_of_a_breaker_is_told() -> None:
    metrics = Metrics()
    assert "ror_peer_breaker{" not in metrics.text().decode()
    metrics.breaker("region-53", "open")
    assert value(samples(metrics.text().decode()), "ror_peer_breaker", peer="region-53") == 2
    metrics.breaker("region-53", "closed")
    assert value(samples(metrics.text().decode()), "ror_peer_breaker", peer="region-53") == 0


def test_several_processes_count_together_and_a_lost_one_stays_counted(
    own_engine: NodeConfig, loaded: Gateway, tmp_path: Path
) -> None:
    more = {"ROR_WORKERS": "2", "ROR_LOG_LEVEL": "info", "TMPDIR": str(tmp_path)}
    statuses: list[int] = []
    requests: list[dict[str, object]] = []
    with running(own_engine, tmp_path, **more) as server:
        base, log = server.base, server.log

        def both_answered() -> bool:
            """Ask at once, so that one process cannot take it all; again while the other one is still starting."""
            with ThreadPoolExecutor(8) as pool:
                statuses.extend(pool.map(lambda _: fetch(f"{base}{ROUTE}?activity=083&size=1")[0], range(40)))
            requests[:] = [each for each in events(log) if each.get("route") == ROUTE]
            return len({each["process"] for each in requests}) == 2

        until(both_answered)
        asked = len(statuses)
        assert statuses == [200] * asked
        assert len({each["request_id"] for each in requests}) == asked
        counted = {"method": "GET", "route": ROUTE, "status": "200"}
        for _ in range(6):
            told = samples(fetch(f"{base}/metrics")[1].decode())
            assert value(told, "ror_http_responses_total", **counted) == asked, "whichever process is asked"
            assert value(told, "ror_http_requests_running") == 1
        lost = requests[0]["process"]
        own = f"ror-metrics-*/gauge_live*_{lost}.db"
        assert list(tmp_path.glob(own))
        os.kill(lost, signal.SIGKILL)
        until(lambda: not list(tmp_path.glob(own)))  # what it had under way is under way no more

        def one_running() -> bool:
            nonlocal told
            told = after_a_loss(base)
            return bool(told) and value(told, "ror_http_requests_running") == 1

        until(one_running)
        assert value(told, "ror_http_responses_total", **counted) == asked, "what the lost one counted is kept"
    assert not list(tmp_path.glob("ror-metrics-*")), "nothing is left of what the processes shared"


def test_counts_of_a_killed_server_are_deleted_by_the_next_one_and_no_others(
    own_engine: NodeConfig, loaded: Gateway, tmp_path: Path
) -> None:
    more = {"ROR_WORKERS": "2", "TMPDIR": str(tmp_path)}
    aside = tmp_path / "aside"
    aside.mkdir()

    def folders() -> set[Path]:
        return set(tmp_path.glob("ror-metrics-*"))

    with running(own_engine, tmp_path, **more) as killed:
        (left,) = folders()
        os.utime(left, (NOW.timestamp(), NOW.timestamp()))
        with running(own_engine, aside, **more):
            assert left in folders(), "two processes count in it"
            assert len(folders()) == 2
        killed.process.kill()
        killed.process.wait()
        until(lambda: free(left))
    assert folders() == {left}
    os.utime(left)
    with running(own_engine, aside, **more):
        assert left in folders(), "it may have been made just now"
    os.utime(left, (NOW.timestamp(), NOW.timestamp()))
    with running(own_engine, aside, **more):
        assert left not in folders()
        assert len(folders()) == 1
    assert not folders()


def free(folder: Path) -> bool:
    """Tell whether no process holds the lock of a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def after_a_loss(base: str) -> Samples:
    """Return the metrics; none when the process asked was the one that is lost."""
    try:
        return samples(fetch(f"{base}/metrics")[1].decode())
    except (URLError, ConnectionError, HTTPException):
        return {}


def events(log: Path) -> list[dict[str, object]]:
    """Read a log of JSON lines; each line must be one."""
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_every_metric_of_the_dashboard_exists(watched: FlaskClient, loaded: Gateway) -> None:
    loaded.put_mapping("units-http", {"_meta": {"started_at": NOW.isoformat()}})  # as each load does
    watched.get(f"{ROUTE}?activity=083")
    metrics: Metrics = watched.application.extensions[KEY]
    metrics.sent({"done": 1})  # type: ignore[arg-type]
    metrics.breaker("region-53", "closed")
    told = samples(watched.get("/metrics").text)
    assert value(told, "ror_index_built_timestamp_seconds") == NOW.timestamp()
    known = {name for name, _ in told}
    dashboard = GRAFANA.read_text(encoding="utf-8")
    named = set(re.findall(r"\bror_[a-z_]+", dashboard))
    assert len(named) >= 10
    assert named - known == set()
    panels = json.loads(dashboard)["panels"]
    assert all(panel["title"] and panel["targets"] for panel in panels if panel["type"] != "row")


def test_an_address_of_people_is_no_route(watched: FlaskClient) -> None:
    watched.get(f"/{quote('Jean Valjean')}")
    assert "Valjean" not in watched.get("/metrics").text
