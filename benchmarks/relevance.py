"""How well free text is read, and how well what comes back answers: ``ror bench relevance``.

Readings are compared with the judged ones, pair by pair; answers with grades computed from the raw tables of the SAE
(``benchmarks/grades.py``), where the index holds the SAE. Tuned and kept questions are told apart throughout.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import log2
from pathlib import Path
from time import perf_counter

import click

from benchmarks.judged import Judged, Score, precision_recall, read_questions, score
from engine.errors import EngineError
from mappings.gazetteer import Gazetteer
from orientation.access import Access
from orientation.cli.common import engine_gateway, gazetteer, settings
from orientation.names import NameService
from orientation.question import criteria_from
from orientation.question.words import Words, understand
from orientation.search import UNITS, SearchService
from orientation.words import PlaceNames, Reading

GRADES = Path(__file__).resolve().parents[1] / "tests" / "judged" / "grades.csv"
DEPTH = 10
ROUNDS = 5
WORST = 10

Read = Callable[[str], Reading]
Search = Callable[[str], Sequence[str]]
"""Returns the ids of the first units for a text."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question asked: its reading's score, nDCG@10 where it is graded, and seconds of reading and of searching."""

    score: Score
    ndcg: float | None
    reading_s: float
    search_s: float | None
    ndcg_5: float | None = None
    found: int = 0


def read_grades(path: Path = GRADES) -> dict[str, dict[str, int]]:
    """Return the grade of each unit by question."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            found[row["question"]][row["unit"]] = int(row["grade"])
    return found


def ndcg(units: Sequence[str], grades: Mapping[str, int], depth: int = DEPTH) -> float:
    """Return the discounted gain of the first units over that of the best order; gain is 2 ** grade - 1."""
    gained = _gain(grades.get(unit, 0) for unit in units[:depth])
    return gained / _gain(sorted(grades.values(), reverse=True)[:depth])


def _gain(grades: Iterable[int]) -> float:
    return sum(float(2**grade - 1) / log2(rank + 2) for rank, grade in enumerate(grades))


def ask(judged: Judged, read: Read, search: Search | None, grades: Mapping[str, int]) -> Asked:
    """Read a question several times (the fastest counts out noise), and search it once."""
    times = []
    for _ in range(ROUNDS):
        started = perf_counter()
        reading = read(judged.question)
        times.append(perf_counter() - started)
    if search is None:
        return Asked(score(judged, reading), None, min(times), None)
    started = perf_counter()
    units = search(judged.question)
    took = perf_counter() - started
    gains = (ndcg(units, grades), ndcg(units, grades, 5)) if grades else (None, None)
    return Asked(score(judged, reading), gains[0], min(times), took, gains[1], len(units))


def percentile(values: Sequence[float], share: float) -> float:
    """Return a percentile by nearest rank, in milliseconds."""
    ordered = sorted(values)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def report(asked: Sequence[Asked]) -> list[str]:
    """Return the figures of each set, then the worst of each with why."""
    lines = []
    for name in ("tuned", "seen", "kept"):
        those = [each for each in asked if each.score.judged.set == name]
        if those:
            lines += _figures(name, those) + _worst(name, those)
    return lines


def _figures(name: str, asked: Sequence[Asked]) -> list[str]:
    precision, recall = precision_recall(each.score for each in asked)
    whole = sum(each.score.f1 == 1.0 for each in asked) / len(asked)
    reading = [each.reading_s for each in asked]
    lines = [
        f"{name}: {len(asked)} questions",
        f"  reading: precision {precision:.3f}, recall {recall:.3f}, read whole {whole:.3f}",
        f"  reading time: p50 {percentile(reading, 0.5):.2f} ms, p99 {percentile(reading, 0.99):.2f} ms",
    ]
    gains = [each.ndcg for each in asked if each.ndcg is not None]
    took = [each.search_s for each in asked if each.search_s is not None]
    if gains:
        five = sum(each.ndcg_5 or 0.0 for each in asked if each.ndcg is not None) / len(gains)
        mean = sum(gains) / len(gains)
        lines.append(f"  nDCG@{DEPTH}: {mean:.3f}, nDCG@5: {five:.3f} on {len(gains)} graded questions")
    if took:
        lines.append(f"  search with q: p50 {percentile(took, 0.5):.0f} ms, p99 {percentile(took, 0.99):.0f} ms")
    return lines


def _worst(name: str, asked: Sequence[Asked]) -> list[str]:
    """Return the worst questions: by reading, then by nDCG."""
    ordered = sorted(asked, key=lambda each: each.score.f1 * (1.0 if each.ndcg is None else each.ndcg))
    wrong = [each for each in ordered if each.score.f1 < 1.0 or (each.ndcg is not None and each.ndcg < 1.0)]
    return [f"  worst of {name}:", *(f"    {_why(each)}" for each in wrong[:WORST])] if wrong else []


def _why(asked: Asked) -> str:
    gain = "" if asked.ndcg is None else f" nDCG {asked.ndcg:.2f}"
    short = asked.ndcg is not None and asked.found < DEPTH
    why = asked.score.why or (
        f"read as expected; the radius used holds {asked.found} units, graded ones are outside"
        if short
        else "read as expected; graded units rank after others"
    )
    return f"{asked.score.judged.question!r}: F1 {asked.score.f1:.2f}{gain}: {why}"


GARBAGE = "zzqx vlork brumpf 12345 wxyz qsdfg azertyu mlkjh poiuy " * 7


def garbage_ratio(read: Read, questions: Sequence[str]) -> tuple[float, float]:
    """Return milliseconds of reading an ordinary question (median) and a flood of words that mean nothing."""
    ordinary = percentile([_best(read, question) for question in questions], 0.5)
    return ordinary, 1000 * _best(read, GARBAGE)


def _best(read: Read, text: str) -> float:
    times = []
    for _ in range(ROUNDS):
        started = perf_counter()
        read(text)
        times.append(perf_counter() - started)
    return min(times)


@click.command()
@click.option("--no-engine", is_flag=True, help="Readings only, without the names of an index.")
def main(no_engine: bool) -> None:
    """Compare readings, and answers where the index holds the SAE, with the judged questions."""
    chosen = settings()
    communes = gazetteer(chosen)
    if no_engine:
        _report(Words(PlaceNames(communes)), None)
        return
    with engine_gateway(chosen) as gateway:
        names = NameService(gateway, UNITS)
        try:
            names.load()
        except EngineError as error:
            raise click.ClickException(f"{error}; without an index, ask for --no-engine") from error
        words = Words(PlaceNames(communes), names.vocabulary)
        _report(words, _searching(SearchService(gateway), communes, words))


def _searching(service: SearchService, communes: Gazetteer, words: Words) -> Search:
    def search(text: str) -> Sequence[str]:
        given = {"q": [text], "size": [str(DEPTH)], "facets": ["none"]}
        asked = criteria_from(given, gazetteer=communes, access=Access(1), now=datetime.now(UTC), words=words)
        return [result.unit["id"] for result in service.search(asked.criteria, asked.page).results]

    return search


def _report(words: Words, search: Search | None) -> None:
    def read(text: str) -> Reading:
        return understand(text, words, sensitive=True)

    questions, grades = read_questions(), read_grades()
    read(questions[0].question)
    for line in report([ask(each, read, search, grades.get(each.id, {})) for each in questions]):
        click.echo(line)
    ordinary, flood = garbage_ratio(read, [each.question for each in questions])
    click.echo(f"reading of an ordinary question {ordinary:.2f} ms, of a flood of garbage {flood:.2f} ms")


if __name__ == "__main__":
    main()
