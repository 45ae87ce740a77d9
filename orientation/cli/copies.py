"""``ror peers pull`` and ``ror peers forget``: our copies of other regions' directories."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import click

from csd.peers.applying import ADDED, CHANGED, REFUSED, REMOVED, Changes
from csd.peers.copy_store import CopyStore
from csd.peers.exchange import Exchanges
from csd.peers.pulling import Puller
from engine.errors import EngineError
from engine.gateway import Gateway
from indexer.generations import Target
from indexer.lock import locked
from mappings.errors import RorError
from orientation.app import utc_now
from orientation.audit import CONSOLE, Audit
from orientation.cli.clients import account
from orientation.cli.common import engine_gateway, err, gazetteer, out, settings
from orientation.peers.asking import PeerFailure
from orientation.peers.copied import CopyStates, copy_alias
from orientation.peers.register import Register
from orientation.settings import Settings

_PAGE_S = 30.0
"""What the engine has for one step: nobody waits for a pull as for an answer."""


@click.command()
@click.argument("code")
@click.option("--whole", is_flag=True, help="Compare the whole directory with our copy, and say what differed.")
@click.option("--watch", type=click.IntRange(1, 86_400), help="Pull again each so many seconds, until told to end.")
@click.option("--accept-smaller", is_flag=True, help="Take a whole answer that lacks half of our copy at its word.")
@click.pass_context
def pull(ctx: click.Context, code: str, whole: bool, watch: int | None, accept_smaller: bool) -> None:
    """Copy the directory of the peer CODE, or what changed in it since it was last copied (ITI-74).

    Exit code 3 where the peer gives no answer; what was copied stays.
    """
    chosen = settings()
    with engine_gateway(replace(chosen, search_timeout=_PAGE_S)) as gateway, _puller(chosen, gateway) as puller:
        if watch is None:
            ctx.exit(_pull(gateway, puller, code, whole=whole, smaller=accept_smaller))
        while True:
            try:
                _pull(gateway, puller, code, whole=whole, smaller=accept_smaller)
            except (RorError, EngineError) as error:
                err.print(f"{code}: {error}")
            whole = False
            time.sleep(watch)


@contextmanager
def _puller(chosen: Settings, gateway: Gateway) -> Iterator[Puller]:
    exchanges = Exchanges()
    try:
        yield Puller(
            gateway=gateway,
            states=CopyStates(gateway),
            exchanges=exchanges,
            gazetteer=gazetteer(chosen),
            folder=chosen.data_dir / "copies",
            clock=utc_now,
            compare_after=timedelta(days=chosen.peers_whole_days),
        )
    finally:
        exchanges.close()


def _pull(gateway: Gateway, puller: Puller, code: str, *, whole: bool, smaller: bool) -> int:
    peer = Register(gateway).get(code)
    started = datetime.now(UTC)
    try:
        with locked(gateway, Target(alias=copy_alias(peer)), "ror peers pull") as lock:
            done = puller.pull(peer, whole=whole, smaller=smaller, still_ours=lock.renew)
    except PeerFailure as failure:
        err.print(f"{code}: no answer ({failure.kind}: {failure}); our copy stays as it was")
        return 3
    state, seconds = done.state, (datetime.now(UTC) - started).total_seconds()
    how = "copied whole" if done.is_first else "brought up to date"
    held = f"{state.units:,} units of {state.facilities:,} facilities"
    out.print(f"{code}: {how}, {_said(done.news)}; {held}, in {seconds:.1f} s")
    for reason, count in sorted(state.unread.items()):
        out.print(f"{code}: {count:,} facilities are no unit here ({reason})")
    if done.drift is not None:
        out.print(f"{code}: compared whole: {_said(done.drift) if done.drift else 'nothing differed'}")
        for line in done.drift.shown:
            out.print(f"  {line}")
    return 1 if done.news.counts[REFUSED] else 0


def _said(changes: Changes) -> str:
    counts = changes.counts
    words = [f"{counts[what]:,} {what}" for what in (ADDED, CHANGED, REMOVED, REFUSED) if counts[what]]
    return ", ".join(words) or "nothing new"


@click.command()
@click.argument("code")
def forget(code: str) -> None:
    """Delete our copy of the peer CODE."""
    with engine_gateway(settings()) as gateway:
        peer = Register(gateway).get(code)
        with locked(gateway, Target(alias=copy_alias(peer)), "ror peers forget"):
            CopyStates(gateway).forget(peer)
            CopyStore(gateway, peer).delete()
        Audit(gateway).note("peer.forget", code, account(), CONSOLE)
    out.print(f"{code}: our copy is deleted")
