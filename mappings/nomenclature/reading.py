"""Reading of the tables shipped beside this module."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TABLES = Path(__file__).parent / "tables"


def read_rows(name: str, columns: tuple[str, ...]) -> Iterator[list[str]]:
    """Yield each row of ``<name>.csv`` below its header; ``ValueError`` if not of these columns."""
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        header = tuple(next(reader, ()))
        if header != columns:
            raise ValueError(f"table {name}: columns {', '.join(header)}, expected {', '.join(columns)}")
        for row in reader:
            if len(row) != len(columns):
                raise ValueError(f"table {name}, line {reader.line_num}: {len(row)} values, expected {len(columns)}")
            yield row


def read_catalogue() -> dict[str, dict[str, Any]]:
    """Return ``lists.json``: what each list is, by its id."""
    catalogue: dict[str, dict[str, Any]] = json.loads((TABLES / "lists.json").read_text(encoding="utf-8"))
    return catalogue
