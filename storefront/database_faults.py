"""What a database's own errors mean to people: busy, full, read-only, gone.

Decides by the codes that SQLite and PostgreSQL give. Whichever it is, the transaction was undone:
nothing is half booked, and the same thing works once the cause is gone.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.exc import DBAPIError

from commissions.errors import HoahongError


class DatabaseFault(HoahongError):
    """The database couldn't do its work; nothing was changed."""


class DatabaseBusy(DatabaseFault):
    """Somebody else has been writing for longer than a writer waits."""


class DatabaseFull(DatabaseFault):
    """The disk has no room for what is to be written."""


class DatabaseReadOnly(DatabaseFault):
    """The database, or its file, lets nobody write."""


class DatabaseGone(DatabaseFault):
    """The database doesn't answer, or its connection broke off."""


_SENTENCES: Mapping[type[DatabaseFault], str] = {
    DatabaseBusy: "Somebody else has been writing for a long time. Nothing was changed: try again.",
    DatabaseFull: "The database's disk is full. Nothing was changed: make room and try again.",
    DatabaseReadOnly: "The database is read-only. Nothing was changed: let it be written to.",
    DatabaseGone: "The database doesn't answer. Nothing was changed: see that it runs.",
}
# By the beginnings of what sqlite3 calls its errors, and of PostgreSQL's SQLSTATE.
_SQLITE: Mapping[str, type[DatabaseFault]] = {
    "SQLITE_BUSY": DatabaseBusy,
    "SQLITE_LOCKED": DatabaseBusy,
    "SQLITE_FULL": DatabaseFull,
    "SQLITE_READONLY": DatabaseReadOnly,
    "SQLITE_CANTOPEN": DatabaseGone,
    "SQLITE_IOERR": DatabaseGone,
}
_POSTGRESQL: Mapping[str, type[DatabaseFault]] = {
    "40001": DatabaseBusy,  # serialization failure
    "40P01": DatabaseBusy,  # deadlock
    "55P03": DatabaseBusy,  # lock not available in time
    "533": DatabaseBusy,  # too many connections
    "531": DatabaseFull,
    "25006": DatabaseReadOnly,
    "57P": DatabaseGone,  # shut down, crashed, or starting
    "08": DatabaseGone,
}


def busy() -> DatabaseBusy:
    """Return the refusal of a writer whose turn doesn't come."""
    return DatabaseBusy(_SENTENCES[DatabaseBusy])


def named(fault: DBAPIError) -> DatabaseFault | None:
    """Return what an error of the database means; None for one that is about the data."""
    kind = _kind(fault)
    return kind(_SENTENCES[kind]) if kind else None


def _kind(fault: DBAPIError) -> type[DatabaseFault] | None:
    name = getattr(fault.orig, "sqlite_errorname", None)
    state = getattr(fault.orig, "sqlstate", None)
    code, table = (name, _SQLITE) if name else (state, _POSTGRESQL)
    found = next((kind for start, kind in table.items() if (code or "").startswith(start)), None)
    # A connection that can't be made has no code, nor has one that broke off in the middle.
    never_there = state is None and type(fault.orig).__module__.startswith("psycopg")
    return found or (DatabaseGone if fault.connection_invalidated or never_there else None)
