"""What the benchmarks stand on: a folder, a PostgreSQL server of their own, databases, peers.

Everything is made when it is first asked for. What this machine lacks is said by ``Absent``, and
the rows that can do without go on.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import psycopg
from sqlalchemy import make_url

from tests.databases import PostgresDatabases, SqliteDatabases
from tests.postgres_server import HINT, ServerFailed, find_programs, running_server

ROOT = Path(__file__).resolve().parent.parent.parent
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


class Absent(Exception):
    """A peer, a program or a file isn't on this machine; the message says which."""


class WrongBooks(Exception):
    """The work left books that verification refuses: its rate counts as nothing."""


class PostgresCopies(PostgresDatabases):
    """Databases that are copied from prepared ones, so that every round begins alike."""

    def copy(self, url: str) -> str:
        """Make a copy of a database to which nobody is connected."""
        copied = self._create(template=make_url(url).database or "")
        with psycopg.connect(driver_url(copied), autocommit=True) as connection:
            connection.execute("vacuum analyze")
            connection.execute("checkpoint")
        return copied


class SqliteCopies(SqliteDatabases):
    """Files that are copied from prepared ones."""

    def copy(self, url: str) -> str:
        """Make a copy of a file that nobody has open."""
        path = self._new_path()
        shutil.copyfile(make_url(url).database or "", path)
        return f"sqlite:///{path}"


Copies = PostgresCopies | SqliteCopies
_Kind = TypeVar("_Kind", PostgresCopies, SqliteCopies)


class Ground:
    """The folder, the databases, the peers; ``scale`` makes everything smaller, for trying out."""

    def __init__(self, folder: Path, *, peers: Path | None = None, scale: float = 1.0) -> None:
        self.folder = folder
        self.scale = scale
        self._peers = peers
        self._prepared: dict[tuple[str, str], str] = {}
        self._absent = ""
        self._stack = ExitStack()

    def close(self) -> None:
        """Let go of the databases and stop the server."""
        self._stack.close()

    def number(self, full: int) -> int:
        """Return how many of something are measured."""
        return max(10, round(full * self.scale))

    def seconds(self, full: float) -> float:
        """Return how long something is measured."""
        return max(0.3, full * self.scale)

    def databases(self, kind: str) -> Copies:
        """Return the databases of ``postgresql`` or ``sqlite``; raises Absent."""
        return self.sqlite if kind == "sqlite" else self.postgres

    def prepared(
        self, kind: str, name: str, make: Callable[[str], None], *, base: str | None = None
    ) -> str:
        """Return the URL of a database that is filled once and then only copied.

        It begins as a migrated one without rows, or as a copy of the base.
        """
        key = (kind, name)
        if key not in self._prepared:
            databases = self.databases(kind)
            url = databases.copy(base) if base else databases.fresh()
            make(url)
            self._prepared[key] = url
        return self._prepared[key]

    def prepared_empty(self, name: str, make: Callable[[str], None]) -> str:
        """Return the same for a peer on PostgreSQL, which makes its own tables."""
        key = ("peer", name)
        if key not in self._prepared:
            url = self.postgres.empty()
            make(url)
            self._prepared[key] = url
        return self._prepared[key]

    @cached_property
    def sqlite(self) -> SqliteCopies:
        """The SQLite databases; each is one file when nobody has it open."""
        folder = self.folder / "databases"
        folder.mkdir(exist_ok=True)
        return self._closing(SqliteCopies(folder))

    @property
    def postgres(self) -> PostgresCopies:
        """The databases of a server that is started for this run; raises Absent."""
        if self._absent:
            raise Absent(self._absent)
        try:
            return self._postgres
        except (Absent, ServerFailed) as fault:
            self._absent = str(fault)
            raise Absent(self._absent) from fault

    @cached_property
    def _postgres(self) -> PostgresCopies:
        programs = find_programs()
        if programs is None:
            raise Absent(f"PostgreSQL isn't installed: {HINT}")
        url = self._stack.enter_context(running_server(programs, "bench"))
        check_durability(settings_of(url))
        return self._closing(PostgresCopies(url, "bench"))

    def _closing(self, databases: _Kind) -> _Kind:
        self._stack.callback(databases.close)
        return databases

    def peer_python(self) -> Path:
        """Return the Python of the peers' environment; raises Absent."""
        python = (self._peers or Path("none")) / "bin" / "python"
        if not python.is_file():
            raise Absent("the peers aren't installed: `make bench` installs them from their lock")
        return python.absolute()

    def program(self, name: str, package: str) -> str:
        """Return the path of a program of the system; raises Absent with its Debian package."""
        programs = find_programs() if package == "postgresql" else None
        beside = programs / name if programs else None
        found = str(beside) if beside and beside.is_file() else shutil.which(name)
        if found is None:
            raise Absent(f"{name} isn't installed: apt-get install {package}")
        return found


def settings_of(url: str) -> dict[str, str]:
    """Return all settings of a PostgreSQL server."""
    with psycopg.connect(driver_url(url)) as connection:
        rows = connection.execute("select name, current_setting(name) from pg_settings")
        return {str(name): str(setting) for name, setting in rows}


def check_durability(settings: dict[str, str]) -> None:
    """Refuse a server that would lose what it has committed; raises Absent."""
    off = [name for name in DURABLE if settings[name] != "on"]
    if off:
        raise Absent(f"the server isn't durable: {', '.join(off)} isn't on")


def driver_url(url: str) -> str:
    """Return a database's URL as the driver alone takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def socket_and_name(url: str) -> tuple[str, str]:
    """Return the folder of a server's socket and the name of a database on it."""
    parts = make_url(url)
    return str(parts.query["host"]), parts.database or ""


def bytes_of(url: str, *tables: str) -> int:
    """Return what some tables take on the disk, with all their indexes (PostgreSQL)."""
    with psycopg.connect(driver_url(url), autocommit=True) as connection:
        connection.execute("checkpoint")
        sizes = (
            connection.execute("select pg_total_relation_size(%s::regclass)", (table,)).fetchone()
            for table in tables
        )
        return sum(int(size[0]) for size in sizes if size)


def sqlite_version() -> str:
    """Return SQLite's version."""
    with closing(sqlite3.connect(":memory:")) as connection:
        return str(connection.execute("select sqlite_version()").fetchone()[0])


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return the last line that a program said."""
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"
