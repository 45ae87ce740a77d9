"""Tests that share a dear fixture are told apart by path, and those paths are there."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.groups import GROUPS, group_of

ROOT = Path(__file__).resolve().parents[2]


def test_every_group_names_tests_that_there_are() -> None:
    files = [str(path.relative_to(ROOT)) for path in ROOT.glob("tests/**/test_*.py")]
    for patterns in GROUPS.values():
        for pattern in patterns:
            assert any(fnmatch(file, pattern) for file in files), pattern
    assert {group_of(f"{file}::test_it") for file in files} >= set(GROUPS)


@pytest.mark.parametrize(
    ("test", "group"),
    [
        ("tests/http/test_attack.py::test_it", "spare engine"),
        ("tests/http/test_rules.py::test_it[1]", "real units"),
        ("tests/http/test_pages.py::test_it[a::b]", "server"),
        ("tests/unit/test_fold.py::test_it[a::b]", "tests/unit/test_fold.py"),
    ],
)
def test_a_test_is_of_the_first_group_that_names_it_else_of_its_file(test: str, group: str) -> None:
    assert group_of(test) == group
