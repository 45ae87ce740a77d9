"""Copies of other directories as ``/exchanges`` shows them: how far each is, and what it failed by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from orientation.pages.french import plural
from orientation.pages.words import FAILED


def copied(state: Mapping[str, Any], names: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Return how far our copy of one directory is; ``names`` are those of the peers, by code."""
    failed, compared = state["failure"], state["compared_at"]
    return {
        "label": names.get(state["peer"], state["peer"]),
        "units": state["units"],
        "lag": lag(state["lag_s"]),
        "compared": lag(int((now - datetime.fromisoformat(compared)).total_seconds())) if compared else "",
        "failure": FAILED.get(failed, failed) if failed else "",
    }


def lag(seconds: int | None) -> str:
    """Return an age: in minutes under two hours, in hours under two days, in days over."""
    if seconds is None:
        return ""
    if seconds < 7_200:
        return f"{max(0, seconds) // 60}\u202fmin"
    return f"{seconds // 3600}\u202fh" if seconds < 172_800 else plural(seconds // 86_400, "jour")
