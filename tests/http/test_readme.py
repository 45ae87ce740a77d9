"""The README's first question, asked of the region that `ror demo` makes, gives the printed answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from engine.gateway import Gateway
from indexer.build import build
from indexer.generations import Target
from indexer.load import LoadOptions
from indexer.synth import synthesize
from mappings.gazetteer import Gazetteer
from orientation.cli.serving import DEMO_UNITS, EXAMPLE
from orientation.settings import Settings
from tests.asking import Asker

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
AS_OF = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo(settings: Settings, gazetteer: Gazetteer, own_gateway: Gateway) -> Iterator[FlaskClient]:
    """A client of the demonstration region."""
    source = synthesize(DEMO_UNITS, seed=1, gazetteer=gazetteer, as_of=AS_OF)
    report = build(source, own_gateway, gazetteer, LoadOptions(source="demo", target=Target(alias="readme")))
    assert report.applied, report.refusals
    yield Asker(settings, gazetteer, own_gateway, "readme", [], AS_OF).app(1).test_client()
    own_gateway.delete_index(report.index or "")


def test_the_first_question_gives_the_printed_answer(demo: FlaskClient) -> None:
    asked = re.search(r"curl -s 'http://127.0.0.1:8000(/api/v1/orientations[^']*)'", README)
    printed = re.search(r"```json\n(.*?)```", README, re.DOTALL)
    assert asked
    assert printed
    assert asked[1] == EXAMPLE
    answer = demo.get(f"{urlsplit(EXAMPLE).path}?{urlsplit(EXAMPLE).query}").get_json()
    said = json.loads(printed[1].replace("…", ""))
    assert differences(said, answer) == []


MOVING = {"age_s", "observed_at", "as_of", "took_ms"}
"""What depends on when one asks."""


def differences(said: Any, found: Any, path: str = "") -> list[str]:
    """Return where the printed answer, which leaves things out, says otherwise than the real one."""
    if isinstance(said, dict):
        return [
            each
            for name, value in said.items()
            if name not in MOVING
            for each in differences(value, found.get(name) if isinstance(found, dict) else None, f"{path}.{name}")
        ]
    if isinstance(said, list):
        return [each for n, value in enumerate(said) for each in differences(value, found[n], f"{path}[{n}]")]
    return [] if said == found else [f"{path}: {said!r} printed, {found!r} answered"]
