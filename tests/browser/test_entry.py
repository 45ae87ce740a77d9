"""A ward says its beds: three taps, never over somebody else's word unseen."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import KEY, NewContext, Site
from tests.browser.test_board import a_zone


def free(site: Site, unit: str, place: str) -> dict[str, object]:
    """Return what is stored of the free beds of a zone."""
    places = site.ask(f"/units/{unit}")["places"]
    counts = next(each for each in places if each["id"] == place)["capacities"]
    found: dict[str, object] = next(
        each
        for each in counts
        if each["status"]["code"] == "02"
        and not each.get("gender")
        and each.get("horizon", {}).get("code", "01") == "01"
    )
    return found


def send(page: Page) -> None:
    """Press the one button."""
    page.get_by_role("button", name="Vérifié à l’instant").click()


def test_beds_are_said_in_three_taps_and_the_key_is_typed_once(new_context: NewContext, site: Site) -> None:
    place, unit = a_zone(site)
    site.write(place, 4)
    page = new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True).new_page()
    page.goto(f"/beds/entry?unit={unit}")
    page.get_by_label("Clé de saisie").fill(KEY)
    send(page)
    expect(page.get_by_role("status").filter(has_text="Enregistré")).to_be_visible()
    expect(page.get_by_label("Clé de saisie")).to_be_hidden()
    # From now on: one tap to open the favourite, one to change, one to send.
    page.goto(f"/beds/entry?unit={unit}")
    count = page.locator(".count").filter(has=page.locator(f"input[name=zone][value='{place}']")).first
    count.get_by_role("button", name="un de plus").tap()
    page.get_by_role("button", name="Vérifié à l’instant").tap()
    expect(page.get_by_role("status").filter(has_text="Enregistré")).to_be_visible()
    stored = free(site, unit, place)
    assert stored["count"] == 5
    assert stored["source"] == {"code": "01", "label": "Saisie manuelle"}
    assert "browser" not in page.url and "write_key" not in page.url
    expect(count.locator(".said")).to_contain_text("par service-test")


def test_a_count_written_meanwhile_is_shown_and_not_overwritten(page: Page, site: Site) -> None:
    place, unit = a_zone(site)
    site.write(place, 4)
    page.goto(f"/beds/entry?unit={unit}")
    site.write(place, 1, who_key=f"{KEY} bis")
    count = page.locator(".count").filter(has=page.locator(f"input[name=zone][value='{place}']")).first
    count.get_by_role("textbox").fill("6")
    page.get_by_label("Clé de saisie").fill(KEY)
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("Quelqu’un a écrit entre-temps")
    expect(page.locator(".count.conflict .said")).to_contain_text("autre-service a écrit 1")
    assert free(site, unit, place)["count"] == 1
    expect(page.locator(".count.conflict").get_by_role("textbox")).to_have_value("6")
    send(page)
    expect(page.get_by_role("status").filter(has_text="Enregistré")).to_be_visible()
    assert free(site, unit, place)["count"] == 6


def test_the_other_s_count_can_be_taken_in_a_conflict(page: Page, site: Site) -> None:
    place, unit = a_zone(site)
    site.write(place, 4)
    page.goto(f"/beds/entry?unit={unit}")
    site.write(place, 2, who_key=f"{KEY} bis")
    count = page.locator(".count").filter(has=page.locator(f"input[name=zone][value='{place}']")).first
    count.get_by_role("textbox").fill("8")
    page.get_by_label("Clé de saisie").fill(KEY)
    send(page)
    page.get_by_role("button", name="Reprendre 2").click()
    send(page)
    expect(page.get_by_role("status").filter(has_text="Enregistré")).to_be_visible()
    assert free(site, unit, place)["count"] == 2


def test_an_unknown_key_is_refused_and_forgotten(page: Page, site: Site) -> None:
    place, unit = a_zone(site)
    before = free(site, unit, place)
    page.goto(f"/beds/entry?unit={unit}")
    page.get_by_label("Clé de saisie").fill("not a key of this server")
    send(page)
    expect(page.get_by_role("alert")).to_have_text("Cette clé n’est pas connue.")
    expect(page.get_by_label("Clé de saisie")).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('write-key')") is None
    assert free(site, unit, place)["observed_at"] == before["observed_at"]


def test_a_count_that_is_no_number_is_refused_by_name_and_the_others_stand(new_context: NewContext, site: Site) -> None:
    place, unit = a_zone(site)
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"/beds/entry?unit={unit}")
    count = page.locator(".count").filter(has=page.locator(f"input[name=zone][value='{place}']")).first
    count.get_by_role("textbox").fill("99999")
    page.get_by_label("Clé de saisie").fill(KEY)
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("refusé")
    expect(page.locator("[aria-invalid=true]").first).to_have_value("99999")


def test_the_form_works_without_script(new_context: NewContext, site: Site) -> None:
    place, unit = a_zone(site)
    site.write(place, 4)
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"/beds/entry?unit={unit}")
    count = page.locator(".count").filter(has=page.locator(f"input[name=zone][value='{place}']")).first
    count.get_by_role("textbox").fill("3")
    page.get_by_label("Clé de saisie").fill(KEY)
    send(page)
    expect(page.get_by_role("status").filter(has_text="Enregistré")).to_be_visible()
    assert free(site, unit, place)["count"] == 3


def test_a_site_shows_all_its_zones(page: Page, site: Site) -> None:
    place, unit = a_zone(site)
    finess = site.ask(f"/units/{unit}")["site"]["finess"]
    page.goto("/beds/entry")
    page.get_by_label("Numéro FINESS").fill(finess)
    page.get_by_role("button", name="Ouvrir").click()
    expect(page.locator(f"input[name=zone][value='{place}']").first).to_be_attached()
