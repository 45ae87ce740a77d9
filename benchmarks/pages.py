"""What the pages weigh and how fast they are, from a server that runs (``ror demo``), in the machine's browser.

Run it with ``python -m benchmarks.pages http://127.0.0.1:8000``. Cold is a browser that never was there, warm one that
comes back with the files kept; frames are those of a list of 300 results and a map of 2,000 points, moved without rest.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from tools.pictures import QUESTION, browser, pages

ROUNDS = 7
LARGE = "/?region=28&n=300"
"""300 results and, in a demonstration of 3,000 units or more, 2,000 points."""
VIEW = {"width": 1360, "height": 850}

FIRST_RESULT = """
new MutationObserver((_, observer) => {
  if (!document.querySelector(".result a.call")) return;
  observer.disconnect();
  requestAnimationFrame(() => requestAnimationFrame(() => { window.firstResult = performance.now(); }));
}).observe(document, { childList: true, subtree: true });
"""

FRAMES = """
async ([what, milliseconds]) => {
  const target = document.querySelector("#map");
  const { left, top, width, height } = target.getBoundingClientRect();
  const times = [];
  const end = performance.now() + milliseconds;
  let before = performance.now(), step = 0;
  while (performance.now() < end) {
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    times.push(now - before);
    before = now;
    step += 1;
    if (what === "scroll") scrollBy(0, 60);
    if (what === "hover") document.querySelectorAll(".result")[step % 100].dispatchEvent(new MouseEvent("mouseenter"));
    if (what === "zoom" && step % 20 === 0) {
      const deltaY = step % 200 < 100 ? -120 : 120;
      const middle = { clientX: left + width / 2, clientY: top + height / 2 };
      target.dispatchEvent(new WheelEvent("wheel", { deltaY, ...middle, bubbles: true, cancelable: true }));
    }
  }
  return times.slice(2);
}
"""


def load(context: BrowserContext, url: str) -> dict[str, Any]:
    """Load a page and return its times in ms, the bytes that came and the number of requests."""
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    seen = {"bytes": 0, "requests": 0}
    wire.on("Network.loadingFinished", lambda event: seen.update(bytes=seen["bytes"] + int(event["encodedDataLength"])))
    wire.on("Network.responseReceived", lambda event: seen.update(requests=seen["requests"] + _came(event)))
    page.add_init_script(FIRST_RESULT)
    page.goto(url, wait_until="networkidle" if "/beds" not in url else "load")
    times = page.evaluate(
        """() => ({ server: performance.getEntriesByType("navigation")[0].responseStart,
                    paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null,
                    first_result: window.firstResult ?? null })"""
    )
    page.close()
    return {**times, **seen}


def _came(event: dict[str, Any]) -> int:
    """Count what came over the wire and not from a cache."""
    response = event["response"]
    return int(not response.get("fromDiskCache", False) and not response["url"].startswith("data:"))


def cold_and_warm(running: Browser, url: str) -> dict[str, dict[str, Any]]:
    """Return the medians of loads by new browsers and by one that was there before."""
    cold, warm = [], []
    for _ in range(ROUNDS):
        context = running.new_context(viewport=VIEW)  # type: ignore[arg-type]
        cold.append(load(context, url))
        warm.append(load(context, url))
        context.close()
    return {"cold": _medians(cold), "warm": _medians(warm)}


def _medians(loads: list[dict[str, Any]]) -> dict[str, Any]:
    told = {}
    for name in loads[0]:
        values = [each[name] for each in loads if each[name] is not None]
        told[name] = round(statistics.median(values), 1) if values else None
    return told


def frames(page: Page, what: str, milliseconds: int = 3000) -> dict[str, float]:
    """Return how long frames take while something is done without rest."""
    times = sorted(page.evaluate(FRAMES, [what, milliseconds]))
    return {
        "frames": len(times),
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(times[int(len(times) * 0.95)], 1),
        "longest_ms": round(times[-1], 1),
    }


def smoothness(running: Browser, address: str) -> dict[str, Any]:
    """Return the frame times of the largest list and map."""
    page = running.new_page(viewport=VIEW)  # type: ignore[arg-type]
    page.goto(address + LARGE)
    page.wait_for_selector("#map[data-ready]")
    told: dict[str, Any] = {
        "results": page.locator(".result").count(),
        "points": int(page.locator("#map").get_attribute("data-ready") or 0),
    }
    for what in ("hover", "zoom", "scroll"):
        told[what] = frames(page, what)
    page.close()
    return told


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    with browser() as running:
        found: dict[str, Any] = {"question": QUESTION, "rounds": ROUNDS, "pages": {}}
        every = pages(chosen.address) | {"many": "/?place=Rouen&use_case=destination"}
        for name, path in every.items():
            found["pages"][name] = cold_and_warm(running, chosen.address + path)
            print(name, json.dumps(found["pages"][name]))
        found["smooth"] = smoothness(running, chosen.address)
        print("smooth", json.dumps(found["smooth"]))
    if chosen.out:
        chosen.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
