"""A region, a server and a browser: the pages as people have them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from beds.replay import Replay
from beds.service import BedService
from engine.config import NodeConfig
from engine.gateway import Gateway, GatewayConfig
from indexer.build import build
from indexer.load import LoadOptions
from indexer.synth import synthesize
from orientation.access import Access
from orientation.criteria import Criteria
from orientation.exchanges.entry import OUT, entry
from orientation.exchanges.journal import Journal
from tests.conftest import RunningEngine, engine_of_their_own
from tests.gazetteer_kit import GAZETTEER
from tests.ports import free_port
from tests.waiting import until
from tools.pictures import ARGUMENTS, chromium

KEY = "a key of the browser tests"
UNITS = 400
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def own_engine(engine: RunningEngine) -> Iterator[NodeConfig]:
    """An engine with a fictitious region, that these tests may stop."""
    with engine_of_their_own(engine, "browser", heap="512m") as config:
        _load(config.url)
        yield config


def _load(url: str) -> None:
    gazetteer = GAZETTEER
    with Gateway(GatewayConfig(url, request_timeout=30)) as gateway:
        service = BedService(gateway)
        service.ensure()
        replay = Replay(service)
        source = synthesize(UNITS, seed=1, gazetteer=gazetteer, as_of=datetime.now(UTC))
        options = LoadOptions(
            source="browser tests", seed=replay.seed, before_swap=replay.before_swap, after_swap=replay.after_swap
        )
        report = build(source, gateway, gazetteer, options)
        assert report.applied, report.refusals
        _exchange(gateway)


def _exchange(gateway: Gateway) -> None:
    """Fill the log of exchanges with some days of two peers, one of which fails now and then."""
    now = datetime.now(UTC)
    criteria = Criteria(as_of=now, access=Access(1), activities=("083",))
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(gateway, Path(folder) / "exchanges")
        for number in range(60):
            peer, at = ("idf", "bretagne")[number % 2], now - timedelta(hours=5 * number)
            outcome = "late" if number % 5 == 0 else "answered"
            journal.note(entry(at, OUT, peer, "11", criteria, outcome, 40 + number, number % 3))
        assert journal.send() == 60
        journal.close()


@dataclass(slots=True)
class Site:
    """The server that the browser asks, and what a ward's own software would do to it."""

    address: str
    session: requests.Session = field(default_factory=requests.Session)

    def ask(self, path: str, **params: Any) -> Any:
        """Return the JSON of the API."""
        answer = self.session.get(self.address + "/api/v1" + path, params=params, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def write(self, place: str, count: int, who_key: str = KEY, **key: str) -> None:
        """Say now how many beds are free in a place."""
        said: dict[str, Any] = {"op": "add", "kind": "01", "status": "02", "count": count, "source": "02", **key}
        said["observed_at"] = datetime.now(UTC).isoformat()
        answer = self.session.patch(
            f"{self.address}/api/v1/places/{place}/capacities",
            json=[said],
            headers={"Authorization": f"Bearer {who_key}"},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text

    def unit(self, **params: Any) -> dict[str, Any]:
        """Return the first unit that answers."""
        found: dict[str, Any] = self.ask("/orientations", size=1, facets="none", **params)["results"][0]["unit"]
        return found


@pytest.fixture(scope="session")
def site(own_engine: NodeConfig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A real server of two processes in front of that engine."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ROR_")} | {
        "ROR_DATA_DIR": str(tmp_path_factory.mktemp("data")),
        "ROR_ELASTICSEARCH_URL": own_engine.url,
        "ROR_ANONYMOUS_PROFILE": "1",
        "ROR_LIMIT_ADDRESS": "none",
        "ROR_LIMIT_CLIENT": "none",
        "ROR_WRITE_KEYS": f"service-test:{KEY},autre-service:{KEY} bis",
        "ROR_LOG_LEVEL": "warning",
        "ROR_THREADS": "16",
    }
    command = [sys.executable, "-m", "orientation.cli", "serve", "--port", str(port), "--workers", "2"]
    server = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        found = Site(f"http://127.0.0.1:{port}")
        until(lambda: _answers(found.address))
        yield found
    finally:
        server.terminate()
        server.wait(60)


def _answers(address: str) -> bool:
    try:
        return requests.get(address + "/health/ready", timeout=2).status_code == 200
    except requests.RequestException:
        return False


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser of the machine."""
    path = chromium()
    if path is None:
        pytest.fail("these tests need a Chromium browser. On Debian: apt-get install chromium")
    expect.set_options(timeout=60_000)  # ends as soon as it is so
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield running
        running.close()


NewContext = Callable[..., BrowserContext]


@pytest.fixture
def new_context(browser: Browser, site: Site) -> Iterator[NewContext]:
    """Make browser contexts with the site's address; whatever a page's script complains of fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def make(**options: Any) -> BrowserContext:
        chosen = {"locale": "fr-FR", "timezone_id": "Europe/Paris", "viewport": {"width": 1280, "height": 800}}
        context = browser.new_context(base_url=site.address, **{**chosen, **options})
        context.set_default_timeout(60_000)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(new_context: NewContext) -> Page:
    """A page of a desk."""
    return new_context().new_page()


def ids(page: Page) -> list[str]:
    """Return the units listed, in order, once the page is read to its end: a click ends where the next page begins."""
    page.wait_for_load_state("domcontentloaded")
    found: list[str] = page.eval_on_selector_all(".result", "lines => lines.map(line => line.dataset.id)")
    return found
