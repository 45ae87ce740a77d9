"""``ror search``: the same search from a terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from orientation.access import Access
from orientation.answer import Answer
from orientation.cli.common import engine_gateway, gazetteer, out, settings
from orientation.names import NameService
from orientation.query.rungs import ladder
from orientation.question import criteria_from
from orientation.question.words import Words, default_words
from orientation.render.json import Sheet, answer
from orientation.search import UNITS, SearchService
from orientation.words import Reading, Vocabulary, lexicon


@click.command()
@click.option("--near", help="Origin: a commune, a postcode, or lat,lon.")
@click.option("--profile", type=click.IntRange(0, 5), default=1, show_default=True, help="Access profile.")
@click.option("--size", type=click.IntRange(1, 100), default=10, show_default=True, help="Units shown.")
@click.option("--explain", is_flag=True, help="Print what was understood, and each step with its time.")
@click.argument("question", nargs=-1, metavar="[QUESTION] [NAME=VALUE]...")
def search(near: str | None, profile: int, size: int, explain: bool, question: tuple[str, ...]) -> None:
    """Search by a question in words, such as "réa péd brûlés rouen".

    The parameters of GET /orientations may stand beside it or alone, such as activity=354 age=70 --near Lisieux.
    """
    given = _given(question, near, size)
    steps = Steps()
    chosen = settings()
    communes = gazetteer(chosen)
    steps.done("communes lues", f"{len(communes)} communes")
    with engine_gateway(chosen) as gateway:
        names = NameService(gateway, UNITS)
        words = Words(default_words(communes).places, lambda sensitive: NO_NAMES, names.confirm)
        lexicon()
        steps.done("lexique construit", f"{len(lexicon())} expressions")
        asked = criteria_from(given, gazetteer=communes, access=Access(profile), now=datetime.now(UTC), words=words)
        steps.done("question lue", _read_as(asked.reading))
        radii = ", ".join(
            "sans limite" if metres is None else f"{metres / 1000:g} km" for metres in ladder(asked.criteria)
        )
        steps.done("requête écrite", f"rayons : {radii}")
        found = SearchService(gateway).search(asked.criteria, asked.page)
        steps.done("moteur interrogé", f"{found.total} unités, {found.engine_ms} ms dans le moteur")
    written = answer(Sheet(answer=found, gazetteer=communes, warnings=asked.warnings, reading=asked.reading))
    steps.done("réponse écrite", f"{len(found.results)} résultats")
    if explain:
        _explain(asked.reading, steps)
    _print(written, found)


NO_NAMES = Vocabulary(())
"""One question is not worth reading all names: each word left is asked of the index."""


class Steps:
    """Steps of a search, each with its time and what came of it."""

    def __init__(self) -> None:
        """Start the clock."""
        self.lines: list[tuple[str, float, str]] = []
        self._since = perf_counter()

    def done(self, step: str, outcome: str) -> None:
        """Note the end of a step."""
        now = perf_counter()
        self.lines.append((step, (now - self._since) * 1000, outcome))
        self._since = now


def _given(question: tuple[str, ...], near: str | None, size: int) -> dict[str, list[str]]:
    """Return the parameters: words without ``=`` are the question, the others are named."""
    given: dict[str, list[str]] = {"size": [str(size)], "facets": ["none"]}
    if near is not None:
        given["place"] = [near]
    words = [part for part in question if "=" not in part]
    if words:
        given["q"] = [" ".join(words)]
    for part in question:
        name, equals, value = part.partition("=")
        if equals:
            given.setdefault(name, []).append(value)
    return given


def _read_as(reading: Reading | None) -> str:
    if reading is None:
        return "aucun texte libre"
    read = [f"{name}={','.join(values)}" for name, values in reading.parameters.items()]
    return " ".join([*read, *([f"noms={reading.text}"] if reading.text else [])]) or "rien de compris"


def _explain(reading: Reading | None, steps: Steps) -> None:
    """Print the parts of the question, then the steps."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("mots", "sorte", "compris comme", "critère", "sûreté", "autrement"):
        table.add_column(name)
    for part in reading.parts if reading else ():
        others = "; ".join(f"{other.kind} {other.label}" for other in part.alternatives)
        criterion = f"{part.parameter}={','.join(part.values)}" if part.parameter else "—"
        table.add_row(
            escape(part.text), part.kind, escape(part.label), criterion, f"{part.confidence:.1f}", escape(others)
        )
    out.print(table)
    timed = Table(box=None, padding=(0, 2, 0, 0))
    timed.add_column("étape")
    timed.add_column("ms", justify="right")
    timed.add_column("résultat")
    for step, milliseconds, outcome in steps.lines:
        timed.add_row(step, f"{milliseconds:.1f}", escape(outcome))
    out.print(timed)


def _print(written: dict[str, Any], found: Answer) -> None:
    origin = written["query"]["origin"]
    if origin:
        out.print(f"Autour de {origin['label']}, {(found.radius_m or 0) / 1000:g} km : {found.total} unités")
    for warning in written["warnings"]:
        out.print(f"[yellow]{escape(warning)}[/yellow]")
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
