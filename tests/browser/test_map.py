"""The map: the same answer as the list, and nothing from any other host."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Page, expect

QUESTION = "/?place=Rouen&radius=100km"
TOLD = "() => document.getElementById('map').told()"


def drawn(page: Page) -> list[dict[str, Any]]:
    """Return what the canvas of the map shows, the best first, and where."""
    page.wait_for_selector("#map[data-ready]")
    found: list[dict[str, Any]] = page.evaluate(TOLD)
    return found


def click(page: Page, pin: dict[str, Any]) -> None:
    """Click what is drawn somewhere on the map."""
    page.locator("#map").click(position={"x": pin["x"], "y": pin["y"]})


def test_list_and_map_are_tied_together(page: Page) -> None:
    page.goto(QUESTION)
    page.wait_for_selector("#map[data-ready]")
    page.locator(".result").first.hover()
    page.wait_for_function(f"({TOLD})().filter((each) => each.here).length === 1")
    pin = next(each for each in drawn(page) if each["here"])
    page.locator("#map").hover(position={"x": pin["x"], "y": pin["y"]})
    expect(page.locator("#map .leaflet-tooltip")).to_have_text(pin["words"])
    expect(page.locator(f"#r{pin['rank']}")).to_have_class(re.compile("here"))


def test_a_pin_leads_to_its_line_and_a_group_to_its_pins(page: Page) -> None:
    page.goto(QUESTION)
    for _ in range(12):  # a group opens, and its best unit is in one of those that come
        seen = drawn(page)
        pin = next(each for each in seen if each["rank"] and inside(page, each))
        click(page, pin)
        changed = f"([before]) => JSON.stringify(({TOLD})()) !== before || document.activeElement.matches('.open')"
        page.wait_for_function(changed, arg=[json.dumps(seen)])
        if page.locator(".open:focus").count():
            break
        page.wait_for_function("() => !document.querySelector('#map .leaflet-zoom-anim')")
    expect(page.locator(f"#r{pin['rank']} .open")).to_be_focused()


def inside(page: Page, pin: dict[str, Any]) -> bool:
    """Tell whether something drawn can be clicked: the canvas is larger than what is seen of it."""
    box = page.locator("#map").bounding_box()
    assert box is not None
    return bool(20 < pin["x"] < box["width"] - 20 and 120 < pin["y"] < box["height"] - 40)


def test_the_map_adds_no_element_for_a_point_nor_for_a_zoom(page: Page) -> None:
    page.goto(QUESTION)
    before = drawn(page)
    elements = page.locator("#map *").count()
    assert elements < 40
    page.locator("#map .leaflet-control-zoom-in").click()
    page.wait_for_function(f"(before) => JSON.stringify(({TOLD})()) !== before", arg=json.dumps(before))
    assert sum(each["count"] for each in drawn(page)) > len(before)
    assert page.locator("#map *").count() <= elements + 1, "one word of the scale at most"


def test_every_unit_of_the_answer_is_on_the_map(page: Page) -> None:
    page.goto(QUESTION)
    page.wait_for_selector("#map[data-ready]")
    said = page.locator("#summary strong").inner_text()
    total = int("".join(each for each in said.split("unité")[0] if each.isdigit()))
    assert page.locator(".result").count() < total
    assert int(page.locator("#map").get_attribute("data-ready") or 0) == total


def test_a_group_opens_as_one_zooms(page: Page) -> None:
    page.goto(QUESTION)
    group = next(each for each in drawn(page) if each["count"] > 1 and inside(page, each))
    click(page, group)
    smaller = f"(most) => {{ const all = ({TOLD})(); return all.length && all.every((each) => each.count < most); }}"
    page.wait_for_function(smaller, arg=group["count"])
    assert sum(each["count"] for each in drawn(page)) >= group["count"]


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
