"""``ror csd``: directories of the CSD facade; and what the other commands need of that room."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO

import click
from rich.table import Table

from csd import directories as directory_indices
from csd.changes import change, go_back
from csd.companion import OwnDirectory
from csd.entity import DEFINITION, KINDS, directory_alias
from csd.export import Export
from csd.facilities import Facilities
from csd.loading import Tell
from csd.loading import load as load_document
from csd.rendering import Renderer
from csd.safe_xml import UnsafeXml, watched_chunks
from csd.source import Passed, Refused, read_units
from csd.store import EntityStore
from engine.gateway import Gateway
from indexer.companion import Companion
from indexer.generations import Target
from indexer.progress import Display, Watch
from indexer.rejection import SOURCE, Item, Notice, Rejection, reject
from indexer.sources.lines import opened
from mappings.errors import FieldError, InvalidInput
from orientation.access import Access
from orientation.cli.beds import bed_service
from orientation.cli.common import engine_gateway, err, out, settings
from orientation.criteria import Criteria
from orientation.search import UNITS
from orientation.settings import Settings

_PAGE_TIMEOUT = "30s"


def companion(chosen: Settings, gateway: Gateway) -> Companion:
    """Return what makes our own directory beside the units."""
    alias = directory_alias(chosen.csd_directory)
    if alias is None:
        raise InvalidInput([FieldError("ROR_CSD_DIRECTORY", "is no name of a directory", chosen.csd_directory)])
    return Companion(
        target=Target(alias=alias, definition=DEFINITION),
        begin=partial(OwnDirectory, gateway),
        change=partial(change, gateway),
        go_back=partial(go_back, gateway),
    )


def read_csd(source: str, watch: Watch | None = None) -> Iterator[Item]:
    """Yield a unit, or what is to be said of it, for each facility of a CSD file; ``-`` is standard input."""
    with opened(source) as (stream, size):
        try:
            for item in read_units(stream, size=size, watch=watch):
                if isinstance(item, Refused):
                    yield reject(None, item.identifier, item.errors)
                elif isinstance(item, Passed):
                    yield Notice(None, item.identifier, "record", "its status is Inactive: it is no unit")
                else:
                    yield item
        except UnsafeXml as error:
            yield Rejection(None, None, SOURCE, f"{error}: what followed is lost")


@click.group()
def csd() -> None:
    """Directories that the CSD facade serves."""


@csd.command()
@click.argument("name")
@click.argument("file")
@click.option("--rejects", type=click.Path(path_type=Path), help="File (NDJSON) of what was refused or is not valid.")
@click.option("--max-rejects", type=float, default=5.0, show_default=True, help="Refused entities allowed, in %.")
@click.pass_context
def load(context: click.Context, name: str, file: str, rejects: Path | None, max_rejects: float) -> None:
    """Serve the CSD document FILE (- for standard input, gzip or plain) as the directory NAME, in the place of any."""
    chosen = settings()
    started = datetime.now(UTC)
    with (
        engine_gateway(chosen) as gateway,
        opened(file) as (stream, size),
        _telling(rejects) as tell,
        Display() as bar,
    ):
        bar.phase("loading")
        report = load_document(
            gateway,
            name,
            watched_chunks(stream, size, bar.watch),
            own=chosen.csd_directory,
            source=file,
            max_rejects=max_rejects / 100,
            tell=tell,
        )
    counted = ", ".join(f"{report.kept[kind]:,} {kind}" for kind in KINDS)
    out.print(f"{report.name}: {counted}; {report.refused:,} refused, {report.removed:,} removed, in {_since(started)}")
    for number, what in (
        (report.older, "written in today's spelling"),
        (report.invalid, "not valid, kept as they are"),
    ):
        if number:
            out.print(f"{number:,} {what}")
    if report.refusal is not None:
        err.print(f"nothing was changed: {report.refusal}")
    context.exit(1 if report.refused or report.refusal else 0)


@contextmanager
def _telling(path: Path | None) -> Iterator[Tell]:
    """Give what writes a line for each entity that is refused or not valid."""
    if path is None:
        yield lambda how, entity, reason: None
        return
    with path.open("w", encoding="utf-8") as stream:

        def tell(how: str, entity: str, reason: str) -> None:
            stream.write(json.dumps({"severity": how, "id": entity, "reason": reason}, ensure_ascii=False) + "\n")

        yield tell


def _since(started: datetime) -> str:
    return f"{(datetime.now(UTC) - started).total_seconds():.1f} s"


@csd.command("list")
def list_directories() -> None:
    """Show the directories with the number of their entities."""
    chosen = settings()
    with engine_gateway(chosen) as gateway:
        rows = directory_indices.directories(gateway)
    if not rows:
        out.print("No directory yet: ror index load makes our own, ror csd load any other.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("name", *KINDS, "size", "source", "loaded"):
        table.add_column(column, justify="right" if column in {*KINDS, "size"} else "left")
    for row in rows:
        counted = [f"{row.entities[kind]:,}" for kind in KINDS]
        source = "units of this installation" if row.name == chosen.csd_directory else row.source
        old = "" if row.mapping_is_current else " (older than this version: load again)"
        table.add_row(row.name, *counted, f"{row.bytes / 2**20:.1f} MB", source, row.loaded_at + old)
    out.print(table)


@csd.command()
@click.argument("name")
def remove(name: str) -> None:
    """Delete the directory NAME that was loaded."""
    chosen = settings()
    with engine_gateway(chosen) as gateway:
        directory_indices.remove(gateway, name, own=chosen.csd_directory)
    out.print(f"{name} is deleted")


@csd.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--profile", type=click.IntRange(0, 5), default=1, show_default=True, help="Access profile; 1 sees all.")
def export(name: str, file: Path | None, profile: int) -> None:
    """Write the directory NAME as one CSD document to FILE (gzip if it ends in .gz) or to standard output."""
    chosen = settings()
    started = datetime.now(UTC)
    with engine_gateway(chosen) as gateway, _written(file) as stream:
        asked = Criteria(as_of=started, access=Access(profile))
        alias = directory_alias(chosen.csd_directory)
        assert alias is not None
        facilities = Facilities(gateway, alias, UNITS, bed_service(chosen, gateway).store, asked.access)
        writing = Export(EntityStore(gateway, _PAGE_TIMEOUT), Renderer(facilities, asked), name)
        size = 0
        for block in writing.blocks():
            size += stream.write(block)
    counted = ", ".join(f"{writing.written[kind]:,} {kind}" for kind in KINDS)
    err.print(f"{name}: {counted}; {size / 2**20:.1f} MB in {_since(started)}")


@contextmanager
def _written(file: Path | None) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """Give what writes a file that stands there only once it is whole, or standard output."""
    if file is None:
        yield sys.stdout.buffer
        return
    part = file.with_name(f"{file.name}.part")
    with part.open("wb") as plain:
        if file.suffix == ".gz":
            with gzip.open(plain, "wb", compresslevel=5) as packed:
                yield packed
        else:
            yield plain
    part.replace(file)


COMMANDS = (csd,)
