"""The documentation is under test: complete, in step with the code, its commands real."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.reference import PAGE, reference

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def page() -> str:
    """The reference as the code has it now."""
    return reference()


def test_the_reference_is_in_step_with_the_code(page: str) -> None:
    assert PAGE.read_text(encoding="utf-8") == page, "run python -m tools.reference"


def test_every_option_parameter_and_setting_says_what_it_does(page: str) -> None:
    assert re.findall(r"^\| `[^`]+` \|(?: +\|)+$", page, re.MULTILINE) == []
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert [line for line in rows if line.rstrip(" |").endswith("`")] == []
    assert len(rows) > 80


def test_every_page_of_the_documentation_is_linked_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in sorted((ROOT / "docs").glob("*.md")) if f"docs/{path.name}" not in readme] == []


def test_every_link_of_the_documentation_leads_somewhere() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    links = [
        (page.name, link)
        for page in pages
        for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert links == []


def test_every_command_that_the_readme_shows_exists(page: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"^(?:\./)?ror ([a-z]+)(?: ([a-z]+))?", readme, re.MULTILINE))
    assert shown
    known = {tuple(name.split()[1:3]) for name in re.findall(r"^### `(ror [^`]+)`", page, re.MULTILINE)}
    first = {each[0] for each in known}
    assert {name for name, _ in shown} <= first
