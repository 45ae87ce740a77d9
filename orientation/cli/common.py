"""What the commands share: settings, the gateway, the gazetteer, the console."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from engine import node
from engine.gateway import Gateway
from mappings.gazetteer import Gazetteer
from orientation.app import gateway_config
from orientation.settings import Settings, node_config, settings_from_environment

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def settings() -> Settings:
    """Return the settings of this process; ``InvalidInput`` names each that is wrong."""
    return settings_from_environment()


def gazetteer(chosen: Settings) -> Gazetteer:
    """Return the communes in use: those an operator loaded, else the built-in ones."""
    return Gazetteer.load(chosen.communes_file)


@contextmanager
def engine_gateway(chosen: Settings) -> Iterator[Gateway]:
    """Give a gateway to the engine in use, starting the embedded one where it is in use and not up."""
    start_embedded(chosen)
    with Gateway(gateway_config(chosen)) as gateway:
        yield gateway


def start_embedded(chosen: Settings) -> None:
    """Start the embedded engine unless it is up or another cluster is in use."""
    if chosen.elasticsearch_url is None and not node.status(node_config(chosen)).ready:
        err.print("Starting the embedded engine…")
        node.start(node_config(chosen), progress=download)


@contextmanager
def download(name: str, size: int) -> Iterator[Callable[[int], None]]:
    """Show a download as a bar on a terminal, as one line elsewhere."""
    if not err.is_terminal:
        err.print(f"Fetching {name} ({size / 2**20:.0f} MB)…")
        yield _nothing
        return
    columns: list[Any] = [TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()]
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(f"Fetching {name}", total=size)

        def came(count: int) -> None:
            bar.advance(task, count)

        yield came


def _nothing(count: int) -> None:
    """Show nothing."""
