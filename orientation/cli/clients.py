"""``ror clients`` and ``ror audit``: who may use this server, and what was done with it."""

from __future__ import annotations

import os
import pwd
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console
from rich.table import Table

from mappings.errors import FieldError, InvalidInput, shorten
from mappings.schema.fields import FINESS
from orientation.audit import CONSOLE, Audit
from orientation.cli.common import engine_gateway, err, out, settings
from orientation.identity import Clients, Grant, Held
from orientation.identity.certificates import certificate
from orientation.identity.profession import known as known_profession
from orientation.identity.scopes import BEDS_WRITE, EVERYWHERE, READING, SCOPES
from orientation.setting_readers import duration

NEVER = "never"


def account() -> str:
    """Return the account of the system that runs this."""
    return pwd.getpwuid(os.geteuid()).pw_name


@dataclass(frozen=True, slots=True)
class Office:
    """Where clients are kept, and what is done with them is noted."""

    clients: Clients
    audit: Audit

    def note(self, action: str, target: str, **detail: Any) -> None:
        """Note what was done by whoever runs this."""
        self.audit.note(action, target, account(), CONSOLE, **detail)


@contextmanager
def office() -> Iterator[Office]:
    """Open the clients and the audit log of the engine in use."""
    with engine_gateway(settings()) as gateway:
        yield Office(Clients(gateway), Audit(gateway))


class Span(click.ParamType["timedelta | None"]):
    """A length of time such as 30d or 12h, or never."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta | None:
        """Read it."""
        if value is None or isinstance(value, timedelta) or value == NEVER:
            return value if isinstance(value, timedelta) else None
        try:
            return duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.group()
def clients() -> None:
    """API keys and certificates: who may use this server, and with which rights."""


@clients.command()
@click.argument("name")
@click.option("--profile", type=click.IntRange(0, 5), required=True, help="Access profile: what it sees.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(list(SCOPES)),
              help="What it may do, repeatable; default: search and beds:read.")  # fmt: skip
@click.option("--establishment", "establishments", multiple=True, metavar="FINESS",
              help="With beds:write: whose bed counts it may write, repeatable; * for all.")  # fmt: skip
@click.option("--expires", type=Span(), default="365d", show_default=True, help="How long the key lives: 90d, never.")
@click.option("--certificate", "pem", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="PEM file of a client certificate, taken in place of a key.")  # fmt: skip
@click.option("--profession", help="Profession of those who ask with it (code of list J229), for the log of exchanges.")
@click.option("--note", help="Whom to ask about it.")
def add(
    name: str,
    profile: int,
    scopes: tuple[str, ...],
    establishments: tuple[str, ...],
    expires: timedelta | None,
    pem: Path | None,
    profession: str | None,
    note: str | None,
) -> None:
    """Give the client NAME a key, shown once, or take its certificate."""
    grant = checked(
        Grant(
            client=name,
            profile=profile,
            scopes=scopes or tuple(sorted(READING)),
            establishments=establishments,
            note=note,
            profession=profession,
        )
    )
    with office() as known:
        if pem is not None:
            shown = certificate(pem.read_bytes())
            held = known.clients.add_certificate(grant, account(), shown.fingerprint, shown.ends_at)
            _note_given(known, "client.add", held)
            out.print(f"{name}: certificate {shown.fingerprint[:16]}… taken, until {shown.ends_at:%Y-%m-%d}")
            return
        held, text = known.clients.add(grant, account(), expires)
        _note_given(known, "client.add", held)
    _show_key(held, text)


@clients.command("list")
@click.option("--all", "every", is_flag=True, help="Those that ended, too.")
def list_clients(every: bool) -> None:
    """List the keys and certificates with their rights and last use; never a key itself."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("client", "id", "profile", "scopes", "establishments", "created", "expires", "last use", "state"):
        table.add_column(column, overflow="fold")
    with office() as known:
        now = known.clients.clock()
        for held in known.clients.all():
            state = held.state(now)
            if not every and state != "active":
                continue
            grant = held.grant
            times = (held.created_at, held.expires_at, held.last_used_at)
            table.add_row(
                grant.client, held.id[:24], str(grant.profile), " ".join(grant.scopes), " ".join(grant.establishments),
                *(_day(moment) for moment in times), state,
            )  # fmt: skip
    # In a pipe a line holds a whole client, whatever the width.
    (out if out.is_terminal else Console(width=250)).print(table)


@clients.command()
@click.argument("name")
def revoke(name: str) -> None:
    """Revoke every key and certificate of the client NAME, or the one whose id NAME is; servers know within 5 s."""
    with office() as known:
        ended = known.clients.revoke(name)
        for held in ended:
            known.note("client.revoke", held.grant.client, id=held.id)
    out.print(f"{len(ended)} revoked" if ended else "nothing was in force")


@clients.command()
@click.argument("name")
@click.option("--overlap", type=Span(), default="7d", show_default=True, help="How long the old key goes on to work.")
@click.option("--expires", type=Span(), default="365d", show_default=True, help="How long the new key lives.")
def rotate(name: str, overlap: timedelta | None, expires: timedelta | None) -> None:
    """Give the client NAME another key with the same rights, shown once; the old one works on for a while."""
    if overlap is None:
        raise click.UsageError("the old key must end: give --overlap a length of time")
    with office() as known:
        held, text = known.clients.rotate(name, account(), overlap, expires)
        _note_given(known, "client.rotate", held)
    _show_key(held, text)


def checked(grant: Grant) -> Grant:
    """Return a grant that makes sense; ``InvalidInput`` names what does not."""
    errors = []
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", grant.client, re.ASCII):
        errors.append(FieldError("NAME", "must have 1 to 64 letters, digits and . _ -", shorten(grant.client)))
    for each in grant.establishments:
        if each != EVERYWHERE and not FINESS.fullmatch(each):
            errors.append(FieldError("--establishment", "must be a FINESS number, or *", shorten(each)))
    if grant.profession is not None and not known_profession(grant.profession):
        errors.append(FieldError("--profession", "must be a code of list J229", shorten(grant.profession)))
    if (BEDS_WRITE in grant.scopes) != bool(grant.establishments):
        errors.append(FieldError("--establishment", f"goes with --scope {BEDS_WRITE}, which needs one at least"))
    if errors:
        raise InvalidInput(errors)
    return grant


def _note_given(known: Office, action: str, held: Held) -> None:
    grant = held.grant
    known.note(
        action, grant.client, id=held.id, profile=grant.profile, scopes=list(grant.scopes),
        establishments=list(grant.establishments), expires_at=_day(held.expires_at),
    )  # fmt: skip


def _show_key(held: Held, text: str) -> None:
    """Print a key alone on standard output, so that it can be piped to where it is kept."""
    err.print(f"Key of {held.grant.client} until {_day(held.expires_at)}; it is shown this once:")
    click.echo(text)


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment is not None else NEVER


@click.group("audit")
def audit_log() -> None:
    """Who wrote which bed count, changed a tension, gave or took a key."""


@audit_log.command()
@click.option("--since", type=click.DateTime(), help="First day or moment (UTC), included.")
@click.option("--until", type=click.DateTime(), help="Last day or moment (UTC), excluded.")
def export(since: datetime | None, until: datetime | None) -> None:
    """Write the audit log as NDJSON to standard output, oldest first."""
    start, end = (moment.replace(tzinfo=UTC) if moment else None for moment in (since, until))
    with office() as known:
        for entry in known.audit.entries(start, end):
            sys.stdout.buffer.write(orjson.dumps(entry) + b"\n")
    sys.stdout.buffer.flush()


COMMANDS = (clients, audit_log)
