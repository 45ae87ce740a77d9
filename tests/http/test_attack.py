"""The attack of ``ror bench attack``, small: no answer tells what is hidden, and the attack would notice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.attack import attack
from benchmarks.attacking.compare import Ledger, Told, judge
from benchmarks.attacking.probes import Probe
from benchmarks.attacking.stand import Stand
from benchmarks.attacking.world import SHOWN, Who, World, known_to, whole
from engine.config import NodeConfig
from engine.gateway import Gateway, GatewayConfig
from mappings.gazetteer import Gazetteer
from tests.factory import NOW

CHOSEN = (Who(name="1", profile=1), Who(name="0 anybody", profile=0), Who(name="3", profile=3))


@pytest.fixture(scope="module")
def world(gazetteer: Gazetteer) -> World:
    """A small directory with all that is to be hidden."""
    return whole(36, NOW, gazetteer)


@pytest.fixture
def stood(spare: NodeConfig, tmp_path: Path) -> Iterator[Stand]:
    """An engine for the attack alone: it loads one directory after another."""
    with Gateway(GatewayConfig(spare.url)) as gateway:
        yield Stand(spare, tmp_path, gateway, NOW)


def test_no_answer_tells_what_is_hidden(stood: Stand, world: World) -> None:
    ledger = attack(stood, world, 12, CHOSEN, every=9)
    assert [(leak.who, leak.probe.path, leak.how) for leak in ledger.leaks] == []
    assert ledger.asked.total() > 200
    assert len(ledger.seen["1"]) >= 7, "who sees all was shown the marks: the probes reach them"


def test_the_attack_notices_a_mark_a_difference_and_a_failure() -> None:
    probe = Probe("json", "/x")
    anybody = Who(name="0", profile=0)
    plain = Told(b"200\n\n{}", frozenset(), 200)
    cases = {
        "holds": (replace(plain, marks=frozenset({"MKL3"})), plain),
        "differs": (replace(plain, text=b'200\n\n{"total":2}'), plain),
        "failed": (replace(plain, status=500), replace(plain, status=500)),
    }
    for how, (told, known) in cases.items():
        ledger = Ledger()
        judge(ledger, anybody, [probe], [told], [known])
        assert [leak.how.startswith(how) for leak in ledger.leaks] == [True], how
    ledger = Ledger()
    judge(ledger, anybody, [probe], [plain], [plain])
    assert ledger.leaks == []


def test_the_directory_as_it_may_be_known_holds_no_mark_that_may_not(world: World) -> None:
    for profile in range(6):
        for reads_beds in (True, False):
            who = Who(name="x", profile=profile, reads_beds=reads_beds)
            text = repr(known_to(who, world))
            counts = {"MKORDS", "MKORDM"}  # a place that two fields share is as the one that shows more
            longer = {"MKSENS": ("MKSENSL2", "MKSENSL3")}
            hidden = [
                mark
                for mark in SHOWN.keys() - counts
                if not who.may_see(mark) and any(part.startswith(mark) for part in _words(text, mark, longer))
            ]
            assert hidden == [], profile
    assert all(mark in repr(world) for mark in SHOWN)


def _words(text: str, mark: str, longer: dict[str, tuple[str, ...]]) -> list[str]:
    """Return what begins with a mark and with no longer one."""
    parts = [text[at : at + 12] for at in range(len(text)) if text.startswith(mark, at)]
    return [part for part in parts if not part.startswith(longer.get(mark, ()) or ("\0",))]
