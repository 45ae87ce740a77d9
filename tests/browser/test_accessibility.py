"""axe-core finds nothing to say on any page, in either theme."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import NewContext, Site

PAGES = {
    "start": "/",
    "answer": "/?place=Rouen&use_case=destination&beds_min=1",
    "widened": "/?place=Rouen&activity=130&age=4",
    "ambiguous": "/?place=Sainte-Colombe",
    "nothing": "/?place=Rouen&radius=10km&activity=130&act=1127",
    "unit": "/units/{unit}?near=49.44,1.09",
    "board": "/beds?region=28",
    "burns": "/beds?view=burns",
    "entry": "/beds/entry?unit={unit}",
    "quality": "/quality?region=28&rule=coordinates",
    "exchanges": "/exchanges",
    "exchanges by day": "/exchanges?group_by=day&days=7",
    "entry start": "/beds/entry",
    "not found": "/units/none",
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_accessibility_violation(
    new_context: NewContext, site: Site, name: str, width: int, theme: str
) -> None:
    context = new_context(color_scheme=theme, viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(PAGES[name].format(unit=site.unit(place="Rouen", beds_min=1)["id"]))
    if page.locator("#map:visible").count():
        page.wait_for_selector("#map[data-ready]")
    found = Axe().run(page)
    told = [f"{each['id']}: {each['help']} – {each['nodes'][0]['html'][:160]}" for each in found.response["violations"]]
    assert told == []
