"""Write docs/reference.md: every setting, command, option, route and parameter, as the code declares them.

``python -m tools.reference`` rewrites the page; a test fails when it lags behind the code.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click

from orientation.app import create_app
from orientation.cli import ror
from orientation.settings import Settings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference.md"


def reference() -> str:
    """Return the page."""
    with patch.dict(os.environ, {"HOME": "/home/you"}):
        chosen = Settings(data_dir=Path("data"), secret="only to read the routes, nothing is signed")
    parts = [
        "# Reference",
        "Made from the code by `python -m tools.reference`; a test keeps it in step.",
        "## Settings",
        "Environment variables, read once at start. One that is wrong or unknown stops the program with its name.",
        *_settings(chosen),
        "## Commands",
        *_commands(ror, "ror"),
        "## Routes",
        *_routes(create_app(chosen).test_client().get("/api/v1/openapi.json").get_json()),
    ]
    return "\n\n".join(parts) + "\n"


def _cell(text: object) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def _table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    return "\n".join(lines + [f"| {' | '.join(map(_cell, row))} |" for row in rows])


def _settings(chosen: Settings) -> Iterator[str]:
    rows: list[tuple[object, ...]] = [
        (f"`{row['name']}`", f"`{row['default']}`" if row["default"] else "", row["doc"]) for row in chosen.describe()
    ]
    yield _table(("variable", "default", "what it does"), rows)


def _commands(command: click.Command, name: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for each in sorted(command.commands):
            yield from _commands(command.commands[each], f"{name} {each}")
        return
    arguments = [p.make_metavar(click.Context(command)) for p in command.params if isinstance(p, click.Argument)]
    yield f"### `{' '.join([name, *arguments])}`"
    yield command.help or ""
    options = [p for p in command.params if isinstance(p, click.Option)]
    if options:
        yield _table(("option", "what it does"), [(f"`{', '.join(p.opts)}`", p.help or "") for p in options])


def _routes(spec: dict[str, Any]) -> Iterator[str]:
    for path, methods in sorted(spec["paths"].items()):
        for method, operation in methods.items():
            if method not in {"get", "post", "put", "patch", "delete"}:
                continue
            yield f"### `{method.upper()} {path}`"
            yield " ".join(filter(None, (operation.get("summary"), operation.get("description"))))
            given = [_resolved(spec, each) for each in operation.get("parameters", ())]
            if given:
                rows: list[tuple[object, ...]] = [(f"`{p['name']}`", p.get("description", "")) for p in given]
                yield _table(("parameter", "what it means"), rows)


def _resolved(spec: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    for part in node.get("$ref", "").removeprefix("#/").split("/") if "$ref" in node else ():
        node = spec[part] if part in spec else node[part]
    return node


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
