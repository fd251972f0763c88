"""The shop: accounts, products, shop pages, carts, orders, payments, and a demo's clock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, and guard the one that is append-only."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    wall_clock = sa.text(
        "(strftime('%Y-%m-%d %H:%M:%f000', 'now'))" if sqlite else "clock_timestamp()"
    )
    _make_tables(wall_clock)
    if sqlite:
        _guard_on_sqlite()
    else:
        _guard_on_postgresql()


def _guard_on_sqlite() -> None:
    """Refuse changes; ``INSERT OR REPLACE`` too, whose silent delete fires no trigger."""
    refuse = "SELECT RAISE(ABORT, 'order_events is append-only: correct it by adding')"
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER append_only_order_events_{event.lower()} BEFORE {event}"
            f" ON order_events BEGIN {refuse}; END"
        )
    op.execute(
        "CREATE TRIGGER append_only_order_events_replace BEFORE INSERT ON order_events"
        f" WHEN EXISTS (SELECT 1 FROM order_events WHERE id = NEW.id) BEGIN {refuse}; END"
    )


def _guard_on_postgresql() -> None:
    """Refuse changes, by the function that guards the books."""
    op.execute(
        "CREATE TRIGGER append_only_change BEFORE UPDATE OR DELETE ON order_events"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON order_events"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _make_tables(wall_clock: sa.TextClause) -> None:
    op.create_table(
        "demo_clock",
        sa.Column("id", ID, nullable=False),
        sa.Column("ahead_s", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("ahead_s >= 0", name=op.f("ck_demo_clock_ahead")),
        sa.CheckConstraint("id = 1", name=op.f("ck_demo_clock_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demo_clock")),
    )
    op.create_table(
        "pictures",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("content_type", sa.String(length=24), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_pictures")),
    )
    op.create_table(
        "roles",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("description", sa.String(length=400), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roles")),
        sa.UniqueConstraint("name", name=op.f("uq_roles_name")),
    )
    op.create_table(
        "products",
        sa.Column("id", ID, nullable=False),
        sa.Column("sku", sa.String(length=120), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("category", sa.String(length=120), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("on_sale", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("picture", sa.String(length=120), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("recorded_at", INSTANT, server_default=wall_clock, nullable=False),
        sa.CheckConstraint("price_minor > 0", name=op.f("ck_products_price")),
        sa.CheckConstraint("stock >= 0", name=op.f("ck_products_stock")),
        sa.ForeignKeyConstraint(
            ["picture"], ["pictures.name"], name=op.f("fk_products_picture_pictures")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("sku", name=op.f("uq_products_sku")),
        sa.UniqueConstraint("slug", name=op.f("uq_products_slug")),
    )
    op.create_index(op.f("ix_products_category"), "products", ["category"], unique=False)
    op.create_table(
        "shops",
        sa.Column("id", ID, nullable=False),
        sa.Column("program_id", ID, nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("tagline", sa.String(length=400), nullable=False),
        sa.Column("phone", sa.String(length=120), nullable=False),
        sa.Column("language", sa.String(length=24), nullable=False),
        sa.Column("order_prefix", sa.String(length=24), nullable=False),
        sa.Column("shipping_minor", sa.BigInteger(), nullable=False),
        sa.Column("free_shipping_from_minor", sa.BigInteger(), nullable=True),
        sa.Column("delivery_days_from", sa.Integer(), nullable=False),
        sa.Column("delivery_days_to", sa.Integer(), nullable=False),
        sa.Column("return_days", sa.Integer(), nullable=False),
        sa.CheckConstraint("return_days >= 0", name=op.f("ck_shops_returns")),
        sa.CheckConstraint(
            "shipping_minor >= 0 and free_shipping_from_minor >= 0", name=op.f("ck_shops_shipping")
        ),
        sa.ForeignKeyConstraint(
            ["program_id"], ["programs.id"], name=op.f("fk_shops_program_id_programs")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shops")),
        sa.UniqueConstraint("program_id", name=op.f("uq_shops_program_id")),
    )
    op.create_table(
        "product_texts",
        sa.Column("product_id", ID, nullable=False),
        sa.Column("language", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("short", sa.String(length=400), nullable=False),
        sa.Column("description", sa.String(length=4000), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_product_texts_product_id_products")
        ),
        sa.PrimaryKeyConstraint("product_id", "language", name=op.f("pk_product_texts")),
    )
    op.create_table(
        "shop_pages",
        sa.Column("partner_id", ID, nullable=False),
        sa.Column("language", sa.String(length=24), nullable=False),
        sa.Column("place", sa.String(length=400), nullable=False),
        sa.Column("line", sa.String(length=400), nullable=False),
        sa.Column("picture", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_shop_pages_partner_id_partners")
        ),
        sa.ForeignKeyConstraint(
            ["picture"], ["pictures.name"], name=op.f("fk_shop_pages_picture_pictures")
        ),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_shop_pages")),
    )
    op.create_table(
        "users",
        sa.Column("id", ID, nullable=False),
        sa.Column("email", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("password", sa.String(length=400), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.String(length=120), nullable=False),
        sa.Column("partner_id", ID, nullable=True),
        sa.Column("language", sa.String(length=24), nullable=True),
        sa.Column("face", sa.String(length=24), nullable=True),
        sa.Column("recorded_at", INSTANT, server_default=wall_clock, nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_users_email")),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_users_partner_id_partners")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_users_fs_uniquifier")),
    )
    op.create_table(
        "collections",
        sa.Column("id", ID, nullable=False),
        sa.Column("partner_id", ID, nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column("intro", sa.String(length=400), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"],
            ["shop_pages.partner_id"],
            name=op.f("fk_collections_partner_id_shop_pages"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collections")),
        sa.UniqueConstraint("partner_id", "slug", name=op.f("uq_collections_partner_id_slug")),
    )
    op.create_table(
        "user_roles",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("role_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["role_id"], ["roles.id"], name=op.f("fk_user_roles_role_id_roles")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_roles_user_id_users")
        ),
        sa.PrimaryKeyConstraint("user_id", "role_id", name=op.f("pk_user_roles")),
    )
    op.create_table(
        "carts",
        sa.Column("id", ID, nullable=False),
        sa.Column("token", sa.String(length=120), nullable=False),
        sa.Column("partner_id", ID, nullable=True),
        sa.Column("touch_id", ID, nullable=True),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, server_default=wall_clock, nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_carts_partner_id_partners")
        ),
        sa.ForeignKeyConstraint(
            ["touch_id"], ["touches.id"], name=op.f("fk_carts_touch_id_touches")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carts")),
        sa.UniqueConstraint("token", name=op.f("uq_carts_token")),
    )
    op.create_table(
        "collection_items",
        sa.Column("collection_id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collections.id"],
            name=op.f("fk_collection_items_collection_id_collections"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_collection_items_product_id_products")
        ),
        sa.PrimaryKeyConstraint("collection_id", "product_id", name=op.f("pk_collection_items")),
    )
    op.create_table(
        "orders",
        sa.Column("id", ID, nullable=False),
        sa.Column("shop_id", ID, nullable=False),
        sa.Column("number", sa.String(length=120), nullable=False),
        sa.Column("token", sa.String(length=120), nullable=False),
        sa.Column("checkout_key", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("language", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("phone", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=120), nullable=True),
        sa.Column("address", sa.String(length=400), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("search", sa.String(length=800), nullable=False),
        sa.Column("goods_minor", sa.BigInteger(), nullable=False),
        sa.Column("shipping_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("partner_id", ID, nullable=True),
        sa.Column("touch_id", ID, nullable=True),
        sa.Column("visitor", sa.String(length=120), nullable=True),
        sa.Column("buyer_partner_id", ID, nullable=True),
        sa.Column("untold", sa.String(length=400), nullable=True),
        sa.Column("carrier", sa.String(length=120), nullable=True),
        sa.Column("tracking", sa.String(length=120), nullable=True),
        sa.Column("placed_at", INSTANT, nullable=False),
        sa.Column("paid_at", INSTANT, nullable=True),
        sa.Column("delivered_at", INSTANT, nullable=True),
        sa.Column("recorded_at", INSTANT, server_default=wall_clock, nullable=False),
        sa.CheckConstraint(
            "goods_minor > 0 and shipping_minor >= 0", name=op.f("ck_orders_amounts")
        ),
        sa.CheckConstraint(
            "total_minor = goods_minor + shipping_minor", name=op.f("ck_orders_total")
        ),
        sa.ForeignKeyConstraint(
            ["buyer_partner_id"], ["partners.id"], name=op.f("fk_orders_buyer_partner_id_partners")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_orders_partner_id_partners")
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_orders_shop_id_shops")),
        sa.ForeignKeyConstraint(
            ["touch_id"], ["touches.id"], name=op.f("fk_orders_touch_id_touches")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("checkout_key", name=op.f("uq_orders_checkout_key")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
        sa.UniqueConstraint("token", name=op.f("uq_orders_token")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_orders_state_placed_at"), "orders", ["state", "placed_at"], unique=False
    )
    op.create_index(op.f("ix_orders_partner_id"), "orders", ["partner_id"], unique=False)
    op.create_table(
        "cart_lines",
        sa.Column("cart_id", ID, nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_cart_lines_quantity")),
        sa.ForeignKeyConstraint(
            ["cart_id"], ["carts.id"], name=op.f("fk_cart_lines_cart_id_carts")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_cart_lines_product_id_products")
        ),
        sa.PrimaryKeyConstraint("cart_id", "product_id", name=op.f("pk_cart_lines")),
    )
    op.create_table(
        "order_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.String(length=400), nullable=True),
        sa.Column("recorded_at", INSTANT, server_default=wall_clock, nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_events_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_events")),
    )
    op.create_index(op.f("ix_order_events_order_id"), "order_events", ["order_id"], unique=False)
    op.create_table(
        "order_lines",
        sa.Column("order_id", ID, nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("product_id", ID, nullable=False),
        sa.Column("sku", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("category", sa.String(length=120), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("returned_quantity", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("quantity > 0 and amount_minor > 0", name=op.f("ck_order_lines_sold")),
        sa.CheckConstraint(
            "returned_quantity between 0 and quantity", name=op.f("ck_order_lines_returned")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_order_lines_product_id_products")
        ),
        sa.PrimaryKeyConstraint("order_id", "line_no", name=op.f("pk_order_lines")),
    )
    op.create_table(
        "order_refunds",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("form_key", sa.String(length=120), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("shipping_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("recorded_at", INSTANT, server_default=wall_clock, nullable=False),
        sa.CheckConstraint(
            "amount_minor >= 0 and shipping_minor >= 0", name=op.f("ck_order_refunds_amounts")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_refunds_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_refunds")),
        sa.UniqueConstraint("form_key", name=op.f("uq_order_refunds_form_key")),
        sa.UniqueConstraint(
            "order_id", "reference", name=op.f("uq_order_refunds_order_id_reference")
        ),
    )
    op.create_table(
        "payments",
        sa.Column("id", ID, nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("provider", sa.String(length=24), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("recorded_at", INSTANT, server_default=wall_clock, nullable=False),
        sa.CheckConstraint(
            "state in ('pending', 'succeeded', 'failed')", name=op.f("ck_payments_state")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payments_amount")),
        sa.CheckConstraint(
            "refunded_minor between 0 and amount_minor", name=op.f("ck_payments_refunded")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_payments_order_id_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("provider", "reference", name=op.f("uq_payments_provider_reference")),
    )
    op.create_index(op.f("ix_payments_order_id"), "payments", ["order_id"], unique=False)


def downgrade() -> None:
    """Drop the tables with their guards."""
    if op.get_bind().dialect.name == "postgresql":
        for event in ("change", "truncate"):
            op.execute(f"DROP TRIGGER append_only_{event} ON order_events")
    op.drop_index(op.f("ix_payments_order_id"), table_name="payments")
    op.drop_table("payments")
    op.drop_table("order_refunds")
    op.drop_table("order_lines")
    op.drop_index(op.f("ix_order_events_order_id"), table_name="order_events")
    op.drop_table("order_events")
    op.drop_table("cart_lines")
    op.drop_index(op.f("ix_orders_partner_id"), table_name="orders")
    op.drop_index(op.f("ix_orders_state_placed_at"), table_name="orders")
    op.drop_table("orders")
    op.drop_table("collection_items")
    op.drop_table("carts")
    op.drop_table("user_roles")
    op.drop_table("collections")
    op.drop_table("users")
    op.drop_table("shop_pages")
    op.drop_table("product_texts")
    op.drop_table("shops")
    op.drop_index(op.f("ix_products_category"), table_name="products")
    op.drop_table("products")
    op.drop_table("roles")
    op.drop_table("pictures")
    op.drop_table("demo_clock")
