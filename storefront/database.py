"""The database: engines, transactions, migrations. The only place that commits.

SQLite: one writer at a time, by ``BEGIN IMMEDIATE`` before the first read of a transaction, so
that writers queue at its beginning instead of failing in its middle (those of one process in the
order they came: ``turns``); plain reads wait for nobody.
PostgreSQL: READ COMMITTED and row locks; plain reads see one snapshot.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from commissions.models import APPEND_ONLY, Base
from storefront import database_faults
from storefront import models as _models
from storefront.turns import Turns

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
_PATIENCE_S = 60.0
_TRUSTED_S = 1.0
"""A connection used so lately is taken to be there; to ask costs a round trip."""
_SYNCHRONOUS = "FULL"
_READS_ONLY = "hoahong_reads_only"
_TURNS: WeakKeyDictionary[Engine, Turns] = WeakKeyDictionary()

__all__ = ["downgrade", "drift", "make_engine", "snapshot", "transaction", "upgrade"]
_models  # noqa: B018  # reason: its tables belong to the metadata that is migrated


def make_engine(url: str, *, patience_s: float = _PATIENCE_S) -> Engine:
    """Return an engine whose transactions are safe to post in, on either database.

    ``patience_s`` is how long a writer waits for others before it is told that they are busy.
    """
    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": patience_s}, hide_parameters=True)
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        _TURNS[engine] = Turns(patience_s)
        return engine
    waits = {"options": f"-c lock_timeout={patience_s * 1000:.0f}"}
    own = make_url(url).query.get("options")  # whoever sets options of their own sets this one too
    engine = create_engine(url, connect_args={} if own else waits, hide_parameters=True)
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", _ask_if_there)
    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """Give a session whose work is committed at the end, or undone when an error leaves it.

    On SQLite it waits for its turn first. Raises a DatabaseFault when the database can't.
    """
    turns = _TURNS.get(engine)
    with (
        _faults_named(),
        turns.turn() if turns else nullcontext(),
        Session(engine, expire_on_commit=False) as session,
    ):
        yield session
        session.commit()


@contextmanager
def snapshot(engine: Engine) -> Iterator[Session]:
    """Give a session that reads the books as they are at one moment, whoever posts meanwhile.

    It makes no writer wait and waits for none. The database refuses to write in it.
    """
    with _faults_named(), Session(_reading(engine)) as session:
        yield session


def upgrade(url: str, revision: str = "head") -> None:
    """Bring a database to a revision, the newest unless told otherwise."""
    _migrate(url, command.upgrade, revision)


def downgrade(url: str, revision: str = "base") -> None:
    """Take a database back to a revision; ``base`` is an empty one."""
    _migrate(url, command.downgrade, revision)


def revisions(engine: Engine) -> tuple[str | None, str | None]:
    """Return the database's revision and the newest one there is."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    with _reading(engine).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision(), newest


def drift(engine: Engine) -> list[str]:
    """Return what differs between the database and the tables that the code expects."""
    with _reading(engine).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = [str(difference) for difference in compare_metadata(context, Base.metadata)]
        return differences + _missing_triggers(connection)


@contextmanager
def _faults_named() -> Iterator[None]:
    try:
        yield
    except DBAPIError as fault:
        named = database_faults.named(fault)
        if named is None:
            raise
        raise named from fault


def _reading(engine: Engine) -> Engine:
    """Return the engine for plain reads: the same connections, other transactions."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{_READS_ONLY: True})
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _migrate(url: str, run: Any, revision: str) -> None:
    engine = make_engine(url)
    if engine.dialect.name == "sqlite":
        # To change a table SQLite makes it anew, and its rows are referred to meanwhile.
        event.listen(engine, "connect", _let_references_be)
    try:
        with engine.begin() as connection:
            config = _config()
            config.attributes["connection"] = connection
            run(config, revision)
            _check_references(connection)
    finally:
        engine.dispose()


def _let_references_be(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA foreign_keys = OFF")


def _check_references(connection: Connection) -> None:
    """Refuse a migration that left SQLite's rows referring to what isn't there."""
    if connection.dialect.name == "sqlite":
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if lost:
            message = f"{len(lost)} rows refer to what isn't there, the first in {lost[0][0]}"
            raise ValueError(message)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def _missing_triggers(connection: Connection) -> list[str]:
    """Name the append-only tables whose guards are gone."""
    names = connection.exec_driver_sql(
        "select tbl_name, name from sqlite_master where type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "select c.relname, t.tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid"
        " where not t.tgisinternal and t.tgenabled <> 'D'"
    )
    guarded = {table for table, name in names if name.startswith("append_only")}
    present = {*inspect(connection).get_table_names()}
    return [
        f"table {table} has lost its append-only trigger"
        for table in sorted({*APPEND_ONLY} & present - guarded)
    ]


def _note_use(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = monotonic()


def _ask_if_there(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Ask a connection that has lain idle whether it is alive; a dead one is replaced."""
    if monotonic() - record.info.get("used_at", monotonic()) < _TRUSTED_S:
        return
    try:
        connection.execute("")
        connection.rollback()
    except Exception as fault:
        raise DisconnectionError(str(fault)) from fault


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        f"synchronous = {_SYNCHRONOUS}",
        "foreign_keys = ON",
        "cache_size = -65536",
        "temp_store = MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Begin as a reader or as a writer; each beginning says which, so nothing is to be reset."""
    reads = connection.get_execution_options().get(_READS_ONLY, False)
    connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if reads else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
