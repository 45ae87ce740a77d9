"""``ror engine``: the embedded Elasticsearch."""

from __future__ import annotations

import click

from engine import node
from engine.config import describe_status
from orientation.cli.common import download, out, settings
from orientation.settings import node_config


@click.group("engine")
def engine() -> None:
    """The embedded Elasticsearch, for a laptop, a demonstration and the tests."""


@engine.command()
def install() -> None:
    """Fetch the engine, check its checksum and unpack it."""
    out.print(f"installed in {node.install(node_config(settings()), download)}")


@engine.command()
@click.option("--wait", default=180.0, show_default=True, help="Seconds to wait until it answers.")
def start(wait: float) -> None:
    """Start it and wait until it answers; one that runs is left as it is."""
    out.print(describe_status(node.start(node_config(settings()), wait=wait, progress=download)))


@engine.command()
def stop() -> None:
    """Stop it, letting it write what it holds."""
    out.print("stopped" if node.stop(node_config(settings())) else "it was not running")


@engine.command()
@click.pass_context
def status(context: click.Context) -> None:
    """Say whether it runs, where, and how it is; exit code 3 when it does not answer."""
    found = node.status(node_config(settings()))
    out.print(describe_status(found))
    context.exit(0 if found.ready else 3)


COMMANDS = (engine,)
