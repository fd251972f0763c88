"""Whole sets of rows in one go, alike on SQLite and PostgreSQL.

Decides how many rows are written and looked up at once. Knows no table of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Dialect,
    String,
    any_,
    bindparam,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.types import TypeEngine

from commissions.models import Base, Instant, StateChange
from commissions.values import MAX_TEXT, check_text

Row = Mapping[str, Any]
Move = tuple[int, str, str, datetime]
"""The id of what moved, its state before and after, and the time in the books."""

_COPY_FROM = 20
"""Fewer rows go as a plain insert: COPY costs a round trip more."""


# Nearly always the ids follow each other: their ends say all, where a hundred thousand rows would
# have to be read. Another writer in between shows, and then they come one by one.
_NEXT_IDS = text("""
    select min(id), max(id), case when max(id) - min(id) >= :count then array_agg(id) end
    from (
        select nextval(pg_get_serial_sequence(:name, 'id')) as id from generate_series(1, :count)
    ) as ids
""")


def insert_rows(session: Session, table: type[Base], rows: Sequence[Row]) -> None:
    """Write rows of the same columns: COPY on PostgreSQL, one ``executemany`` on SQLite.

    Both go past SQLAlchemy's handling of each row, which costs as much as the writing.
    """
    if not rows:
        return
    session.flush()
    if is_postgresql(session) and len(rows) < _COPY_FROM:
        session.execute(insert(table.__table__), [*rows])  # type: ignore[arg-type]
        return
    columns = list(rows[0])
    records = ([row[name] for name in columns] for row in rows)
    insert_records(session, table, records, columns=columns)


def insert_records(
    session: Session,
    table: type[Base],
    records: Iterable[Sequence[Any]],
    *,
    columns: Sequence[str],
) -> None:
    """Write rows given as values in the order of the columns."""
    session.flush()
    dialect = session.get_bind().dialect
    written = _for_driver(table, dialect, columns, records)
    write = _copy if is_postgresql(session) else _execute_many
    with on_driver(session, f"insert into {table.__tablename__}") as driver:
        write(driver, table.__tablename__, columns, written)


@contextmanager
def on_driver(session: Session, what: str) -> Iterator[Any]:
    """Give the driver's own connection; its errors are told as SQLAlchemy tells them."""
    connection = session.connection()
    dialect = connection.dialect
    try:
        yield connection.connection.driver_connection
    except dialect.loaded_dbapi.Error as fault:
        is_lost = dialect.is_disconnect(fault, connection.connection.driver_connection, None)
        if is_lost:
            connection.invalidate(fault)
        raise DBAPIError.instance(
            what,
            None,
            fault,
            dialect.loaded_dbapi.Error,
            connection_invalidated=is_lost,
            dialect=dialect,
        ) from fault


def insert_missing(session: Session, table: type[Base], rows: Sequence[Row]) -> None:
    """Write rows whose unique keys aren't taken; waits for another writer of the same key."""
    if not rows:
        return
    session.flush()
    dialect = postgresql if is_postgresql(session) else sqlite
    session.execute(dialect.insert(table.__table__).on_conflict_do_nothing(), [*rows])


def next_ids(session: Session, table: type[Base], count: int) -> Sequence[int]:
    """Reserve ids, ascending. On SQLite the caller's write lock makes them safe."""
    if not count:
        return ()
    name = table.__tablename__
    if is_postgresql(session):
        first, last, all_of_them = session.execute(_NEXT_IDS, {"name": name, "count": count}).one()
        return all_of_them or range(first, last + 1)
    last = session.scalar(text(f"select coalesce(max(id), 0) from {name}"))  # noqa: S608  # reason: our own table's name
    return range(int(last or 0) + 1, int(last or 0) + 1 + count)


def among(
    session: Session, column: InstrumentedAttribute[Any], values: Iterable[int | str]
) -> ColumnElement[bool]:
    """Return a condition that the column is one of any number of values: one bound array."""
    listed = sorted(set(values))
    if is_postgresql(session):
        # By the column, not by the values: there may be none.
        kind = String() if isinstance(column.type, String) else BigInteger()
        return column == any_(bindparam(None, listed, type_=ARRAY(kind), unique=True))
    each = func.json_each(literal(json.dumps(listed))).table_valued("value")
    return column.in_(select(each.c.value))


def update_by_id(session: Session, table: type[Base], rows: Sequence[Row]) -> None:
    """Set the same columns in many rows, each found by its ``id``."""
    update_by_key(session, table, rows, key=("id",))


def update_by_key(
    session: Session, table: type[Base], rows: Sequence[Row], *, key: Sequence[str]
) -> None:
    """Set the same columns in many rows, each found by its key columns."""
    if not rows:
        return
    session.flush()
    columns = table.__table__.c
    changed = [name for name in rows[0] if name not in key]
    if is_postgresql(session) and len(rows) > 1:
        _update_from_arrays(session, table, rows, key=key, changed=changed)
        return
    statement = (
        update(table.__table__)  # type: ignore[arg-type]
        .where(*(columns[name] == bindparam(f"key_{name}") for name in key))
        .values({name: bindparam(f"new_{name}") for name in changed})
    )
    session.execute(statement, [_parameters(row, key) for row in rows])


def _update_from_arrays(
    session: Session,
    table: type[Base],
    rows: Sequence[Row],
    *,
    key: Sequence[str],
    changed: Sequence[str],
) -> None:
    """Set many rows by one statement, an array for each column."""
    columns = table.__table__.c
    names = (*key, *changed)
    arrays = [
        bindparam(f"all_{name}", [row[name] for row in rows], type_=ARRAY(columns[name].type))
        for name in names
    ]
    given = func.unnest(*arrays).table_valued(*names, name="given").render_derived()
    session.execute(
        update(table.__table__)  # type: ignore[arg-type]
        .where(*(columns[name] == given.c[name] for name in key))
        .values({name: given.c[name] for name in changed})
    )


def _parameters(row: Row, key: Sequence[str]) -> Row:
    return {f"{'key' if name in key else 'new'}_{name}": value for name, value in row.items()}


def record_moves(
    session: Session,
    subject: str,
    moves: Iterable[Move],
    *,
    actor: str,
    reason: str | None = None,
) -> None:
    """Write the state changes of one kind of thing: who moved what, from where to where, why."""
    check_text("The reason", reason, most=MAX_TEXT)
    check_text("The name of who does this", actor)
    shared = {"subject": subject, "actor": actor, "reason": reason}
    rows = [
        {
            "subject_id": subject_id,
            "from_state": was,
            "to_state": to,
            "effective_at": at,
            **shared,
        }
        for subject_id, was, to, at in moves
    ]
    insert_rows(session, StateChange, rows)


def is_postgresql(session: Session) -> bool:
    """Tell whether the session speaks to PostgreSQL."""
    return session.get_bind().dialect.name == "postgresql"


def _for_driver(
    table: type[Base], dialect: Dialect, columns: Sequence[str], records: Iterable[Sequence[Any]]
) -> Iterator[Sequence[Any]]:
    """Yield rows as the driver takes them; only times and JSON need a hand."""
    types = [table.__table__.c[name].type for name in columns]
    by_hand = [(i, process) for i, kind in enumerate(types) if (process := _by_hand(kind, dialect))]
    if not by_hand:
        yield from records
        return
    for record in records:
        values = [*record]
        for i, process in by_hand:
            values[i] = process(values[i])
        yield values


def _by_hand(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """Return what makes a value fit for the driver, None where it fits as it is."""
    if isinstance(kind, Instant) and dialect.name == "postgresql":
        return kind.text_for_copy
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _execute_many(
    driver: Any, table: str, columns: Sequence[str], records: Iterable[Sequence[Any]]
) -> None:
    places = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608  # reason: our own names
    driver.executemany(statement, records)


def _copy(
    driver: Any, table: str, columns: Sequence[str], records: Iterable[Sequence[Any]]
) -> None:
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for record in records:
            copy.write_row(record)
