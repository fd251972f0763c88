"""Touches with a key and the reason why they don't count; carts and orders carry theirs whole.

A click is loaded after it was answered, so that no cart or order can refer to its row.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
CARRIERS = ("carts", "orders")


def upgrade() -> None:
    """Give touches their keys, and let carts and orders carry key, kind and time."""
    op.add_column("touches", sa.Column("key", sa.String(length=120), nullable=True))
    op.add_column("touches", sa.Column("uncounted", sa.String(length=24), nullable=True))
    op.execute("UPDATE touches SET key = 'touch-' || id")
    for table in CARRIERS:
        op.add_column(table, sa.Column("touch_key", sa.String(length=120), nullable=True))
        op.add_column(table, sa.Column("touch_kind", sa.String(length=24), nullable=True))
        op.add_column(table, sa.Column("touched_at", INSTANT, nullable=True))
        op.execute(
            _from_touches(table, touch_key="key", touch_kind="kind", touched_at="occurred_at")
        )
    # Who had a cart and supported nobody may have chosen to: what they saw before stays unseen.
    op.execute("UPDATE carts SET touched_at = changed_at WHERE touch_id IS NULL")
    for table in CARRIERS:
        with _alter(table) as batch:
            batch.drop_constraint(op.f(f"fk_{table}_touch_id_touches"), type_="foreignkey")
            batch.drop_column("touch_id")
    with op.batch_alter_table("touches") as batch:
        batch.alter_column("key", existing_type=sa.String(length=120), nullable=False)
        batch.create_unique_constraint(op.f("uq_touches_key"), ["key"])


def downgrade() -> None:
    """Refer to the rows of touches again; a touch that isn't loaded yet is lost to its cart."""
    for table in CARRIERS:
        with _alter(table) as batch:
            batch.add_column(sa.Column("touch_id", ID, nullable=True))
            batch.create_foreign_key(
                op.f(f"fk_{table}_touch_id_touches"), "touches", ["touch_id"], ["id"]
            )
        op.execute(
            f"UPDATE {table} SET touch_id ="
            f" (SELECT id FROM touches WHERE touches.key = {table}.touch_key)"
        )
        with _alter(table) as batch:
            for column in ("touch_key", "touch_kind", "touched_at"):
                batch.drop_column(column)
    with op.batch_alter_table("touches") as batch:
        batch.drop_constraint(op.f("uq_touches_key"), type_="unique")
        batch.drop_column("key")
        batch.drop_column("uncounted")


def _alter(table: str) -> AbstractContextManager[BatchOperations]:
    """Change a table, which SQLite makes anew; an order's number is never given twice even so."""
    kept = {"sqlite_autoincrement": True} if table == "orders" else {}
    return op.batch_alter_table(table, table_kwargs=kept)


def _from_touches(table: str, **columns: str) -> str:
    """Return the statement that copies what a table's touches say into the table's own columns."""
    copied = ", ".join(
        f"{own} = (SELECT touches.{name} FROM touches WHERE touches.id = {table}.touch_id)"
        for own, name in columns.items()
    )
    return f"UPDATE {table} SET {copied} WHERE touch_id IS NOT NULL"
