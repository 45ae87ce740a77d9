"""Other regions on the orientation page, as people see them: one list, marked; who failed, named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from engine.config import NodeConfig
from engine.gateway import Gateway
from indexer.synth import synthesize
from mappings.gazetteer import Gazetteer
from orientation.app import create_app
from orientation.peers.register import Peer, Register
from orientation.settings import Settings
from tests.browser.conftest import NewContext, ids
from tests.csd.own import own_directory
from tests.peers import broken
from tests.peers.conftest import served

NEAR = "/?place=Vernon+(27)&radius=100km&n=300"
"""A commune of Normandie beside the Île-de-France."""


@dataclass(slots=True)
class Border:
    """Our server on one side, the other region on the other."""

    address: str
    peer: Peer
    register: Register


@pytest.fixture(scope="module")
def border(own_engine: NodeConfig, gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Border]:
    """A server of the fictitious region that knows a whole other service, with another engine behind it."""
    gazetteer, now = Gazetteer.load(), datetime.now(UTC)
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("border"),
        elasticsearch_url=own_engine.url,
        secret="a secret of the tests, long enough to be taken",
        anonymous_profile=1,
        limit_address=None,
        peers_budget=5.0,
    )
    theirs = list(synthesize(150, seed=3, region="11", gazetteer=gazetteer, as_of=now))
    there = replace(settings, elasticsearch_url=gateway.config.url, data_dir=tmp_path_factory.mktemp("beside"))
    with ExitStack() as stack:
        beside = stack.enter_context(own_directory(there, gateway, gazetteer, theirs, now))
        beside.client()
        beside.apps[1].extensions["ror"].journal.index = f"{beside.name}-exchanges"
        register = Register(gateway, index=f"{beside.name}-peers")
        stack.callback(_drop, gateway, f"{beside.name}-peers", f"{beside.name}-exchanges-*")
        there_at = stack.enter_context(served(beside.apps[1]))
        app = create_app(settings, gazetteer=gazetteer)
        federation = app.extensions["ror"].federation
        federation.register = register
        stack.callback(federation.asker.exchanges.close)
        here_at = stack.enter_context(served(app))
        peer = Peer(code="idf", name="ROR Île-de-France", region="11", url=f"{there_at}/csd", document=beside.name)
        yield Border(here_at, peer, register)


def _drop(gateway: Gateway, *patterns: str) -> None:
    for each in patterns:
        gateway.delete_index(*gateway.indices(each))


@pytest.fixture
def known(border: Border) -> Border:
    """The same, with the other region registered as it is."""
    border.register.add(border.peer, "test")
    return border


def test_both_regions_stand_in_one_list_and_what_comes_from_elsewhere_says_so(page: Page, known: Border) -> None:
    page.goto(known.address + NEAR)
    away = page.locator(".result:has(.source)")
    assert 0 < away.count() < page.locator(".result").count()
    expect(away.first.locator(".source")).to_have_text(
        re.compile(r"Île-de-France selon ROR Île-de-France, mise à jour ")
    )
    expect(page.locator("#elsewhere")).to_contain_text(re.compile(r"ROR Île-de-France \(\d+ unités\)"))
    ranks = page.eval_on_selector_all(".result", "lines => lines.map(line => Number(line.dataset.rank))")
    assert ranks == list(range(1, len(ranks) + 1))
    page.wait_for_selector("#map[data-ready]")


def test_a_unit_of_elsewhere_leads_nowhere_and_tells_what_is_known_of_it(page: Page, known: Border) -> None:
    page.goto(known.address + NEAR)
    away = page.locator(".result:has(.source)").first
    assert away.locator("a[href^='/units/']").count() == 0
    expect(away.locator("dl")).to_be_hidden()
    away.locator("summary.open").focus()
    page.keyboard.press("Enter")
    expect(away.locator("dl")).to_be_visible()
    expect(away.locator("dl")).to_contain_text(away.get_attribute("data-id") or "nothing")
    assert away.locator(".contacts a[href^='tel:']").count() > 0
    for link in page.eval_on_selector_all(".result a[href^='/']", "all => all.slice(0, 5).map(a => a.href)"):
        assert page.request.get(link).status == 200, link


def test_other_regions_are_asked_at_need_never_or_always_as_is_chosen(page: Page, known: Border) -> None:
    page.goto(known.address + "/?place=Cherbourg-en-Cotentin&radius=30km")
    assert page.locator(".source").count() == 0
    expect(page.locator("#elsewhere")).to_have_count(0)
    page.get_by_role("link", name="toutes").click()
    expect(page.locator("#elsewhere")).to_contain_text("ROR Île-de-France (0 unité)")
    page.goto(known.address + NEAR)
    everybody = ids(page)
    page.get_by_role("link", name="aucune").click()
    expect(page.get_by_role("link", name="aucune")).to_have_attribute("aria-current", "true")
    assert page.locator(".source").count() == 0
    ours = ids(page)
    assert ours and [unit for unit in everybody if unit in ours] == ours
    page.get_by_label("Âge").fill("40")
    page.get_by_role("button", name="Chercher").click()
    assert "peers=none" in page.url


def test_a_region_that_fails_is_named_and_our_own_answer_stands(page: Page, border: Border) -> None:
    with broken.peer_that(broken.says(broken.answer(b"<html>hello</html>", "text/html"))) as address:
        border.register.add(replace(border.peer, code="broken", url=address), "test")
        border.register.set_enabled("idf", enabled=False)
        page.goto(f"{border.address}{NEAR}&peers=none")
        ours = ids(page)
        page.goto(border.address + NEAR)
        warned = page.locator(".say.warn", has_text="ROR Île-de-France n’a pas répondu en XML")
        expect(warned).to_contain_text("ses unités manquent")
        assert ids(page) == ours
        border.register.set_enabled("broken", enabled=False)


def test_who_asks_by_the_page_is_in_the_log_and_the_metrics_as_by_the_api(page: Page, known: Border) -> None:
    def counted() -> int:
        answer = page.request.get(f"{known.address}/api/v1/exchanges/indicators?group_by=peer")
        return sum(each["exchanges"] for each in answer.json()["groups"] if each["key"] == "idf")

    before = counted()
    page.goto(known.address + NEAR)
    assert counted() == before + 1
    assert 'ror_peer_breaker{peer="idf"} 0.0' in page.request.get(f"{known.address}/metrics").text()


def test_without_other_regions_nothing_is_said_of_them(page: Page, border: Border) -> None:
    border.register.set_enabled("idf", enabled=False)
    page.goto(border.address + NEAR)
    assert page.locator(".result").count() > 0
    assert "Autres régions" not in page.content()


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (360, "dark")])
def test_the_list_of_both_is_accessible_at_every_width(
    new_context: NewContext, known: Border, width: int, theme: str
) -> None:
    page = new_context(color_scheme=theme, viewport={"width": width, "height": 800}).new_page()
    page.goto(known.address + NEAR)
    page.locator("summary.open").first.click()
    found = Axe().run(page)
    told = [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found.response["violations"]]
    assert told == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
