"""Which worker runs what: tests that share a dear fixture run on one worker, in order, and the dearest come first.

xdist's own groups are a suffix that it adds to the ids of tests, and since pytest 9.2 ids take none: the marks are
passed over without a word. So the groups are told here by path, and one that is run by two workers fails the run.
"""

from __future__ import annotations

from fnmatch import fnmatch
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

GROUPS: dict[str, tuple[str, ...]] = {
    "spare engine": (
        "tests/engine/test_backup.py*",
        "tests/engine/test_beds_chaos.py*",
        "tests/engine/test_load_again.py*",
        "tests/engine/test_node_lost.py*",
        "tests/http/test_attack.py*",
    ),
    "real units": ("tests/http/test_golden.py*", "tests/http/test_rules.py*"),
    "server": ("tests/http/*",),
    "browser": ("tests/browser/*",),
}
"""Group → its tests, the first that matches holds. In the order in which they are begun; then the other files."""

_ran_by: dict[str, set[str]] = {}


def group_of(test: str) -> str:
    """Return the group of a test: one of those above, or its file."""
    named = (name for name, patterns in GROUPS.items() if any(fnmatch(test, pattern) for pattern in patterns))
    return next(named, test.split("::", maxsplit=1)[0])


class ByFixtures(LoadScopeScheduling):
    """Gives whole groups to workers, in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFixtures | None:
    """Replace xdist's scheduler of groups, and no other that is asked for."""
    if config.getvalue("dist") != "loadgroup":
        return None
    config.option.loadscopereorder = False
    return ByFixtures(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the groups before the other files."""
    order = list(GROUPS)
    items.sort(key=lambda item: order.index(group) if (group := group_of(item.nodeid)) in GROUPS else len(order))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note which worker ran a test."""
    if (node := getattr(report, "node", None)) is not None:
        _ran_by.setdefault(group_of(report.nodeid), set()).add(node.gateway.id)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run whose groups were not kept together."""
    if session.config.getoption("dist", "no") == "loadgroup" and _split():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say which groups were not kept together."""
    for name, workers in _split().items():
        terminalreporter.write_line(f"FAILED: {name} was run by {', '.join(sorted(workers))}, and not by one", red=True)


def _split() -> dict[str, set[str]]:
    return {name: workers for name, workers in _ran_by.items() if len(workers) > 1}
