"""What every test may ask for: a database of each kind, a server, the real orders.

``session``        most tests: on SQLite and again on PostgreSQL; undone at the end.
``engine``, ``database_url``
                   tests that need real commits, several connections or a command line: a
                   database of their own, again of both kinds. Not together with ``session``.
                   One kind is enough? ``@pytest.mark.parametrize("database_kind", ["sqlite"],
                   indirect=True)``
``postgres_url``   a server's maintenance database.
``data_dir``       the folder of real orders.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from storefront import database
from tests.databases import Databases, PostgresDatabases, SqliteDatabases, rolled_back
from tests.missing import (
    missing,
    pytest_make_collect_report,
    pytest_runtest_makereport,
)
from tests.postgres_server import HINT, find_programs, running_server

__all__ = ["pytest_make_collect_report", "pytest_runtest_makereport"]  # hooks, by being here

pytest_plugins = ["pytester"]

REPOSITORY = Path(__file__).resolve().parent.parent
GIVEN_SERVER = "HOAHONG_TEST_POSTGRES_URL"
GIVEN_DATA = "HOAHONG_DATA"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")

# A deadline fails by the machine's mood. In CI the examples are the same each time, so that luck
# doesn't decide what lands; everywhere else each run looks at new ones.
hypothesis.settings.register_profile(
    "hoahong", deadline=None, print_blob=True, derandomize="CI" in os.environ
)
hypothesis.settings.load_profile("hoahong")


def pytest_report_header() -> list[str]:
    """Say in the first lines what the tests found on this machine."""
    server = f"the server that {GIVEN_SERVER} names" if GIVEN_SERVER in os.environ else None
    data = data_folder()
    return [
        f"postgresql: {server or find_programs() or 'MISSING'}",
        f"real orders: {'in ' + data.name if data.is_dir() else f'MISSING ({GIVEN_DATA})'}",
    ]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks for a server or for the real orders by itself.

    The coverage of the engine is what the fast tests walk: following the slow ones line by line
    would only make them slower.
    """
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.no_cover)
        wanted = getattr(item, "fixturenames", ())
        if "postgres_url" in wanted:
            item.add_marker(pytest.mark.postgresql)
        if "data_dir" in wanted:
            item.add_marker(pytest.mark.real_orders)


def data_folder() -> Path:
    """Return where the real orders should be."""
    given = os.environ.get(GIVEN_DATA)
    return Path(given) if given else REPOSITORY.parent / "shared" / "data"


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real orders."""
    folder = data_folder()
    if not folder.is_dir():
        missing(f"the folder of real orders (set {GIVEN_DATA}; looked in {folder})")
    return folder


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL server's maintenance database; the user may create others."""
    given = os.environ.get(GIVEN_SERVER)
    if given:
        yield given.replace("postgresql://", "postgresql+psycopg://", 1)
        return
    programs = find_programs()
    if programs is None:
        missing(HINT)
    with running_server(programs, WORKER) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """The SQLite databases of this worker."""
    databases = SqliteDatabases(tmp_path_factory.mktemp("databases"))
    yield databases
    databases.close()


@pytest.fixture(scope="session")
def postgresql_databases(postgres_url: str) -> Iterator[Databases]:
    """The PostgreSQL databases of this worker."""
    databases = PostgresDatabases(postgres_url, WORKER)
    yield databases
    databases.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_kind(request: pytest.FixtureRequest) -> str:
    """The kind of database that a test runs on: each in turn."""
    return str(request.param)


@pytest.fixture
def databases(database_kind: str, request: pytest.FixtureRequest) -> Databases:
    """The databases of the kind in turn; a server is started for the kind that needs one."""
    found: Databases = request.getfixturevalue(f"{database_kind}_databases")
    return found


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """The URL of a migrated database without rows that is this test's own."""
    url = databases.fresh()
    yield url
    databases.drop(url)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a database of this test's own; open ``Session(engine)`` on it."""
    engine = database.make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(databases: Databases, request: pytest.FixtureRequest) -> Iterator[Session]:
    """A session all of whose work is undone at the end, commits too."""
    if "database_url" in request.fixturenames:
        pytest.fail("`session` isn't on the database of `engine`: open Session(engine) instead")
    with rolled_back(databases.shared) as session:
        yield session
