"""Migrated databases for the tests: of SQLite and of PostgreSQL, copied from a template.

The migrations run once a session for each kind. Decides where databases live and how they go;
which test gets which one is said in ``conftest.py``.
"""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine, NullPool, create_engine, make_url, text
from sqlalchemy.orm import Session

from storefront import database


class Databases(ABC):
    """Databases of one kind: as many new ones as are asked for, and one that tests share."""

    @abstractmethod
    def fresh(self) -> str:
        """Make a migrated database without rows; return its URL."""

    @abstractmethod
    def empty(self) -> str:
        """Make a database without tables; return its URL."""

    @abstractmethod
    def drop(self, url: str) -> None:
        """Remove a database that ``fresh`` made."""

    @cached_property
    def shared(self) -> Engine:
        """The database of all tests that roll back what they do."""
        return database.make_engine(self.fresh())

    def close(self) -> None:
        """Let go of all that is left."""
        if "shared" in vars(self):
            self.shared.dispose()
            self.drop(self.shared.url.render_as_string(hide_password=False))


class SqliteDatabases(Databases):
    """Files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fresh(self) -> str:
        path = self._new_path()
        shutil.copyfile(self._template, path)
        return f"sqlite:///{path}"

    def empty(self) -> str:
        return f"sqlite:///{self._new_path()}"

    def drop(self, url: str) -> None:
        path = make_url(url).database or ""
        for part in ("", "-wal", "-shm", "-journal"):
            Path(path + part).unlink(missing_ok=True)

    @cached_property
    def _template(self) -> Path:
        path = self._new_path()
        database.upgrade(f"sqlite:///{path}")
        return path

    def _new_path(self) -> Path:
        return self._folder / f"{uuid4().hex}.sqlite"


class PostgresDatabases(Databases):
    """Databases of one server; ``worker`` keeps the names of parallel runs apart."""

    def __init__(self, maintenance_url: str, worker: str) -> None:
        self._url = make_url(maintenance_url)
        self._worker = worker
        # CREATE DATABASE can't run in a transaction.
        self._server = create_engine(self._url, isolation_level="AUTOCOMMIT", poolclass=NullPool)

    def fresh(self) -> str:
        return self._create(template=self._template)

    def empty(self) -> str:
        return self._create(template="template1")

    def drop(self, url: str) -> None:
        # FORCE: a test that failed may have left connections open.
        self._run(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def close(self) -> None:
        super().close()
        if "_template" in vars(self):
            self._run(f'DROP DATABASE IF EXISTS "{self._template}" WITH (FORCE)')

    @cached_property
    def _template(self) -> str:
        url = self.empty()
        database.upgrade(url)
        return make_url(url).database or ""

    def _create(self, *, template: str) -> str:
        name = f"hoahong_{self._worker}_{uuid4().hex[:12]}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self._url.set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        with self._server.connect() as connection:
            connection.execute(text(statement))


@contextmanager
def rolled_back(engine: Engine) -> Iterator[Session]:
    """Give a session all of whose work is undone at the end, even what it commits.

    Its commits are savepoints of one outer transaction. So what the database does at a real
    commit alone, such as checking a deferred constraint, doesn't happen.
    """
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        outer.rollback()
