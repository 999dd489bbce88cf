"""Holds the policies against all stories together: what a function may do and never does is a fault of its policy.

What a call needs and its policy lacks fails the story itself. This other direction needs every story, from every
process of pytest-xdist: each worker sends home what it noted, and the run fails at its end.
"""

from typing import Any

import pytest

from tests.stories.allowances import are_whole, noted

_WHOLE = pytest.StashKey[bool]()
_runs: list[bool] = []  # of each process: whether it had all stories to choose from


def pytest_collection_finish(session: pytest.Session) -> None:
    session.config.stash[_WHOLE] = are_whole(each.path for each in session.items)


def pytest_deselected(items: list[pytest.Item]) -> None:
    if items:
        _runs.append(False)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker has ended, and what it noted comes with it."""
    told = getattr(node, "workeroutput", {})
    noted.deployed.update(told.get("deployed", ()))
    noted.used.update(told.get("used", ()))
    _runs.append(bool(told.get("whole")))


def pytest_sessionfinish(session: pytest.Session) -> None:
    _runs.append(session.config.stash.get(_WHOLE, True))
    mine = getattr(session.config, "workeroutput", None)
    if mine is not None:
        mine |= {"deployed": sorted(noted.deployed), "used": sorted(noted.used), "whole": all(_runs)}
    elif all(_runs) and not session.testsfailed and noted.complaint():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if all(_runs) and (said := noted.complaint()):
        terminalreporter.section("policies that allow too much", red=True)
        terminalreporter.write_line(said)
