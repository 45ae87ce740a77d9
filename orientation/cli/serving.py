"""``ror serve`` and ``ror demo``: the server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import Any

import click

from beds.simulation import Simulation
from engine.gateway import Gateway
from indexer.build import build
from indexer.load import LoadOptions
from indexer.progress import Display
from indexer.status import status
from indexer.synth import synthesize
from orientation.app import create_app, gateway_config
from orientation.cli.beds import bed_service, replay
from orientation.cli.common import engine_gateway, err, gazetteer, out, settings, start_embedded
from orientation.cli.csd import companion
from orientation.cli.index import with_beds
from orientation.server import serve as run_server
from orientation.settings import Settings

DEMO_UNITS = 5000
EXAMPLE = "/api/v1/orientations?place=Rouen&activity=130&age=4&use_case=destination&size=1&facets=none"
"""The example question of the README: a child's intensive care bed near Rouen."""


@click.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes.")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the API and the pages until told to end."""
    given: dict[str, Any] = {"host": host, "port": port, "workers": workers}
    chosen = replace(settings(), **{name: value for name, value in given.items() if value is not None})
    start_embedded(chosen)
    _serve(chosen)


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Port to listen on.")
@click.option("--units", type=click.IntRange(1), default=DEMO_UNITS, show_default=True, help="Size of the region.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same region.")
@click.option("--live", is_flag=True, help="Let beds move, simulated, while the server runs.")
@click.option("--rate", default=2.0, show_default=True, help="With --live: movements a second.")
def demo(port: int, units: int, seed: int, live: bool, rate: float) -> None:
    """Start an engine, load a fictitious region and serve it, open to all."""
    chosen = replace(settings(), port=port, anonymous_profile=1, log_level="warning")
    with engine_gateway(chosen) as gateway:
        _load_demo(chosen, gateway, units, seed)
    if live:
        with _moving(chosen, seed, rate):
            _serve(chosen, lambda: _welcome(chosen))
    else:
        _serve(chosen, lambda: _welcome(chosen))


def _welcome(chosen: Settings) -> None:
    """Say where it is and what to ask first."""
    address = f"http://{chosen.host}:{chosen.port}"
    out.print(f"\nReady: {address}  (a fictitious region, everything visible)")
    out.print(f"API:   {address}/api/v1/docs\nAsk:   curl -s '{address}{EXAMPLE}'\nCtrl-C ends the server.")
    if chosen.elasticsearch_url is None:
        out.print("The embedded engine stays for the next start: ./ror engine stop ends it.")


@contextmanager
def _moving(chosen: Settings, seed: int, rate: float) -> Iterator[None]:
    """Move the beds of the fictitious zones, in a process of its own, as long as the block lasts.

    A process and not a thread: the server forks its workers, which a thread would not survive.
    """
    process = get_context("spawn").Process(target=move_beds, args=(chosen, seed, rate), daemon=True)
    process.start()
    out.print("Beds move (simulated): see /api/v1/beds and /api/v1/beds/changes.")
    try:
        yield
    finally:
        process.terminate()
        process.join(10)


def move_beds(chosen: Settings, seed: int, rate: float) -> None:
    """Move beds until the parent ends."""
    parent = os.getppid()
    with Gateway(gateway_config(chosen)) as gateway:
        simulation = Simulation(bed_service(chosen, gateway), seed=seed, rate=rate)
        simulation.open()
        simulation.run(lambda: os.getppid() != parent)


def _load_demo(chosen: Settings, gateway: Gateway, units: int, seed: int) -> None:
    """Load the region, unless real data are behind the alias: a demonstration never replaces those."""
    serving = next((row for row in status(gateway) if row.part == "serving"), None)
    if serving is not None and not (serving.source or "").startswith("demo "):
        raise click.UsageError(
            f"the engine of this installation serves {serving.source!r}: "
            "give the demonstration its own ROR_DATA_DIR and ROR_ENGINE_PORT"
        )
    communes = gazetteer(chosen)
    source = synthesize(units, seed=seed, gazetteer=communes, as_of=datetime.now(UTC))
    err.print(f"Loading a fictitious region of {units:,} units…")
    with Display() as display:
        options = LoadOptions(source=f"demo {units} units, seed {seed}")
        options = with_beds(options, replay(chosen, gateway), companion(chosen, gateway))
        report = build(source, gateway, communes, options, display)
    if not report.applied:
        raise click.ClickException("; ".join(report.refusals))


def _serve(chosen: Settings, ready: Callable[[], None] = lambda: None) -> None:
    run_server(chosen, lambda: create_app(chosen), ready)


COMMANDS = (serve, demo)
