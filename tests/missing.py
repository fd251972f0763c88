"""What a test does when something that it needs isn't on this machine.

On a developer's machine it skips and names what to install. Under ``HOAHONG_REQUIRE_ALL=1``, as
in CI, it fails: a money test must never be left out quietly.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import NoReturn, TypeVar

import pytest

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

REQUIRE_ALL = "HOAHONG_REQUIRE_ALL"


def everything_is_required() -> bool:
    """Tell whether a skipped test counts as a failed one."""
    return os.environ.get(REQUIRE_ALL, "") not in {"", "0"}


def missing(what: str) -> NoReturn:
    """Skip the running test, or fail it where all is required.

    ``what`` names the missing thing and how to get it: "hledger (apt-get install hledger)".
    """
    message = f"{what} is missing"
    if everything_is_required():
        pytest.fail(f"{message}, and {REQUIRE_ALL} is set", pytrace=False)
    pytest.skip(message)


# The two hooks below work where a conftest imports them.


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that is skipped, for whatever reason, where all is required."""
    return _unskipped((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a test file that skips itself as a whole, where all is required."""
    return _unskipped((yield))


def _unskipped(report: Report) -> Report:
    # A test that is expected to fail, and does, counts as skipped too: that one is honest.
    if report.skipped and not hasattr(report, "wasxfail") and everything_is_required():
        report.outcome = "failed"
        report.longrepr = f"Skipped, and {REQUIRE_ALL} is set: {_reason(report)}"
    return report


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
