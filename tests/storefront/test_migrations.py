"""The migrations make what the models say, on both databases, and take it away again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from commissions.models import APPEND_ONLY, Base, TouchRecord
from commissions.values import Touch
from storefront import database
from storefront.orders import support
from storefront.orders.models import Cart, Order
from tests.factories import at

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


BEFORE_CLICKS = """
insert into programs (id, code, name, currency, time_zone, window_days, hold_days,
 minimum_payout_minor) values (1, 'p', 'P', 'VND', 'UTC', 30, 15, 0);
insert into partners (id, program_id, code, name, handle, kind) values (7, 1, 'k', 'K', 'k', 'koc');
insert into touches (id, program_id, partner_id, kind, occurred_at)
 values (3, 1, 7, 'click', '2026-03-05 12:00:00.000000');
insert into shops (id, program_id, name, tagline, phone, language, order_prefix, shipping_minor,
 delivery_days_from, delivery_days_to, return_days)
 values (1, 1, 'S', '', '', 'vi', 'H', 0, 1, 2, 3);
insert into carts (id, token, partner_id, touch_id, changed_at)
 values (1, 'with', 7, 3, '2026-03-06 12:00:00.000000');
insert into carts (id, token, changed_at) values (2, 'without', '2026-03-06 12:00:00.000000');
insert into orders (id, shop_id, number, token, checkout_key, state, language, name, phone, address,
 city, search, goods_minor, shipping_minor, total_minor, partner_id, touch_id, placed_at)
 values (5, 1, 'H-5', 't', 'c', 'paid', 'vi', 'A', '1', 'a', 'c', 'a', 100, 0, 100, 7, 3,
 '2026-03-06 12:00:00.000000');
insert into order_events (id, order_id, kind, at, actor)
 values (1, 5, 'placed', '2026-03-06 12:00:00.000000', 'shopper')
"""
REFERRED = "select touch_id from carts union all select touch_id from orders order by 1"


def execute(engine: Engine, *statements: str) -> None:
    """Execute statements in one transaction."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("set time zone 'UTC'")
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_carts_and_orders_of_before_keep_their_touches_and_give_them_back(
    empty: Engine, empty_database_url: str
) -> None:
    database.upgrade(empty_database_url, "0003")
    execute(empty, *BEFORE_CLICKS.split(";"))
    database.upgrade(empty_database_url)
    with Session(empty) as session:
        cart, order, touch = (
            session.scalars(select(kind).order_by(kind.id)).first()
            for kind in (Cart, Order, TouchRecord)
        )
        assert isinstance(cart, Cart)
        assert isinstance(order, Order)
        assert isinstance(touch, TouchRecord)
        carried = Touch(7, "click", at("2026-03-05 12:00"), key=touch.key)
        assert support.touch_of(cart) == support.touch_of(order) == carried
        assert [event.kind for event in order.events] == ["placed"]
        assert session.get_one(Cart, 2).touched_at == at("2026-03-06 12:00")
    with pytest.raises(IntegrityError):
        execute(empty, "update orders set total_minor = 1")
    with pytest.raises(IntegrityError):
        execute(empty, "update orders set shop_id = 99")
    database.downgrade(empty_database_url, "0003")
    with empty.connect() as connection:
        referred = [row[0] for row in connection.exec_driver_sql(REFERRED)]
    assert sorted(referred, key=str) == [3, 3, None]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_migration_that_leaves_a_reference_to_nothing_is_refused(
    empty: Engine, empty_database_url: str
) -> None:
    database.upgrade(empty_database_url, "0003")
    execute(empty, *BEFORE_CLICKS.split(";"))
    with closing(sqlite3.connect(empty.url.database or "")) as careless, careless:
        careless.execute("update orders set shop_id = 99")
    with pytest.raises(ValueError, match="refer to what isn't there, the first in orders"):
        database.upgrade(empty_database_url)
    assert database.revisions(empty)[0] == "0003"
