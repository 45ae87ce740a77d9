"""Shares as bars: each its part of the whole, in words and in hundredths of the width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orientation.pages.french import percent, plural


def bars(labels: Sequence[str], counts: Sequence[int], noun: str) -> list[dict[str, Any]]:
    """Return the bars of a plot: each its part of all, in hundredths of the width."""
    whole = sum(counts)
    return [
        {
            "label": label,
            "count": plural(count, noun),
            "share": percent(share(count, whole)),
            "width": width(count, whole),
        }
        for label, count in zip(labels, counts, strict=True)
    ]


def width(count: int, whole: int) -> float:
    """Return the part of the whole in hundredths of the width."""
    return round(100 * count / whole, 2) if whole else 0.0


def share(part: int, whole: int) -> float | None:
    """Return the part of the whole, 0 to 1; ``None`` of nothing."""
    return part / whole if whole else None


def rate(part: float | None) -> dict[str, Any]:
    """Return a share as a bar: its words, empty for none, and its width."""
    return {"rate": percent(part), "width": round(100 * (part or 0.0), 2)}
