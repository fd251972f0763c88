"""Behind the engine's back: the database itself refuses what would falsify the books."""

# ruff: noqa: S608 -- the names are those of our own tables
from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import UniqueConstraint
from sqlalchemy.exc import DBAPIError, IntegrityError

from commissions.models import APPEND_ONLY, Base, Batch
from commissions.providers import TestRail
from storefront.orders.models import Order, OrderEvent
from storefront.shop.models import Shop
from tests.factories import at
from tests.story import Story

GUARDED = sorted(APPEND_ONLY)


@pytest.fixture
def full(story: Story) -> Iterator[Story]:
    """A story after which no table of the books is empty; it ends as it was told."""
    story.sell()
    story.complete(on="2024-01-10")
    story.refund(1, on="2024-01-11")
    story.release(on="2024-02-09")
    story.close("2024-01", on="2024-02-09")
    story.pay_out(on="2024-02-10")
    _place_an_order(story)
    before = rows_of(story)
    yield story
    assert rows_of(story) == before


def _place_an_order(story: Story) -> None:
    """Write an order of the shop, whose events are append-only too."""
    session, now = story.session, at("2024-02-10")
    shop = Shop(
        program_id=story.program.id,
        name="Hoa Sớm",
        tagline="",
        phone="1",
        language="vi",
        order_prefix="HS",
        shipping_minor=0,
        delivery_days_from=1,
        delivery_days_to=2,
        return_days=15,
    )
    session.add(shop)
    session.flush()
    texts = {"name": "Mai", "phone": "1", "address": "1", "city": "Huế", "language": "vi"}
    order = Order(
        shop_id=shop.id,
        number="HS-1",
        token="a",
        checkout_key="a",
        state="paid",
        goods_minor=1,
        shipping_minor=0,
        total_minor=1,
        placed_at=now,
        **texts,
    )
    order.events.append(OrderEvent(kind="placed", at=now, actor="shopper"))
    session.add(order)
    session.flush()


def rows_of(story: Story) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of all guarded tables."""
    tables = (Base.metadata.tables[name] for name in GUARDED)
    return {
        table.name: [tuple(row) for row in story.session.execute(table.select()).all()]
        for table in tables
    }


def columns_of(table: str) -> list[str]:
    return [column.name for column in Base.metadata.tables[table].columns]


def key_of(table: str) -> str:
    return ", ".join(column.name for column in Base.metadata.tables[table].primary_key)


def attempts(table: str, dialect: str) -> Iterator[str]:
    """Yield statements that would change or remove what a table holds."""
    first = columns_of(table)[0]
    yield f"update {table} set {first} = {first}"
    yield f"update {table} set {columns_of(table)[-1]} = null"
    yield f"delete from {table}"
    yield f"delete from {table} where {first} > 0"
    yield (
        f"insert into {table} select * from {table} where true"
        f" on conflict ({key_of(table)}) do update set {first} = excluded.{first}"
    )
    if dialect == "postgresql":
        yield f"truncate {table} cascade"
        return
    yield f"insert or replace into {table} select * from {table}"
    yield f"replace into {table} select * from {table}"
    yield f"update or replace {table} set {first} = {first}"
    if any(isinstance(c, UniqueConstraint) for c in Base.metadata.tables[table].constraints):
        names = columns_of(table)
        moved = ", ".join("id + 1000" if name == "id" else name for name in names)
        yield f"insert or replace into {table} ({', '.join(names)}) select {moved} from {table}"


@pytest.mark.parametrize("table", GUARDED)
def test_what_is_written_in_the_books_is_neither_changed_nor_removed(
    full: Story, table: str
) -> None:
    assert rows_of(full)[table], "an empty table proves nothing"
    connection = full.session.connection()
    for statement in attempts(table, connection.dialect.name):
        with (
            pytest.raises(DBAPIError, match=f"{table} is append-only: correct it by adding"),
            connection.begin_nested(),
        ):
            connection.exec_driver_sql(statement)


def test_every_table_of_the_books_is_guarded() -> None:
    assert {"transfers", "entries", "seals", "seal_balances"} < {*GUARDED}
    assert {"attribution_decisions", "state_changes", "bonus_runs", "payout_items"} < {*GUARDED}


UNTRUE = {
    "a batch approved by its maker": "update batches set checker = maker",
    "a batch approved by nobody": "update batches set checker = null",
    "a batch of no state": "update batches set state = 'perhaps'",
    "a payout of nothing": "update payouts set amount_minor = 0",
    "a commission below nothing": "update commissions set amount_minor = -1 where kind = 'sale'",
    "a clawback above nothing": "update commissions set amount_minor = 1 where kind = 'clawback'",
    "a clawback of nothing known": (
        "update commissions set original_id = null where kind = 'clawback'"
    ),
    "a hold without an end": "update commissions set state = 'on_hold', due_at = null",
    "a sale completed at no time": "update sales set completed_at = null",
    "a sale completed before it was paid": "update sales set completed_at = '2023-01-01 00:00:00'",
    "a sale of no state": "update sales set state = 'perhaps'",
    "a line that came back twice": "update sale_lines set returned_quantity = quantity + 1",
    "a line that was worth less": "update sale_lines set refunded_base_minor = amount_minor + 1",
    "a refund of no piece": "update refund_lines set quantity = 0",
    "a partner account without a balance": (
        "update accounts set balance_minor = null where partner_id is not null"
    ),
    "a house account with a balance": (
        "update accounts set balance_minor = 0 where partner_id is null"
    ),
    "a partner of no kind": "update partners set kind = 'star'",
    "a partner who is their own sponsor": "update partners set sponsor_id = id",
    "a rule with two prices": "update plan_rules set flat_minor = 1",
    "a rate above the whole": "update plan_rules set rate_bps = 10001",
    "an override above the whole": "update plan_versions set override_bps = 10001",
    "a hold of minus a day": "update programs set hold_days = -1",
}


def test_the_database_refuses_what_can_not_be(full: Story) -> None:
    connection = full.session.connection()
    taken = []
    for what, statement in UNTRUE.items():
        try:
            with connection.begin_nested():
                connection.exec_driver_sql(statement)
        except IntegrityError:
            continue
        taken.append(what)
    assert taken == []


def test_a_batch_is_checked_by_two_people_whatever_is_written(story: Story) -> None:
    story.sell()
    story.complete(on="2024-01-10")
    story.release(on="2024-02-09")
    payout = story.build_one("2024-02-10")
    connection = story.session.connection()
    for checker in ("maker", "upper(maker)", "' ' || maker || ' '"):
        with pytest.raises(IntegrityError, match="four_eyes"), connection.begin_nested():
            connection.exec_driver_sql(
                f"update batches set checker = {checker}, state = 'approved'"
            )
    story.session.expire_all()
    batch = story.session.get_one(Batch, payout.batch_id)
    assert (batch.state, batch.checker) == ("built", None)
    assert TestRail.name == payout.rail
