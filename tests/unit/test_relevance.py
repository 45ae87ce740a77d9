"""The measurements of readings and answers are themselves right."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from benchmarks.grades import figures, grades, kilometres
from benchmarks.judged import Judged, precision_recall, read_questions, score
from benchmarks.relevance import ask, ndcg, read_grades, report
from orientation.cli.search import _given
from tests.words_kit import understood


def judged(question: str, *pairs: tuple[str, str], units: dict[str, int] | None = None) -> Judged:
    return Judged("1", "tuned", "destination", question, frozenset(pairs), units or {})


def test_the_best_order_gains_all_and_a_worse_one_less() -> None:
    wanted = {"a": 3, "b": 2, "c": 1}
    assert ndcg(["a", "b", "c"], wanted) == pytest.approx(1.0)
    assert ndcg(["c", "b", "a"], wanted) < 1.0
    assert ndcg([], wanted) == 0.0
    assert ndcg(["a"], wanted, depth=1) == pytest.approx(1.0)


def test_a_reading_is_scored_pair_by_pair() -> None:
    right = score(judged("scanner Rouen", ("activity", "070"), ("place", "insee:76540")), understood("scanner Rouen"))
    assert right.f1 == 1.0
    wrong = score(judged("scanner Rouen", ("activity", "068")), understood("scanner Rouen"))
    assert wrong.f1 == 0.0 and "missed activity=068" in wrong.why and "too much activity=070" in wrong.why
    assert precision_recall([right, wrong]) == (0.5, 2 / 3)


def test_the_report_tells_tuned_and_kept_apart_and_why_the_worst_are_wrong() -> None:
    asked = [ask(judged("scanner", ("activity", "068")), understood, lambda text: ["a"], {"a": 3})]
    lines = report(asked)
    assert lines[0] == "tuned: 1 questions"
    assert any("missed activity=068" in line for line in lines)
    assert not any(line.startswith("kept") for line in lines)


def test_every_graded_question_has_grades() -> None:
    graded = {each.id for each in read_questions() if each.units}
    assert set(read_grades()) <= graded and len(read_grades()) > 90


def test_the_nearest_three_are_graded_above_the_next_seven(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "REA_2023r.csv.gz", "wt", encoding="cp1252") as stream:
        out = csv.writer(stream, delimiter=";")
        out.writerow(("FI", "UNI", "LIT"))
        out.writerows((f"{n:09d}", "REAADU", 10) for n in range(12))
        out.writerow(("000000099", "REAADU", 0))
    having = figures(tmp_path, {"REA-REAADU"})
    assert len(having["REA-REAADU"]) == 12
    where = {f"{n:09d}": ("76", (49.0 + n / 100, 1.0)) for n in range(12)}
    question = judged("réa", ("place", "insee:76540"), units={"REA-REAADU": 3})
    found = grades(question, having, where, {"76540": (49.0, 1.0)})
    assert [found[f"SAE/{n:09d}-REA-REAADU"] for n in range(12)] == [3] * 3 + [2] * 7 + [1] * 2


def test_kilometres_are_those_of_the_sphere() -> None:
    assert kilometres((0.0, 0.0), (0.0, 1.0)) == pytest.approx(111.195, abs=0.01)


def test_words_of_the_command_line_are_the_question_and_the_others_parameters() -> None:
    given = _given(("réa péd", "rouen", "age=3", "activity=130", "activity=121"), None, 5)
    assert given["q"] == ["réa péd rouen"]
    assert given["age"] == ["3"] and given["activity"] == ["130", "121"]
    assert _given(("activity=130",), "Rouen", 5).keys() == {"size", "facets", "place", "activity"}
