"""``ror peers``: other regions that this directory asks, and whether they answer."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.table import Table

from csd.peers.asker import CsdAsker
from orientation.access import Access
from orientation.audit import CONSOLE, Audit
from orientation.cli.clients import account
from orientation.cli.common import engine_gateway, err, out, settings
from orientation.criteria import Criteria
from orientation.peers.asking import PeerFailure
from orientation.peers.register import NO_PROOF, PROOFS, Peer, Register

_CHECK_S = 10.0
_CHECKED_ACTIVITY = "083"
"""Medicine: every region has some."""


@click.group()
def peers() -> None:
    """Other regions: directories that questions are put to beside this one."""


@peers.command()
@click.argument("code")
@click.option("--url", required=True, help="Base address of its CSD facade, such as https://ror.example/csd.")
@click.option("--region", required=True, help="Region it is the directory of (INSEE code).")
@click.option("--name", help="What people call it; default: its code.")
@click.option("--document", default="ror", show_default=True, help="Name of its directory there.")
@click.option("--department", "departments", multiple=True,
              help="Department that it answers for, repeatable; default: all of its region.")  # fmt: skip
@click.option("--proof", type=click.Choice(PROOFS), default=NO_PROOF, show_default=True, help="How we say who we are.")
@click.option("--user", help="Name for basic proof.")
@click.option("--secret-file", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="File of the key or password, or PEM of our certificate and its key.")  # fmt: skip
@click.option("--authority", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="PEM file of the authority that signed its certificate; default: those of the system.")  # fmt: skip
@click.option("--timeout", type=click.FloatRange(0.05, 60), help="Seconds it has, where less than the budget of all.")
def add(
    code: str,
    url: str,
    region: str,
    name: str | None,
    document: str,
    departments: tuple[str, ...],
    proof: str,
    user: str | None,
    secret_file: Path | None,
    authority: Path | None,
    timeout: float | None,
) -> None:
    """Register the peer CODE, or replace it; its secret stays in the file named."""
    peer = Peer(
        code=code,
        name=name or code,
        region=region,
        url=url,
        document=document,
        departments=departments,
        proof=proof,
        user=user,
        secret_file=str(secret_file.absolute()) if secret_file else None,
        authority_file=str(authority.absolute()) if authority else None,
        timeout_s=timeout,
    )
    with engine_gateway(settings()) as gateway:
        Register(gateway).add(peer, account())
        Audit(gateway).note("peer.add", code, account(), CONSOLE, url=peer.url, region=region)
    out.print(f"{code}: registered; `ror peers check {code}` says whether it answers")


@peers.command("list")
def list_peers() -> None:
    """Show the peers."""
    with engine_gateway(settings()) as gateway:
        found = Register(gateway).all()
    table = Table(box=None)
    for column in ("code", "name", "region", "departments", "proof", "asked", "address"):
        table.add_column(column, overflow="fold")
    for each in found:
        where = ",".join(each.departments) or "all of its region"
        asked = "yes" if each.enabled else "no"
        table.add_row(each.code, each.name, each.region, where, each.proof, asked, each.url)
    out.print(table)


@peers.command()
@click.argument("code")
@click.pass_context
def check(ctx: click.Context, code: str) -> None:
    """Ask the peer CODE and say whether it answers, and how much of its answer is understood; exit code 3 if not."""
    with engine_gateway(settings()) as gateway:
        peer = Register(gateway).get(code)
    question = Criteria(
        as_of=datetime.now(UTC),
        access=Access(),
        activities=(_CHECKED_ACTIVITY,),
        departments=tuple(sorted(peer.territory)[:1]),
    )
    asker = CsdAsker()
    try:
        said = asker.read(peer, asker.ask(peer, question, 5, _CHECK_S).result(_CHECK_S + 1))
    except PeerFailure as failure:
        err.print(f"{code}: no answer ({failure.kind}: {failure})")
        ctx.exit(3)
    finally:
        asker.exchanges.close()
    out.print(f"{code}: answers; {said.total} units of medicine, {len(said.units)} of the first read as units")


@peers.command()
@click.argument("code")
def disable(code: str) -> None:
    """Ask the peer CODE no more, within some seconds."""
    _switch(code, enabled=False)


@peers.command()
@click.argument("code")
def enable(code: str) -> None:
    """Ask the peer CODE again."""
    _switch(code, enabled=True)


def _switch(code: str, *, enabled: bool) -> None:
    with engine_gateway(settings()) as gateway:
        Register(gateway).set_enabled(code, enabled=enabled)
        Audit(gateway).note("peer.enable" if enabled else "peer.disable", code, account(), CONSOLE)
    out.print(f"{code}: {'asked' if enabled else 'not asked any more'}")


COMMANDS = (peers,)
