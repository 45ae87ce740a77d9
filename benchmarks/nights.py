"""The file of another night: what a source of units says after some of them changed, came or went."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import orjson


def another_night(file: Path, to: Path, part: float, seed: int = 1) -> int:
    """Write what a file of units (NDJSON) says another night; return how many lines of it are not as they were.

    Of all units, ``part`` are changed, and a tenth as many go and come.
    """
    random, differing = Random(seed), 0
    with file.open("rb") as lines, to.open("wb") as out:
        for line in lines:
            drawn = random.random() / part if part else 2.0
            if drawn >= 1.2:
                out.write(line)
                continue
            if drawn >= 1.1:
                continue  # it is no more
            unit: dict[str, Any] = orjson.loads(line)
            if drawn >= 1.0:
                out.write(line)
                unit["id"] += " bis"
                for number, place in enumerate(unit.get("places", ())):
                    place["id"] = f"{unit['id']} {number}"
            else:
                unit["name"] += " bis"
            out.write(orjson.dumps(unit) + b"\n")
            differing += 1
    return differing
