"""``ror beds``: bed counts from a file; and what the other commands need of the room of beds."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import click

from beds.importing import import_file
from beds.indices import BedIndices
from beds.replay import Replay
from beds.service import BedService
from engine.gateway import Gateway
from orientation.audit import Audit
from orientation.cli.common import engine_gateway, out, settings
from orientation.settings import Settings


def bed_service(chosen: Settings, gateway: Gateway) -> BedService:
    """Return the service of beds of these settings."""
    return BedService(gateway, BedIndices(keep_days=chosen.history_days))


def replay(chosen: Settings, gateway: Gateway) -> Replay:
    """Return what keeps the store of beds and the directory of units in step; its indices are made."""
    return Replay(bed_service(chosen, gateway))


@click.group()
def beds() -> None:
    """Bed counts."""


@beds.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--who", help="Who says so; default: the account that runs this.")
@click.option("--rejects", type=click.Path(path_type=Path), help="File (NDJSON) of what was refused and why.")
@click.pass_context
def import_counts(context: click.Context, file: Path, who: str | None, rejects: Path | None) -> None:
    """Write the counts of FILE, one JSON object a line; late ones lose, repeated ones are harmless."""
    chosen = settings()
    with engine_gateway(chosen) as gateway:
        service = bed_service(chosen, gateway)
        service.also = Audit(gateway).count
        service.ensure()
        done, refused = import_file(service, file, who or pwd.getpwuid(os.geteuid()).pw_name, rejects)
    out.print(f"{done:,} lines done, {refused:,} refused" + (f" (see {rejects})" if refused and rejects else ""))
    context.exit(1 if refused else 0)


COMMANDS = (beds,)
