"""From the box to the telephone: by mouse, by keyboard, without script, on a phone."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext, Site, ids

ROUEN = {"place": "Rouen", "use_case": "destination"}


def shown_query(page: Page) -> dict[str, list[str]]:
    """Return the question in the address."""
    return parse_qs(urlsplit(page.url).query)


def test_a_regulator_goes_from_the_box_to_the_telephone_by_mouse(page: Page, site: Site) -> None:
    page.goto("/")
    assert not page.locator(".result").count()
    page.get_by_label("Que cherchez-vous").fill("médecine")
    page.get_by_label("Près de").fill("Rouen")
    page.get_by_label("Âge").fill("45")
    page.get_by_role("button", name="Chercher").click()
    expect(page.locator("#summary")).to_contain_text("de Rouen (76)")
    first = page.locator(".result").first
    call = first.locator("a.call.main")
    assert re.fullmatch(r"tel:\+?\d{10,}", call.get_attribute("href") or "")
    expect(first.locator(".beds strong")).not_to_be_empty()
    expect(first.locator(".why")).not_to_be_empty()
    first.get_by_role("link").first.click()
    expect(page.locator("h1")).to_have_text(re.compile(".+"))
    expect(page.locator(".unithead a.call.main")).to_be_visible()


def test_a_regulator_goes_from_the_box_to_the_telephone_by_keyboard_only(new_context: NewContext) -> None:
    context = new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto("/")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("médecine rouen 45 ans")
    page.keyboard.press("Enter")
    expect(page.locator("#summary")).to_contain_text("Rouen (76)")
    page.wait_for_selector("#map[data-ready]")  # the keys are listened to by then
    page.keyboard.press("ArrowDown")
    expect(page.locator(".result .open").nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".result .open").nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("t")
    number = page.locator(".result").first.locator("[data-phone]").first.get_attribute("data-phone")
    expect(page.locator("#toast")).to_contain_text(f"Téléphone copié : {number}")
    assert page.evaluate("navigator.clipboard.readText()") == number
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.href").startswith("tel:")
    page.keyboard.press("Shift+Tab")
    name = page.locator(".result .open").first.inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(name)


def test_suggestions_are_chosen_with_the_arrows(page: Page) -> None:
    page.goto("/?place=Rouen")
    page.locator("#q").press_sequentially("médecine d'urg")
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    chosen = options.first.locator("span").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator(".head .chips")).to_contain_text("Activité")
    assert shown_query(page)["activity"], chosen


def test_a_place_is_suggested_as_one_types(page: Page) -> None:
    page.goto("/")
    page.locator("#place").press_sequentially("Fécam")
    page.get_by_role("option", name="Fécamp (76) 76400", exact=True).click()
    expect(page.locator("#place")).to_have_value("Fécamp (76)")
    page.get_by_role("button", name="Chercher").click()
    expect(page.locator("#summary")).to_contain_text("Fécamp (76)")


def test_my_position_is_taken_as_the_place(new_context: NewContext) -> None:
    where = {"latitude": 49.4431, "longitude": 1.0993}
    page = new_context(geolocation=where, permissions=["geolocation"]).new_page()
    page.goto("/")
    page.get_by_role("button", name="Ma position").click()
    expect(page.locator("#summary")).to_be_visible()
    assert shown_query(page)["place"] == ["49.44310,1.09930"]


def test_everything_chosen_is_in_the_address_and_back_and_forward_work(page: Page) -> None:
    page.goto("/?place=Rouen")
    everything = ids(page)
    facet = page.locator(".facets li a:not([aria-current])").first
    facet.click()
    expect(page.locator(".head .chips li:not(:has(.clear))").first).to_be_visible()
    narrowed, narrow_url = ids(page), page.url
    assert narrowed != everything
    page.get_by_role("link", name="Le plus proche").click()
    assert shown_query(page)["sort"] == ["distance"]
    page.go_back()
    assert (ids(page), page.url) == (narrowed, narrow_url)
    page.go_back()
    assert ids(page) == everything
    page.go_forward()
    assert ids(page) == narrowed


def test_a_shared_address_gives_the_same_answer_elsewhere(page: Page, new_context: NewContext) -> None:
    page.goto("/?place=Le Havre&age=18 mois&radius=60km&beds_min=1")
    page.locator(".facets li a").first.click()
    other = new_context().new_page()
    other.goto(page.url)
    assert ids(page)
    assert ids(other) == ids(page)
    expect(other.locator("#age")).to_have_value("18 mois")
    assert (
        other.locator(".head .chips li:not(:has(.clear))").all_inner_texts()
        == page.locator(".head .chips li:not(:has(.clear))").all_inner_texts()
    )


def test_a_chip_takes_its_criterion_away(page: Page) -> None:
    page.goto("/?place=Rouen&age=4&field=01")
    assert page.locator(".head .chips li:not(:has(.clear))").count() == 2
    page.get_by_role("link", name="Âge 4 ans").click()
    assert "age" not in shown_query(page)
    expect(page.locator(".head .chips li:not(:has(.clear))")).to_have_count(1)


def test_counts_of_facets_are_those_of_the_answer_they_lead_to(page: Page) -> None:
    page.goto("/?place=Rouen&radius=60km")
    link = page.locator(".facets li a").first
    count = link.locator("b").inner_text()
    link.click()
    expect(page.locator("#summary strong")).to_contain_text(f"{count} unité")


def test_a_widened_radius_is_said_plainly(page: Page) -> None:
    page.goto("/?place=Rouen&activity=130")
    expect(page.locator(".say.warn").first).to_contain_text("Rayon élargi")


def test_an_ambiguous_place_offers_the_places_it_may_be(page: Page) -> None:
    answer = page.goto("/?place=Sainte-Colombe")
    assert answer is not None and answer.status == 422
    choices = page.locator(".choices a")
    assert choices.count() > 1
    name = (choices.first.text_content() or "").strip()[:14]
    choices.first.click()
    expect(page.locator("#summary")).to_contain_text(name)


def test_a_bad_age_is_explained_in_words(page: Page) -> None:
    page.goto("/?place=Rouen&age=vieux")
    expect(page.get_by_role("alert")).to_contain_text("Écrire un âge comme 35")
    expect(page.locator("#age")).to_have_value("vieux")


def test_more_results_are_shown_on_the_same_page(page: Page) -> None:
    page.goto("/?region=28")
    assert page.locator(".result").count() == 20
    before = ids(page)
    page.get_by_role("link", name="Afficher 50 résultats").click()
    expect(page.locator(".result")).to_have_count(50)
    assert ids(page)[:20] == before


def test_the_search_and_the_unit_work_without_script(new_context: NewContext) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/")
    page.get_by_label("Près de").fill("Rouen")
    page.get_by_label("Besoin").select_option("destination")
    page.get_by_role("button", name="Chercher").click()
    expect(page.locator("#summary")).to_contain_text("Rouen (76)")
    assert page.locator("a.call.main").count() > 5
    expect(page.locator("#here")).to_be_hidden()
    expect(page.locator(".mapside")).to_be_hidden()
    page.locator(".result .open").first.click()
    expect(page.locator("a.call").first).to_be_visible()
    expect(page.get_by_role("heading", name="Lits et lieux")).to_be_visible()


def test_a_narrow_phone_shows_the_first_telephone_without_scrolling_sideways(
    new_context: NewContext, site: Site
) -> None:
    page = new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True).new_page()
    unit = site.unit(place="Rouen")["id"]
    for path in (
        "/",
        "/?place=Rouen&use_case=destination",
        f"/units/{unit}",
        "/beds?region=28",
        f"/beds/entry?unit={unit}",
        "/exchanges",
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    page.goto("/?place=Rouen&use_case=destination")
    call = page.locator("a.call.main").first.bounding_box()
    assert call is not None
    assert call["y"] + call["height"] < 740
    assert call["height"] >= 44


def test_the_printed_page_is_a_clean_sheet(page: Page) -> None:
    page.goto("/?place=Rouen")
    page.emulate_media(media="print")
    for hidden in ("#ask", ".facets", ".mapside", ".top", ".tools"):
        expect(page.locator(hidden).first).to_be_hidden()
    expect(page.locator("#summary")).to_be_visible()
    expect(page.locator(".result .number").first).to_be_visible()


def test_csv_and_geojson_are_one_click_away(page: Page, site: Site) -> None:
    page.goto("/?place=Rouen&age=18 mois")
    total = page.locator(".result").count()
    for name, kind in (("CSV", "text/csv"), ("GeoJSON", "application/geo+json")):
        href = page.get_by_role("link", name=name, exact=True).get_attribute("href") or ""
        answer = site.session.get(site.address + href, timeout=10)
        assert answer.status_code == 200 and answer.headers["Content-Type"].startswith(kind)
        assert int(answer.headers["X-Total-Count"]) >= total


def test_the_theme_is_kept_from_page_to_page(page: Page) -> None:
    page.goto("/")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.locator("#theme").click()
    page.locator("#theme").click()
    assert page.evaluate(background) != light
    page.goto("/beds")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
