"""``ror test`` and ``ror lint``: everything the project promises about itself, from a checkout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from orientation.cli.common import err

ROOT = Path(__file__).resolve().parents[2]

LINTS = (
    ("style", ["ruff", "check", "."]),
    ("format", ["ruff", "format", "--check", "."]),
    ("types", ["mypy"]),
    ("imports between rooms", ["importlinter.cli", "lint-imports"]),
)


def _run(arguments: list[str]) -> int:
    return subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, check=False).returncode


def _lint() -> list[str]:
    """Run every check of the text itself; return the names of those that failed."""
    failed = []
    for name, arguments in LINTS:
        err.print(f"[bold]{name}[/bold]")
        if _run(arguments):
            failed.append(name)
    return failed


@click.command()
@click.pass_context
def lint(context: click.Context) -> None:
    """Check style, types and the imports between rooms."""
    failed = _lint()
    err.print(f"failed: {', '.join(failed)}" if failed else "all good")
    context.exit(1 if failed else 0)


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def test(context: click.Context, arguments: tuple[str, ...]) -> None:
    """Check everything; with ARGUMENTS, run pytest with them and nothing else."""
    if not (ROOT / "tests").is_dir():
        raise click.UsageError("the tests are in a checkout of the project, not in an installation")
    failed = [] if arguments else _lint()
    if failed:
        err.print(f"[red]failed before the tests: {', '.join(failed)}[/red]")
    outcome = _run(["pytest", *arguments])
    context.exit(outcome or (1 if failed else 0))


COMMANDS = (test, lint)
