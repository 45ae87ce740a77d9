"""``ror index``: from a source to the index that serves, and back."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import click
import orjson
from rich.table import Table

from beds.replay import Replay
from indexer import swap
from indexer.build import build
from indexer.companion import Companion
from indexer.delta import delta
from indexer.load import LoadOptions
from indexer.making import digest_of_files
from indexer.progress import Display, Watch, print_summary
from indexer.recall import Recall
from indexer.rejection import Item
from indexer.sources.ror import read_ror
from indexer.sources.sae import read_sae
from indexer.status import status as index_status
from mappings.errors import FieldError, InvalidInput
from orientation.cli.beds import replay
from orientation.cli.checks import ROOT
from orientation.cli.common import engine_gateway, gazetteer, out, settings
from orientation.cli.csd import companion, read_csd

KINDS = ("ror", "sae", "csd")


@click.group("index")
def index() -> None:
    """The indices of units: load, look, go back."""


@index.command()
@click.argument("source")
@click.option("--from", "kind", type=click.Choice(KINDS), default="ror", show_default=True, help="Kind of source.")
@click.option("--region", help="Load only the units of one region (INSEE code).")
@click.option("--sites", type=click.Path(path_type=Path), help="SAE: file of the coordinates of sites.")
@click.option("--delta", "in_place", is_flag=True, help="Add, change and remove in the index that serves.")
@click.option("--force", is_flag=True, help="With --delta: remove more than 10 % all the same.")
@click.option("--dry-run", is_flag=True, help="Read and judge the source, write nothing.")
@click.option("--rejects", type=click.Path(path_type=Path), help="File (NDJSON) of what was refused and why.")
@click.option("--max-rejects", type=float, default=5.0, show_default=True, help="Refused units allowed, in %.")
@click.option("--anew", is_flag=True, help="Read all lines and make all of it anew, also what the index has already.")
@click.pass_context
def load(
    context: click.Context, source: str, kind: str, region: str | None, sites: Path | None, in_place: bool,
    force: bool, dry_run: bool, rejects: Path | None, max_rejects: float, anew: bool,
) -> None:  # fmt: skip
    """Load SOURCE: a file of units (NDJSON or a CSD document, - for standard input), or a folder of SAE tables."""
    chosen = settings()
    with Display() as display:
        options = LoadOptions(
            source=source, region=region, max_rejects=max_rejects / 100, force=force, rejects=rejects,
            dry_run=dry_run, anew=anew,
        )  # fmt: skip
        # Of a dry run no document is made, which would take the lines back.
        items = read_source(source, kind, sites, display.watch, None if dry_run else options.recall)
        run = delta if in_place else build
        with engine_gateway(chosen) as gateway:
            if not dry_run:
                kept = replay(chosen, gateway)
                options = with_beds(options, kept, companion(chosen, gateway))
                options = replace(options, making=making(chosen.communes_file, kept))
            report = run(items, gateway, gazetteer(chosen), options, display)
    print_summary(report, out)
    context.exit(report.exit_code)


def with_beds(options: LoadOptions, kept: Replay, beside: Companion | None) -> LoadOptions:
    """Return the options of a load that keeps the store of beds and our CSD directory, if there is one, in step."""
    return replace(
        options,
        companion=beside,
        seed=kept.seed,
        before_swap=kept.before_swap,
        after_swap=kept.after_swap,
        after_delta=kept.after_delta,
        before_copy=kept.before_copy,
        before_copied_swap=kept.before_copied_swap,
    )


def making(communes: Path | None, kept: Replay) -> str:
    """Return what stands for all that makes a document of a line: this program, the gazetteer, the store of beds."""
    folders = [ROOT / name for name in ("mappings", "indexer", "beds", "csd")]
    said = f"{sys.version_info[:2]} {orjson.__version__} {kept.identity()}"
    return digest_of_files([*folders, *([communes] if communes else ())], said)


def read_source(
    source: str, kind: str, sites: Path | None, watch: Watch | None = None, recall: Recall | None = None
) -> Iterable[Item]:
    """Return the items of a source of some kind."""
    if kind == "sae":
        return read_sae(Path(source), sites, watch=watch)
    if sites is not None:
        raise InvalidInput([FieldError("--sites", "goes with --from sae")])
    if kind == "csd":
        return read_csd(source, watch)
    return read_ror(source if source == "-" else Path(source), watch=watch, recall=recall)


@index.command()
def status() -> None:
    """Show the indices behind the alias, the newest first."""
    with engine_gateway(settings()) as gateway:
        rows = index_status(gateway)
    if not rows:
        out.print("No index yet: ror index load SOURCE makes one.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("index", "part", "units", "size", "age", "source", "region", "rejected", "mapping"):
        table.add_column(name, justify="right" if name in {"units", "size", "rejected"} else "left")
    for row in rows:
        age = str(row.age).split(".")[0]
        mapping = row.mapping_hash + ("" if row.mapping_is_current else " (older than this version: load whole)")
        counted = "" if row.rejected is None else str(row.rejected)
        table.add_row(
            row.index, row.part, f"{row.units:,}", f"{row.bytes / 2**20:.1f} MB", age,
            row.source or "", row.region or "", counted, mapping,
        )  # fmt: skip
    out.print(table)


@index.command()
@click.option("--force", is_flag=True, help="Go back to an index of an older version all the same.")
def rollback(force: bool) -> None:
    """Serve the previous index again; a second rollback comes back."""
    chosen = settings()
    with engine_gateway(chosen) as gateway:
        kept = replay(chosen, gateway)
        left, serving = swap.rollback(
            gateway,
            companion=companion(chosen, gateway),
            force=force,
            before_swap=kept.before_swap,
            after_swap=kept.after_swap,
        )
    out.print(f"{serving} now serves, {left} is kept")


@index.command()
@click.option("--previous", is_flag=True, help="Delete the previous index too.")
def prune(previous: bool) -> None:
    """Delete the indices that no rollback needs."""
    chosen = settings()
    with engine_gateway(chosen) as gateway:
        gone = swap.prune(gateway, companion=companion(chosen, gateway), keep_previous=not previous)
    out.print("\n".join(f"deleted {name}" for name in gone) or "nothing to delete")


COMMANDS = (index,)
