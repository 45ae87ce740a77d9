"""``ror serve`` and ``ror demo``: the server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import click

from engine.gateway import Gateway
from indexer.build import build
from indexer.load import LoadOptions
from indexer.progress import Display
from indexer.status import status
from indexer.synth import synthesize
from orientation.app import create_app
from orientation.cli.common import engine_gateway, err, gazetteer, out, settings, start_embedded
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
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--units", type=click.IntRange(1), default=DEMO_UNITS, show_default=True, help="Size of the region.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same region.")
def demo(port: int, units: int, seed: int) -> None:
    """Start an engine, load a fictitious region and serve it, open to all."""
    chosen = replace(settings(), port=port, anonymous_profile=1, log_level="warning")
    with engine_gateway(chosen) as gateway:
        _load_demo(chosen, gateway, units, seed)
    address = f"http://{chosen.host}:{port}"
    out.print(f"\nReady: {address} (fictitious data, everything visible). API: {address}/api/v1/docs\nTry:")
    out.print(f'  curl -s "{address}{EXAMPLE}"\nCtrl-C ends it.')
    _serve(chosen)


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
        report = build(source, gateway, communes, LoadOptions(source=f"demo {units} units, seed {seed}"), display)
    if not report.applied:
        raise click.ClickException("; ".join(report.refusals))


def _serve(chosen: Settings) -> None:
    run_server(chosen, lambda: create_app(chosen))


COMMANDS = (serve, demo)
