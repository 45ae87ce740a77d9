"""``ror synth``, ``ror places``, ``ror schema``, ``ror settings``: data in and out, and what holds here."""

from __future__ import annotations

import gzip
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.table import Table

from indexer.ndjson import write_ndjson
from indexer.synth import synthesize
from mappings.gazetteer import Gazetteer
from mappings.schema.json_schema import unit_json_schema
from orientation.cli.common import gazetteer, out, settings


@click.command()
@click.argument("count", type=click.IntRange(min=1))
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same units.")
@click.option("--region", help="INSEE code of a region; default: one region, or all when COUNT is large.")
@click.option("--as-of", help="ISO time that all times are relative to; default: now.")
def synth(count: int, seed: int, region: str | None, as_of: str | None) -> None:
    """Write COUNT synthetic units as NDJSON to standard output; every one is marked fictitious."""
    moment = datetime.fromisoformat(as_of) if as_of else datetime.now(UTC)
    units = synthesize(count, seed=seed, region=region, gazetteer=gazetteer(settings()), as_of=moment)
    write_ndjson(units, sys.stdout.buffer)


@click.group()
def places() -> None:
    """The gazetteer: which communes are known, and where."""


@places.command("load")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def load_places(file: Path) -> None:
    """Replace the built-in gazetteer by FILE: CSV of communes (code, name, postcodes, population, lat, lon)."""
    chosen = settings()
    loaded = Gazetteer.load(file)
    data = file.read_bytes()
    packed = data if data[:2] == b"\x1f\x8b" else gzip.compress(data)
    chosen.data_dir.mkdir(parents=True, exist_ok=True)
    part = chosen.loaded_places.with_suffix(".part")
    part.write_bytes(packed)
    part.replace(chosen.loaded_places)
    out.print(f"{len(loaded):,} communes loaded; servers read them when they start")


@places.command("reset")
def reset_places() -> None:
    """Go back to the built-in gazetteer."""
    settings().loaded_places.unlink(missing_ok=True)
    out.print("built-in gazetteer")


@click.group()
def schema() -> None:
    """The shapes of files, as JSON Schema."""


@schema.command("unit")
def schema_unit() -> None:
    """Print the JSON Schema of a unit, one a line of a ROR NDJSON file."""
    click.echo(json.dumps(unit_json_schema(), indent=2, ensure_ascii=False))


@click.command("settings")
def show_settings() -> None:
    """Print every setting, its value, its default and what it does; secrets are masked."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("name", "value", "default", "what it does"):
        table.add_column(name, overflow="fold")
    for row in settings().describe():
        table.add_row(row["name"], row["value"], row["default"], row["doc"])
    out.print(table)


COMMANDS = (synth, places, schema, show_settings)
