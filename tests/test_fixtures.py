"""The tests' own tools: what they promise about databases, servers and skipping."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.orm import Session

from storefront import database
from tests.conftest import REPOSITORY
from tests.databases import Databases, rolled_back
from tests.missing import REQUIRE_ALL
from tests.postgres_server import find_programs

CONFTEST = """
from tests.missing import pytest_make_collect_report, pytest_runtest_makereport
"""
FIXTURES = (
    "database_kind",
    "database_url",
    "databases",
    "engine",
    "session",
    "sqlite_databases",
)
SCRATCH = text("create table scratch (id integer)")
SKIPPED = {
    "by a mark": "import pytest\n@pytest.mark.skip\ndef test_it(): pass",
    "in its body": "import pytest\ndef test_it(): pytest.skip('no reason')",
    "in a fixture": (
        "import pytest\n@pytest.fixture\ndef tool(): pytest.skip('none')\ndef test_it(tool): pass"
    ),
    "as a file": "import pytest\npytest.importorskip('no_such_module')\ndef test_it(): pass",
    "by our helper": "from tests.missing import missing\ndef test_it(): missing('a tool')",
}


def test_a_fresh_database_is_migrated_and_has_no_rows(engine: Engine) -> None:
    tables = inspect(engine).get_table_names()
    assert "transfers" in tables
    with Session(engine) as session:
        rows = {
            table: session.scalar(text(f'select count(*) from "{table}"'))  # noqa: S608 -- our own
            for table in tables
            if table != "alembic_version"
        }
    assert not any(rows.values()), rows


def test_two_fresh_databases_share_nothing(engine: Engine, databases: Databases) -> None:
    with engine.begin() as connection:
        connection.execute(SCRATCH)
    url = databases.fresh()
    other = database.make_engine(url)
    assert not inspect(other).has_table("scratch")
    other.dispose()
    databases.drop(url)


def test_a_session_undoes_even_what_it_commits(databases: Databases) -> None:
    with rolled_back(databases.shared) as session:
        session.execute(SCRATCH)
        session.commit()
        session.rollback()
        assert inspect(session.connection()).has_table("scratch")
    with rolled_back(databases.shared) as session:
        assert not inspect(session.connection()).has_table("scratch")


def test_a_session_does_not_go_together_with_an_engine(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(f"from tests.conftest import {', '.join(FIXTURES)}")
    pytester.makepyfile("def test_both(session, engine): pass")
    said = pytester.runpytest("-k", "sqlite")
    said.assert_outcomes(errors=1)
    said.stdout.fnmatch_lines("*isn't on the database of*")


@pytest.mark.parametrize("how", SKIPPED)
def test_a_skipped_test_fails_where_all_is_required(
    how: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(SKIPPED[how])
    monkeypatch.setenv(REQUIRE_ALL, "1")
    required = pytester.runpytest("-p", "no:cacheprovider").parseoutcomes()
    assert "skipped" not in required
    assert required.get("failed", 0) + required.get("errors", 0) >= 1
    monkeypatch.delenv(REQUIRE_ALL)
    assert pytester.runpytest("-p", "no:cacheprovider").parseoutcomes() == {"skipped": 1}


def test_an_expected_failure_is_no_skipped_test(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile("import pytest\n@pytest.mark.xfail\ndef test_it(): assert False")
    monkeypatch.setenv(REQUIRE_ALL, "1")
    pytester.runpytest().assert_outcomes(xfailed=1)


@pytest.mark.postgresql
def test_the_server_writes_as_durably_as_at_a_users(postgresql_databases: Databases) -> None:
    with rolled_back(postgresql_databases.shared) as session:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert session.scalar(text(f"show {setting}")) == "on"


@pytest.mark.postgresql
def test_killed_tests_leave_no_server_behind(postgres_url: str) -> None:
    program = (
        "import pathlib, time\n"
        "from tests.postgres_server import running_server\n"
        f"with running_server(pathlib.Path({str(find_programs())!r}), 'killed') as url:\n"
        "    print(url, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    ) as tests:
        assert tests.stdout
        folder = Path(tests.stdout.readline().strip().partition("host=")[2])
        assert folder.is_dir()
        os.kill(tests.pid, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not folder.exists()
