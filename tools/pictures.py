"""Take the pictures of the pages that the documentation shows, from a server that runs (``ror demo``).

    python tools/pictures.py http://127.0.0.1:8000 [--out docs/pictures] [--only board]

Each page is taken wide and narrow, light and dark, with the browser of the machine (Debian: chromium).
"""

from __future__ import annotations

import argparse
import json
import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
SIZES = {"wide": (1360, 850), "narrow": (390, 844)}
QUESTION = "q=chirurgie&place=Rouen&age=45&use_case=destination&beds_min=1"
UNIT = "place=Caen&activity=130&age=4"
LIMIT = 300_000
"""Largest picture in bytes: documentation is read on slow links too."""


def chromium() -> str | None:
    """Return the path of the machine's browser, if it has one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """Start the browser of the machine."""
    path = chromium()
    if path is None:
        raise SystemExit("needs a Chromium browser. On Debian: apt-get install chromium")
    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield found
        found.close()


def pages(address: str) -> dict[str, str]:
    """Return what to take by name; the unit is the first one of its question."""
    with urllib.request.urlopen(f"{address}/api/v1/orientations?{UNIT}&size=1&facets=none&format=json") as answer:
        unit = json.load(answer)["results"][0]["unit"]["id"]
    return {
        "orientation": f"/?{QUESTION}",
        "unit": f"/units/{unit}?near=49.1829,-0.3707",
        "board": "/beds?region=28",
        "entry": f"/beds/entry?unit={unit}",
        "quality": "/quality?region=28",
    }


def take(page: Page, address: str, path: Path) -> int:
    """Take one page once its map and live link are there; return the bytes written."""
    page.goto(address, wait_until="load")
    if page.locator("#map:visible").count():
        page.wait_for_selector("#map[data-ready]", timeout=10_000)
    if page.locator("#live").count():
        page.wait_for_selector("#live.on", timeout=10_000)
    page.wait_for_timeout(300)
    page.screenshot(path=path, type="png")
    return path.stat().st_size


def main() -> None:
    """Take every picture asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    parser.add_argument("--only", default="")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    with browser() as running:
        for size, (width, height) in SIZES.items():
            for theme in ("light", "dark"):
                page = running.new_page(
                    viewport={"width": width, "height": height},
                    color_scheme=theme,
                    timezone_id="Europe/Paris",
                    locale="fr-FR",
                )
                for name, path in pages(chosen.address).items():
                    if chosen.only in name:
                        target = chosen.out / f"{name}-{size}-{theme}.png"
                        written = take(page, chosen.address + path, target)
                        print(f"{target}: {written:,} bytes{' TOO LARGE' if written > LIMIT else ''}")
                page.close()


if __name__ == "__main__":
    main()
