"""A database that can't: posting answers with a named error, books nothing, and work goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from commissions import accrual, conversions, ledger, programs
from commissions.models import Entry, Transfer
from commissions.values import Completion
from storefront import database
from storefront.database_faults import (
    DatabaseBusy,
    DatabaseFault,
    DatabaseFull,
    DatabaseGone,
    DatabaseReadOnly,
)
from tests.factories import at, make_partner, make_program, make_sale, make_touch

CODE = "roses"
SALES = 60
"""More than a handful: they go by the way of sets, one goes by the way of one."""


@pytest.fixture
def shop(database_url: str) -> Iterator[Engine]:
    """A program with paid orders that wait to be completed; its writers are impatient."""
    engine = database.make_engine(database_url, patience_s=0.2)
    with database.transaction(engine) as session:
        program = make_program(session)
        mai = make_partner(session, program, "mai")
        touch = make_touch(mai, at("2024-01-05"))
        sales = [make_sale(f"S-{n}", touches=(touch,)) for n in range(SALES + 2)]
        conversions.record(session, program, sales)
        accrual.accrue(session, program, [Completion("S-0", at("2024-01-06"))], actor="shop")
    yield engine
    engine.dispose()


def complete(engine: Engine, *numbers: int, then: Callable[[], None] = lambda: None) -> None:
    """Complete some of the orders in one transaction; something may happen before it ends."""
    with database.transaction(engine) as session:
        program = programs.find(session, CODE)
        done = [Completion(f"S-{number}", at("2024-01-06")) for number in numbers]
        accrual.accrue(session, program, done, actor="shop")
        then()


def booked(engine: Engine) -> list[int | None]:
    """Return how many transfers and entries there are, all of them in order."""
    with database.snapshot(engine) as session:
        assert ledger.verify(session).findings == ()
        return [
            session.scalar(select(func.count()).select_from(table)) for table in (Transfer, Entry)
        ]


def check(engine: Engine, kind: type[DatabaseFault], numbers: range) -> None:
    """Check that completing is refused by its name, and has left nothing behind."""
    with pytest.raises(kind, match="Nothing was changed"):
        complete(engine, *numbers)


ONE, MANY = range(1, 2), range(2, SALES + 2)
EACH = pytest.mark.parametrize("numbers", [ONE, MANY], ids=["one", "many"])


@EACH
def test_a_lock_held_by_somebody_else_is_waited_for_and_told(shop: Engine, numbers: range) -> None:
    with holding_the_accounts(shop):
        check(shop, DatabaseBusy, numbers)
    assert booked(shop) == [1, 1]
    complete(shop, *numbers)
    assert booked(shop) == [1 + len(numbers)] * 2


@EACH
def test_a_full_disk_is_told_and_books_nothing(shop: Engine, numbers: range) -> None:
    with full_disk(shop):
        check(shop, DatabaseFull, numbers)
        assert booked(shop) == [1, 1]
    complete(shop, *numbers)
    assert booked(shop) == [1 + len(numbers)] * 2


@EACH
def test_a_database_that_nobody_may_write_is_told(shop: Engine, numbers: range) -> None:
    locked = database.make_engine(read_only(shop), patience_s=0.2)
    check(locked, DatabaseReadOnly, numbers)
    locked.dispose()
    assert booked(shop) == [1, 1]
    complete(shop, *numbers)
    assert booked(shop) == [1 + len(numbers)] * 2


def test_a_database_that_is_not_there_is_told(shop: Engine, tmp_path: Path) -> None:
    url = (
        f"sqlite:///{tmp_path / 'no-such-folder' / 'shop.sqlite3'}"
        if shop.dialect.name == "sqlite"
        else f"postgresql+psycopg://nobody@/none?host={tmp_path}"
    )
    engine = database.make_engine(url)
    check(engine, DatabaseGone, ONE)
    engine.dispose()


@EACH
@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_server_that_ends_in_the_middle_books_nothing_and_work_goes_on(
    shop: Engine, numbers: range
) -> None:
    with pytest.raises(DatabaseGone, match="Nothing was changed"):
        complete(shop, *numbers, then=lambda: end_all_others(shop))
    assert booked(shop) == [1, 1]
    complete(shop, *numbers)
    assert booked(shop) == [1 + len(numbers)] * 2


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_connection_that_died_while_it_lay_idle_is_replaced(
    shop: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete(shop, 1)
    end_all_others(shop)
    monkeypatch.setattr(database, "_TRUSTED_S", 0.0)  # as if a minute had passed
    complete(shop, 2)
    assert booked(shop) == [3, 3]


@contextmanager
def holding_the_accounts(engine: Engine) -> Iterator[None]:
    """Be somebody who writes and doesn't end."""
    other = database.make_engine(engine.url.render_as_string(hide_password=False))
    with Session(other) as session:
        if engine.dialect.name == "postgresql":
            session.execute(text("select 1 from accounts for update"))
        else:
            session.execute(text("update accounts set version = version"))
        yield
        session.rollback()
    other.dispose()


@contextmanager
def full_disk(engine: Engine) -> Iterator[None]:
    """Leave no room: on SQLite for no page more, on PostgreSQL the error of its full disk."""
    fill, empty = FULL[engine.dialect.name]
    for statement in fill:
        _run(engine, statement)
    yield
    for statement in empty:
        _run(engine, statement)


FULL = {
    "sqlite": (
        (
            "create table ballast (filling blob)",
            # Whatever is booked needs pages, even where it would fit into one that is there.
            (
                "create trigger no_room before insert on entries"
                " begin insert into ballast values (zeroblob(100000)); end"
            ),
            "pragma max_page_count = 1",  # never below what is used
        ),
        ("pragma max_page_count = 1000000", "drop trigger no_room", "drop table ballast"),
    ),
    "postgresql": (
        (
            (
                "create function no_room() returns trigger language plpgsql as $$"
                " begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$"
            ),
            (
                "create trigger no_room before insert on entries"
                " for each statement execute function no_room()"
            ),
        ),
        ("drop trigger no_room on entries", "drop function no_room"),
    ),
}


def _run(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)


def read_only(engine: Engine) -> str:
    """Return an address of the same database at which nobody may write."""
    if engine.dialect.name == "sqlite":
        return f"sqlite:///file:{engine.url.database}?mode=ro&uri=true"
    address = engine.url.update_query_dict({"options": "-c default_transaction_read_only=on"})
    return address.render_as_string(hide_password=False)


def end_all_others(engine: Engine) -> None:
    """End every other connection to the database, as a restart of the server does."""
    url = engine.url
    with psycopg.connect(
        host=str(url.query["host"]), user=url.username, dbname=url.database, autocommit=True
    ) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
