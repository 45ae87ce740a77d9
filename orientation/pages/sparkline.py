"""A week of counts as a small drawing: steps, since a count holds until the next one is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from orientation.pages.french import moment

WIDTH, HEIGHT, PAD = 240, 44, 3


def sparkline(points: Sequence[Mapping[str, Any]], start: datetime, end: datetime) -> dict[str, Any]:
    """Return what the template draws: the path of the line and its area, the extremes, and a sentence for readers."""
    said = [(datetime.fromisoformat(point["observed_at"]), point.get("count") or 0) for point in points]
    counts = [count for _, count in said]
    top = max(counts, default=0) or 1
    span = max(1.0, (end - start).total_seconds())

    def across(when: datetime) -> float:
        return round(WIDTH * max(0.0, min(1.0, (when - start).total_seconds() / span)), 1)

    def up(count: int) -> float:
        return round(HEIGHT - PAD - (HEIGHT - 2 * PAD) * count / top, 1)

    path = f"M{across(said[0][0])} {up(said[0][1])}" + "".join(
        f"H{across(when)}V{up(count)}" for when, count in said[1:]
    )
    path += f"H{WIDTH}"
    first = across(said[0][0])
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "line": path,
        "area": f"{path}V{HEIGHT}H{first}Z",
        "least": min(counts),
        "most": max(counts),
        "words": (
            f"Lits libres sur 7 jours : de {min(counts)} à {max(counts)}, {said[-1][1]} le {moment(said[-1][0])}"
        ),
    }
