"""``ror search``: the same search from a terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click
from rich.table import Table

from orientation.access import Access
from orientation.answer import Answer
from orientation.cli.common import engine_gateway, gazetteer, out, settings
from orientation.question import criteria_from
from orientation.render.json import Sheet, answer
from orientation.search import SearchService


@click.command()
@click.option("--near", help="Origin: a commune, a postcode, or lat,lon.")
@click.option("--profile", type=click.IntRange(0, 5), default=1, show_default=True, help="Access profile.")
@click.option("--size", type=click.IntRange(1, 100), default=10, show_default=True)
@click.argument("parameters", nargs=-1, metavar="[NAME=VALUE]...")
def search(near: str | None, profile: int, size: int, parameters: tuple[str, ...]) -> None:
    """Search with the parameters of GET /orientations, such as activity=354 age=70 --near Lisieux."""
    given: dict[str, list[str]] = {"size": [str(size)], "facets": ["none"]}
    if near is not None:
        given["place"] = [near]
    for parameter in parameters:
        name, equals, value = parameter.partition("=")
        if not equals:
            raise click.UsageError(f"{parameter!r} is not NAME=VALUE, such as activity=354")
        given.setdefault(name, []).append(value)
    chosen = settings()
    communes = gazetteer(chosen)
    with engine_gateway(chosen) as gateway:
        asked = criteria_from(given, gazetteer=communes, access=Access(profile), now=datetime.now(UTC))
        found = SearchService(gateway).search(asked.criteria, asked.page)
    _print(answer(Sheet(answer=found, gazetteer=communes, warnings=asked.warnings)), found)


def _print(written: dict[str, Any], found: Answer) -> None:
    origin = written["query"]["origin"]
    if origin:
        out.print(f"Autour de {origin['label']}, {(found.radius_m or 0) / 1000:g} km : {found.total} unités")
    for warning in written["warnings"]:
        out.print(f"[yellow]{warning}[/yellow]")
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("", "km", "unité", "site", "lits", "téléphone", "pourquoi"):
        table.add_column(name)
    for each in written["results"]:
        metres = each["distance_m"]
        table.add_row(
            str(each["rank"]),
            "" if metres is None else f"{metres / 1000:.1f}",
            each["unit"]["name"],
            each["unit"]["site"]["name"],
            _beds(each["beds"]),
            _phone(each["unit"]["contacts"]),
            ", ".join(reason["label"] for reason in each["why"]),
        )
    out.print(table)


def _beds(beds: dict[str, Any] | None) -> str:
    if beds is None or beds.get("available") is None:
        return "?"
    old = " (ancien)" if beds["stale"] else ""
    return f"{beds['available']}, il y a {beds['age_s'] // 60} min{old}"


def _phone(contacts: list[dict[str, Any]]) -> str:
    telecoms = (telecom for contact in contacts for telecom in contact.get("telecoms", ()))
    return next((str(telecom["value"]) for telecom in telecoms if _dials(telecom)), "")


def _dials(telecom: dict[str, Any]) -> bool:
    """Say whether a telecom is a telephone (R200: 1 mobile, 2 landline, 8 alert)."""
    channel = telecom.get("channel")
    return (channel.get("code") if isinstance(channel, dict) else channel) in {"1", "2", "8"}


COMMANDS = (search,)
