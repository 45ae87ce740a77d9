"""The page of exchanges in a browser, with and without script."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext, Site


def test_who_steers_goes_from_all_to_one_peer_day_by_day(page: Page, site: Site) -> None:
    page.goto("/")
    page.get_by_role("link", name="Échanges").click()
    row = page.locator("tbody tr", has_text="bretagne")
    told = next(each for each in site.ask("/exchanges/indicators")["groups"] if each["key"] == "bretagne")
    expect(row.locator("td").first).to_have_text(str(told["exchanges"]))
    row.get_by_role("link").click()
    expect(page.locator("h1")).to_contain_text("bretagne")
    page.wait_for_load_state("domcontentloaded")
    days = page.locator("tbody th").all_inner_texts()
    assert len(days) > 5
    page.get_by_role("link", name="7 jours").click()
    page.wait_for_load_state("domcontentloaded")
    assert page.locator("tbody th").count() < len(days)


def test_a_period_is_chosen_without_script(new_context: NewContext, site: Site) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/exchanges?group_by=outcome")
    page.get_by_label("Du", exact=True).fill("2020-01-01")
    page.get_by_label("Au", exact=True).fill("2020-01-31")
    page.get_by_role("button", name="Voir").click()
    expect(page.locator("tbody")).to_contain_text("Aucun échange dans cette période")
    page.get_by_role("link", name="3 mois").click()
    expect(page.locator("tbody th", has_text="hors délai")).to_have_count(1)  # the grouping was kept
    href = page.get_by_role("link", name="CSV", exact=True).get_attribute("href") or ""
    table = site.session.get(site.address + href, timeout=10)
    assert table.headers["Content-Type"].startswith("text/csv")
    assert table.text.splitlines()[-1].startswith("total,")
