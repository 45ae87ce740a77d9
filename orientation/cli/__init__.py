"""The ``ror`` command: a composition root, with one module a subject.

Exit codes: 0 done, 1 some data refused, 2 usage, 3 engine or network.
"""

from __future__ import annotations

import sys

import click
from rich.console import Console
from rich.markup import escape

from engine.errors import EngineError
from indexer.lock import LockHeld
from indexer.rejection import SourceError
from mappings.errors import InvalidInput, RorError
from orientation.cli import (
    backup,
    beds,
    bench,
    checks,
    clients,
    csd,
    data,
    engine,
    index,
    peers,
    search,
    serving,
    supply,
)

REFUSED, USAGE, ENGINE = 1, 2, 3


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def ror() -> None:
    """Where should this patient go? Search over the regional directories of care."""


for _room in (engine, index, data, search, serving, clients, checks, supply, beds, csd, backup, peers, bench):
    for _command in _room.COMMANDS:
        ror.add_command(_command)


def main() -> None:
    """Run a command; an error is one sentence on standard error and an exit code."""
    try:
        # Out of standalone mode click returns the code given to ``Context.exit`` instead of ending the process.
        code = ror(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.Abort:
        _say("interrupted")
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(USAGE)
    except InvalidInput as error:
        for each in error.errors:
            _say(str(each))
        sys.exit(USAGE)
    except EngineError as error:
        _say(str(error))
        sys.exit(ENGINE)
    except (LockHeld, SourceError, RorError) as error:
        _say(str(error))
        sys.exit(REFUSED)
    except BrokenPipeError:
        sys.exit(0)


def _say(text: str) -> None:
    Console(stderr=True, highlight=False).print(f"[red]error:[/red] {escape(text)}", soft_wrap=True)
