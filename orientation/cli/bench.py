"""``ror bench``: the measurements, from a checkout."""

from __future__ import annotations

import subprocess
import sys

import click

from orientation.cli.checks import ROOT


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("name", required=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def bench(context: click.Context, name: str | None, arguments: tuple[str, ...]) -> None:
    """Run a measurement of benchmarks/ (without NAME, list them); its own --help says what it takes."""
    scripts = sorted(path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py"))
    if name is None:
        click.echo("\n".join(scripts) or "the measurements are in a checkout of the project")
        return
    if name not in scripts:
        raise click.UsageError(f"no measurement {name!r}; there are {', '.join(scripts)}")
    command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
    context.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)


COMMANDS = (bench,)
