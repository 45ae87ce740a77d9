"""``ror peers``: other regions that this directory asks, and whether they answer."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.table import Table

from csd.peers.asker import CsdAsker
from csd.peers.probing import NEEDED, Probe, probe
from mappings.area import Area
from mappings.errors import FieldError, InvalidInput
from orientation.audit import CONSOLE, Audit
from orientation.cli.clients import account
from orientation.cli.common import engine_gateway, err, gazetteer, out, settings
from orientation.cli.copies import forget, pull
from orientation.peers.copied import CopyState, CopyStates
from orientation.peers.outline import MAX_BYTES, read_area
from orientation.peers.register import DIALECTS, NO_PROOF, ORIENTATION, PROOFS, Peer, Register

_CHECK_S = 10.0


@click.group()
def peers() -> None:
    """Other regions: directories that questions are put to beside this one."""


peers.add_command(pull)
peers.add_command(forget)


@peers.command()
@click.argument("code")
@click.option("--url", required=True, help="Base address of its CSD facade, such as https://ror.example/csd.")
@click.option("--region", required=True, help="Region it is the directory of (INSEE code).")
@click.option("--name", help="What people call it; default: its code.")
@click.option("--document", default="ror", show_default=True,
              help="Name of its directory there; empty where the base address is that of its only one.")  # fmt: skip
@click.option("--dialect", type=click.Choice(DIALECTS), default=ORIENTATION, show_default=True,
              help="How it is asked: by our orientation function, by CSD's search of facilities, or never: our copy is"
              " (ror peers pull).")  # fmt: skip
@click.option("--department", "departments", multiple=True,
              help="Department that it answers for, repeatable; default: all of its region.")  # fmt: skip
@click.option("--territory", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="GeoJSON file (Polygon or MultiPolygon, WGS84) of what it answers for, beside departments if any are"
              " given.")  # fmt: skip
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
    dialect: str,
    departments: tuple[str, ...],
    territory: Path | None,
    proof: str,
    user: str | None,
    secret_file: Path | None,
    authority: Path | None,
    timeout: float | None,
) -> None:
    """Register the peer CODE, or replace it; its secret stays in the file named."""
    chosen = settings()
    area = None if territory is None else _area_in(territory)
    peer = Peer(
        code=code,
        name=name or code,
        region=region,
        url=url,
        document=document,
        dialect=dialect,
        departments=departments,
        area=area,
        proof=proof,
        user=user,
        secret_file=str(secret_file.absolute()) if secret_file else None,
        authority_file=str(authority.absolute()) if authority else None,
        timeout_s=timeout,
    )
    if area is not None:
        communes = gazetteer(chosen).communes
        if not any(each.point is not None and area.contains(each.point) for each in communes):
            rule = "holds the middle of no commune: are its coordinates longitude first, in degrees?"
            raise InvalidInput([FieldError("--territory", rule, str(territory))])
    with engine_gateway(chosen) as gateway:
        Register(gateway).add(peer, account())
        Audit(gateway).note("peer.add", code, account(), CONSOLE, url=peer.url, region=region)
    out.print(f"{code}: registered; `ror peers check {code}` says whether it answers")


def _area_in(file: Path) -> Area:
    if file.stat().st_size > MAX_BYTES:
        raise InvalidInput([FieldError("--territory", f"is larger than {MAX_BYTES // 2**20} MiB", str(file))])
    try:
        return read_area(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise InvalidInput([FieldError("--territory", "is no UTF-8 text", str(file))]) from None


@peers.command("list")
def list_peers() -> None:
    """Show the peers, with how old our copies of them are."""
    with engine_gateway(settings()) as gateway:
        found, states = Register(gateway).all(), CopyStates(gateway)
        copies = {each.code: states.of(each) for each in found}
    for each in found:
        # A line for each thing to know: a table of so many columns would be torn on a terminal of 80.
        out.print(_told(each, copies[each.code]), soft_wrap=True, highlight=False, markup=False)


def _told(peer: Peer, state: CopyState | None) -> str:
    where = [*peer.departments, *(["its outline"] if peer.area is not None else [])]
    copied = None if state is None or state.copied_at is None else f"{state.copied_at:%Y-%m-%d %H:%M} UTC"
    known = {
        "name": peer.name,
        "region": peer.region,
        "territory": ", ".join(where) or "all of its region",
        "dialect": peer.dialect,
        "proof": peer.proof,
        "asked": "yes" if peer.enabled else "no",
        "copied": copied or "never",
        "address": peer.url,
    }
    return "\n".join([peer.code, *(f"  {name:<10}{value}" for name, value in known.items())])


@peers.command()
@click.argument("code")
@click.pass_context
def check(ctx: click.Context, code: str) -> None:
    """Ask the peer CODE for all that it may support; exit code 3 where what its dialect needs is missing."""
    chosen = settings()
    with engine_gateway(chosen) as gateway:
        peer = Register(gateway).get(code)
        state = CopyStates(gateway).of(peer)
    asker = CsdAsker(gazetteer(chosen))
    try:
        found = probe(asker, peer, _CHECK_S)
    finally:
        asker.exchanges.close()
    out.print(_probes(found))
    needed = next(each for each in found if each.name == NEEDED[peer.dialect])
    if not needed.works:
        err.print(f"{code}: no answer to what its dialect needs, {needed.name} ({needed.said})")
        ctx.exit(3)
    out.print(f"{code}: answers to what its dialect needs, {needed.name}; {needed.said}")
    if state is not None and state.copied_at is not None:
        age = datetime.now(UTC) - state.copied_at
        out.print(f"{code}: our copy has {state.units:,} units, {str(age).split('.', maxsplit=1)[0]} old")


def _probes(found: list[Probe]) -> Table:
    table = Table(box=None)
    for column in ("function or transaction", "supported", "said"):
        table.add_column(column, overflow="fold")
    for each in found:
        table.add_row(each.name, "yes" if each.works else "no", each.said)
    return table


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
