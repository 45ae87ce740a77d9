"""``ror backup`` and ``ror restore``: everything kept in the engine, in a folder or an object store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click
from rich.table import Table

from engine.gateway import Gateway
from engine.snapshots import Snapshot
from mappings.errors import FieldError, InvalidInput
from orientation import backup as keeping
from orientation.cli.beds import replay
from orientation.cli.common import engine_gateway, err, out, settings
from orientation.settings import Settings

_repository = click.option(
    "--repository",
    help="Repository that the cluster knows by this name (an object store, say); default: the backup folder.",
)
_timeout = click.option(
    "--timeout", type=click.FloatRange(1), default=3600.0, show_default=True, help="Seconds to wait for the end."
)


@contextmanager
def _opened(chosen: Settings, repository: str | None) -> Iterator[tuple[Gateway, str]]:
    """Give the gateway, and the name of a repository that is there."""
    with engine_gateway(chosen) as gateway:
        if repository is not None:
            known = gateway.repositories()
            if repository not in known:
                there = ", ".join(sorted(known)) or "none"
                raise InvalidInput([FieldError("--repository", f"is not known to the cluster; there are {there}")])
            yield gateway, repository
            return
        gateway.put_folder_repository(keeping.REPOSITORY, str(chosen.backups))
        yield gateway, keeping.REPOSITORY


@click.command()
@_repository
@_timeout
@click.option("--keep", type=click.IntRange(1), help="Then delete all but this many of the newest whole backups.")
@click.option("--list", "only_list", is_flag=True, help="Show the backups there are, and make none.")
def backup(repository: str | None, timeout: float, keep: int | None, only_list: bool) -> None:
    """Keep units, bed counts, history, keys of clients, audit log and directories; servers go on meanwhile.

    Only what changed since the last backup in the same place is copied.
    """
    chosen = settings()
    with _opened(chosen, repository) as (gateway, place):
        if only_list:
            _show(keeping.kept(gateway, place))
            return
        done = keeping.backup(gateway, place, datetime.now(UTC), seconds=timeout)
        gone = keeping.prune(gateway, place, keep) if keep else []
    where = f"repository {repository}" if repository else str(chosen.backups)
    out.print(f"{done.name}: {len(done.indices)} indices in {done.seconds:.1f} s, in {where}")
    for name in gone:
        out.print(f"deleted {name}")


@click.command()
@click.argument("name", required=False)
@_repository
@_timeout
@click.option("--replace", is_flag=True, help="Delete what the engine holds first; without it, it must hold nothing.")
@click.pass_context
def restore(context: click.Context, name: str | None, repository: str | None, timeout: float, replace: bool) -> None:
    """Bring back the backup NAME, by default the newest whole one, onto an empty engine."""
    chosen = settings()
    with _opened(chosen, repository) as (gateway, place):
        err.print("Restoring…")
        done = keeping.restore(
            gateway, place, name, replace=replace, seconds=timeout, then=lambda: _make_whole(chosen, gateway)
        )
    table = Table("what", "kept", "back", title=f"{done.snapshot.name} of {done.snapshot.started:%Y-%m-%d %H:%M} UTC")
    for each, (kept, back) in done.counts.items():
        table.add_row(each, f"{kept:,}", f"{back:,}")
    out.print(table)
    for each in done.short:
        err.print(f"[red]fewer came back than were kept:[/red] {each}")
    context.exit(1 if done.short else 0)


def _make_whole(chosen: Settings, gateway: Gateway) -> None:
    """Show in the units what the store of beds says: shards are kept one after the other, not at one moment."""
    kept = replay(chosen, gateway)
    for index in gateway.aliases("units").get("units", ()):
        kept.before_swap(index)
        kept.after_swap(index)
        gateway.refresh(index)


def _show(every: list[Snapshot]) -> None:
    if not every:
        out.print("No backup yet: ror backup makes one.")
        return
    table = Table("backup", "state", "made", "indices", "units", box=None)
    for each in reversed(every):
        units = each.metadata.get("counts", {}).get("units")
        table.add_row(
            each.name,
            "whole" if each.whole else each.state,
            f"{each.started:%Y-%m-%d %H:%M} UTC",
            str(len(each.indices)),
            "" if units is None else f"{units:,}",
        )
    out.print(table)


COMMANDS = (backup, restore)
