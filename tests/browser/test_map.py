"""The map: the same answer as the list, and nothing from any other host."""

from __future__ import annotations

from playwright.sync_api import Page, expect

QUESTION = "/?place=Rouen&radius=100km"


def test_list_and_map_are_tied_together(page: Page) -> None:
    page.goto(QUESTION)
    page.wait_for_selector("#map[data-ready]")
    pin = page.locator(".pin:not(.start):not(.group)").first
    rank = pin.inner_text()
    page.locator(f"#r{rank}").hover()
    expect(page.locator(".pin.here")).to_have_count(1)
    pin.click()
    expect(page.locator(f"#r{rank} .open")).to_be_focused()


def test_every_unit_of_the_answer_is_on_the_map(page: Page) -> None:
    page.goto(QUESTION)
    page.wait_for_selector("#map[data-ready]")
    said = page.locator("#summary strong").inner_text()
    total = int("".join(each for each in said.split("unité")[0] if each.isdigit()))
    assert page.locator(".result").count() < total
    assert int(page.locator("#map").get_attribute("data-ready") or 0) == total


def test_a_group_opens_as_one_zooms(page: Page) -> None:
    page.goto(QUESTION)
    page.wait_for_selector("#map[data-ready]")
    before = page.locator(".pin:not(.start)").count()
    largest = page.locator(".pin.group").first
    largest.click()
    expect(page.locator(".pin:not(.start)")).not_to_have_count(before)


def test_no_other_host_is_asked_for_anything(page: Page) -> None:
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto(QUESTION)
    page.wait_for_selector("#map[data-ready]")
    assert hosts == {page.url.split("/")[2]}


def test_files_are_kept_for_ever_and_the_page_is_not(page: Page) -> None:
    kept: dict[str, str] = {}
    page.on("response", lambda answer: kept.update({answer.url: answer.headers.get("cache-control", "")}))
    page.goto(QUESTION)
    page.wait_for_selector("#map[data-ready]")
    static = {url: said for url, said in kept.items() if "/static/" in url}
    assert len(static) >= 8
    assert all("immutable" in said for said in static.values())
    assert kept[page.url] == "no-store"
