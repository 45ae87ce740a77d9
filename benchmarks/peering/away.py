"""The engine stopped under load: what was asked, counted by who asked, beside what the logs hold afterwards."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import urlencode

import orjson
import urllib3

from benchmarks.peering.service import Running
from csd.functions.orientation import URN
from csd.names import CSD
from engine import node
from engine.config import NodeConfig
from engine.gateway import Gateway
from orientation.exchanges.indicators import Span, indicators

BEFORE_S = AFTER_S = 15.0
HEARD = ("200", "503")
"""Answers to a question that arrived: of one that home gave up while it was sent, the peer may have heard a part."""
THREADS = 2
"""That ask over CSD, and as many that ask over HTTP."""
QUESTION = (
    f'<careServicesRequest xmlns="{CSD}"><function urn="{URN}" encapsulated="false"><requestParams><place>insee:27229'
    "</place><radius>60km</radius><activity>083</activity><max>20</max></requestParams></function>"
    "</careServicesRequest>"
).encode()
ASKED = urlencode({"place": "insee:27229", "radius": "60km", "activity": "083", "peers": "idf", "facets": "none"})


@dataclass(slots=True)
class Load:
    """Asks without rest, and counts what it was answered."""

    home: Running
    over_csd: Counter[str] = field(default_factory=Counter)
    over_http: Counter[str] = field(default_factory=Counter)
    peers: Counter[str] = field(default_factory=Counter)
    end: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    def ask_over_csd(self) -> None:
        """Ask as another directory does."""
        http, url = urllib3.PoolManager(retries=False), f"{self.home.address}/csd/csr/{self.home.name}"
        while not self.end.is_set():
            answer = http.request(
                "POST", f"{url}/careServicesRequest", body=QUESTION, headers={"Content-Type": "text/xml"}
            )
            with self.lock:
                self.over_csd[str(answer.status)] += 1

    def ask_over_http(self) -> None:
        """Ask as people do: home asks its peer."""
        http, url = urllib3.PoolManager(retries=False), f"{self.home.address}/api/v1/orientations?{ASKED}"
        while not self.end.is_set():
            answer = http.request("GET", url)
            with self.lock:
                self.over_http[str(answer.status)] += 1
                if answer.status == 200:
                    self.peers.update(each["status"] for each in orjson.loads(answer.data)["peers"])


def engine_away(gateway: Gateway, config: NodeConfig, home: Running, peer: Running, seconds: float) -> dict[str, Any]:
    """Stop the engine for so long while questions come; return both counts, and how many exchanges are missing."""
    load = Load(home)
    threads = [Thread(target=ask) for ask in (load.ask_over_csd, load.ask_over_http) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    waited = 0
    try:
        time.sleep(BEFORE_S)
        node.stop(config)
        time.sleep(seconds)
        waited = _lines(home) + _lines(peer)
        node.start(config, wait=180)
        time.sleep(AFTER_S)
    finally:
        load.end.set()
        for thread in threads:
            thread.join(60)
    at_peer = _answers(peer)
    _await_empty(home, peer)
    noted = {each.name: _noted(gateway, each) for each in (home, peer)}
    given_up = noted[home.name]["out"].get("given-up", 0)
    expected = {
        "home, over CSD": (sum(load.over_csd.values()), sum(noted[home.name]["in"].values())),
        "home, to its peer": (sum(load.peers.values()), sum(noted[home.name]["out"].values()) - given_up),
        "peer, from home": (sum(at_peer[status] for status in HEARD), sum(noted[peer.name]["in"].values())),
    }
    return {
        "away_s": seconds,
        "answers_over_csd": dict(load.over_csd),
        "answers_over_http": dict(load.over_http),
        "waited_on_disk": waited,
        "counts": {name: {"asked": asked, "in_the_log": found} for name, (asked, found) in expected.items()},
        "given_up": given_up,
        "answers_of_the_peer": dict(at_peer),
        "outcomes": noted[home.name],
        "lost": sum(abs(asked - found) for asked, found in expected.values()),
    }


def _lines(each: Running) -> int:
    return sum(path.read_bytes().count(b"\n") for path in each.waiting.glob("*.ndjson"))


def _answers(peer: Running) -> Counter[str]:
    """Return how many questions a service answered over CSD, by status, as its own metrics have it."""
    text = urllib3.PoolManager(retries=False).request("GET", f"{peer.address}/metrics").data.decode()
    lines = re.findall(r"^ror_http_responses_total\{([^}]*)\} ([\d.e+]+)$", text, re.MULTILINE)
    found: Counter[str] = Counter()
    for labels, count in lines:
        if "careServicesRequest" in labels:
            found[re.findall(r'status="(\d+)"', labels)[0]] += round(float(count))
    return found


def _await_empty(*services: Running) -> None:
    """Wait until nothing waits on disk any more."""
    deadline = time.monotonic() + 60
    while any(list(each.waiting.glob("*")) for each in services):
        if time.monotonic() > deadline:
            raise SystemExit("exchanges wait on disk a minute after the engine came back")
        time.sleep(0.2)


def _noted(gateway: Gateway, each: Running) -> dict[str, dict[str, int]]:
    """Return the entries of a log, by direction and outcome."""
    now, index = datetime.now(UTC), f"{each.name}-exchanges"
    return {
        direction: {
            group["key"]: group["exchanges"]
            for group in indicators(gateway, Span(direction=direction), "outcome", now, index)["groups"]
        }
        for direction in ("in", "out")
    }
