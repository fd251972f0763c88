"""The migrations make what the models say, on both databases, and take it away again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, inspect, text

from commissions.models import APPEND_ONLY, Base
from storefront import database

FUNCTIONS = text(
    "select count(*) from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
    " where n.nspname = 'public'"
)


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Engine]:
    """An engine on a database without tables."""
    engine = database.make_engine(empty_database_url)
    yield engine
    engine.dispose()


def tables(engine: Engine) -> set[str]:
    return {*inspect(engine).get_table_names()} - {"alembic_version"}


def test_up_down_and_up_again_leave_no_drift(empty: Engine, empty_database_url: str) -> None:
    for _ in range(2):
        database.upgrade(empty_database_url)
        assert tables(empty) == {*Base.metadata.tables}
        assert database.drift(empty) == []
        database.upgrade(empty_database_url)
        database.downgrade(empty_database_url)
        assert tables(empty) == set()
    if empty.dialect.name == "postgresql":
        with empty.connect() as connection:
            assert connection.scalar(FUNCTIONS) == 0


def test_every_append_only_table_has_its_guard(engine: Engine) -> None:
    assert {"transfers", "entries", "seals", "attribution_decisions", "state_changes"} <= {
        *APPEND_ONLY
    }
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            rows = connection.execute(
                text("select tbl_name, sql from sqlite_master where type = 'trigger'")
            ).all()
        else:
            rows = connection.execute(
                text(
                    "select c.relname, pg_get_triggerdef(t.oid) from pg_trigger t"
                    " join pg_class c on c.oid = t.tgrelid where not t.tgisinternal"
                )
            ).all()
    guards: dict[str, str] = {}
    for table, definition in rows:
        guards[table] = guards.get(table, "") + definition.upper()
    # SQLite has no TRUNCATE: a DELETE without WHERE fires the trigger for every row.
    verbs = ["UPDATE", "DELETE"] + ["TRUNCATE"] * (engine.dialect.name == "postgresql")
    missing = [(t, v) for t in APPEND_ONLY for v in verbs if v not in guards.get(t, "")]
    assert missing == []


@pytest.mark.parametrize("table", ["transfers", "seals"])
def test_drift_tells_of_a_guard_that_is_gone(engine: Engine, table: str) -> None:
    on = f" on {table}" if engine.dialect.name == "postgresql" else ""
    names = (
        text(
            "select tgname from pg_trigger"
            " where tgrelid = cast(:t as regclass) and not tgisinternal"
        )
        if on
        else text("select name from sqlite_master where type = 'trigger' and tbl_name = :t")
    )
    with engine.begin() as connection:
        for name in connection.scalars(names, {"t": table}).all():
            connection.exec_driver_sql(f"drop trigger {name}{on}")
    assert database.drift(engine) == [f"table {table} has lost its append-only trigger"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("alter table partners drop column phone", "phone"),
        ("create table strays (id integer)", "strays"),
        ("drop index ix_sales_program_id_paid_at", "ix_sales_program_id_paid_at"),
    ],
)
def test_drift_tells_of_what_else_differs(engine: Engine, change: str, told: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(change)
    assert told in "\n".join(database.drift(engine))
