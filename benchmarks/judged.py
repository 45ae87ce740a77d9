"""Judged questions: what each should be read as, and how near a reading comes."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from orientation.words import Reading

QUESTIONS = Path(__file__).resolve().parents[1] / "tests" / "judged" / "questions.csv"
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Judged:
    """A question of real life: ``tuned`` ones were looked at while the reading was written, ``seen`` ones later.

    ``kept`` ones were written last and never tuned to.

    ``reading`` are the (parameter, value) pairs expected; ``units`` are grades by SAE figure (``REA-REAADU`` → 3).
    """

    id: str
    set: str
    use_case: str
    question: str
    reading: frozenset[Pair]
    units: dict[str, int]


@dataclass(frozen=True, slots=True)
class Score:
    """What a reading got right (``hits``), said too much, and missed, in (parameter, value) pairs."""

    judged: Judged
    hits: frozenset[Pair]
    extra: frozenset[Pair]
    missed: frozenset[Pair]

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 1 where nothing was expected and nothing read."""
        wrong = len(self.extra) + len(self.missed)
        return 1.0 if not wrong else 2 * len(self.hits) / (2 * len(self.hits) + wrong)

    @property
    def why(self) -> str:
        """Say what is wrong."""
        said = [f"too much {name}={value}" for name, value in sorted(self.extra)]
        said += [f"missed {name}={value}" for name, value in sorted(self.missed)]
        return "; ".join(said)


def read_questions(path: Path = QUESTIONS) -> list[Judged]:
    """Return the questions of the file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [_judged(row) for row in csv.DictReader(stream)]


def _judged(row: dict[str, str]) -> Judged:
    pairs: set[tuple[str, str]] = set()
    for item in row["reading"].split():
        name, _, values = item.partition("=")
        pairs.update((name, value) for value in values.replace("+", ",").split(","))
    units = {kind: int(grade) for kind, _, grade in (item.partition("=") for item in row["units"].split())}
    return Judged(row["id"], row["set"], row["use_case"], row["question"], frozenset(pairs), units)


def score(judged: Judged, reading: Reading) -> Score:
    """Compare a reading with what is expected; activities that only answer after are not judged."""
    pairs = {(name, value) for name, values in reading.parameters.items() for value in values}
    pairs -= {pair for pair in pairs if pair[0] == "near_activity"}
    pairs |= {("text", word) for word in (reading.text or "").split()}
    return Score(judged, judged.reading & pairs, frozenset(pairs - judged.reading), judged.reading - pairs)


def precision_recall(scores: Iterable[Score]) -> tuple[float, float]:
    """Return the micro-averaged precision and recall of pairs."""
    hits = extra = missed = 0
    for each in scores:
        hits, extra, missed = hits + len(each.hits), extra + len(each.extra), missed + len(each.missed)
    return hits / max(1, hits + extra), hits / max(1, hits + missed)
