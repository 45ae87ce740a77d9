"""The real server: gunicorn, its processes, its end."""

from __future__ import annotations

import json
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import urlopen

from engine.config import NodeConfig
from engine.gateway import Gateway
from tests.http.running import fetch, running
from tests.http.test_answers import NEAR_ROUEN


def test_the_server_answers_in_several_processes_and_ends_when_told(
    own_engine: NodeConfig, loaded: Gateway, tmp_path: Path
) -> None:
    with running(own_engine, tmp_path, ROR_WORKERS="2", ROR_ANONYMOUS_PROFILE="1") as server:
        base = server.base
        url = f"{base}/api/v1/orientations?place=Rouen&activity={NEAR_ROUEN['activity']}&size=1"
        status, body = fetch(url)
        first = json.loads(body)
        assert (status, first["results"][0]["rank"]) == (200, 1)
        with ThreadPoolExecutor(8) as pool:
            pages = list(pool.map(lambda _: fetch(f"{url}&cursor={first['next']}"), range(40)))
        assert {status for status, _ in pages} == {200}, "every process takes the cursors of the others"
        assert fetch(f"{base}/api/v1/nowhere")[0] == 404
        with urlopen(f"{base}/api/v1/beds/changes", timeout=30) as stream:
            assert stream.readline() == b"retry: 2000\n"
            server.process.send_signal(signal.SIGTERM)
            assert b"heartbeat" not in stream.read(), "it ends before the next one, and holds nobody up"
        assert server.process.wait(60) == 0
