"""The tables of orders: carts, orders with lines, what happened to them, and refunds.

An order keeps its own copy of names and prices: what was agreed doesn't change with the shop.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column, relationship

from commissions.models import Base, Instant
from commissions.models.base import (
    ID,
    At,
    Code,
    Id,
    Minor,
    RecordedAt,
    Ref,
    Text,
    Word,
    append_only,
)
from storefront.folding import fold, national_digits
from storefront.shop.models import Product

MOST_SEARCHED = 800


def _searched(context: DefaultExecutionContext) -> str:
    """Return the words that find an order, folded, as it is written."""
    order = context.get_current_parameters()  # type: ignore[no-untyped-call]  # reason: SQLAlchemy's
    words = fold(f"{order['name']} {order.get('email') or ''}")
    return f"{words} {national_digits(order['phone'])}"[:MOST_SEARCHED]


class Cart(Base):
    """What one visitor means to buy, and the partner whom the visitor supports.

    ``token`` is unguessable and lives in a signed cookie. The touch is the last one that the cart
    has seen, whole, so that a sale depends neither on cookies at checkout nor on its click having
    been loaded. ``touched_at`` without a partner is when the visitor chose to support nobody.
    """

    __tablename__ = "carts"

    id: Mapped[Id]
    token: Mapped[Code] = mapped_column(unique=True)
    partner_id: Mapped[int | None] = mapped_column(ID, ForeignKey("partners.id"))
    touch_key: Mapped[Code | None]
    touch_kind: Mapped[Word | None]
    touched_at: Mapped[datetime | None] = mapped_column(Instant)
    changed_at: Mapped[At]
    recorded_at: Mapped[RecordedAt]

    lines: Mapped[list[CartLine]] = relationship(
        "CartLine", lazy="selectin", order_by="CartLine.product_id", cascade="all, delete-orphan"
    )


class CartLine(Base):
    """So many pieces of one product in a cart."""

    __tablename__ = "cart_lines"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    cart_id: Mapped[int] = mapped_column(ID, ForeignKey("carts.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ID, ForeignKey("products.id"), primary_key=True)
    quantity: Mapped[int] = mapped_column(Integer)

    product: Mapped[Product] = relationship(Product, lazy="joined")


class Order(Base):
    """What a shopper agreed to buy, for how much, to where; ``state`` moves by ``workflow`` alone.

    ``number`` is what people say on the phone and the sale's reference in the engine; ``token``
    opens the order's page without an account. ``checkout_key`` is made with the form, so that a
    double tap finds the order that it has made already. ``search`` holds name, mail and phone as
    the desk searches for them. ``buyer_partner_id`` is the partner who was signed in while
    ordering. ``untold`` says why the engine hasn't taken the sale yet.
    """

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("goods_minor > 0 and shipping_minor >= 0", name="amounts"),
        CheckConstraint("total_minor = goods_minor + shipping_minor", name="total"),
        Index(None, "state", "placed_at"),
        Index(None, "partner_id"),
        # A number is never given twice: the engine knows the sale by it.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[Id]
    shop_id: Mapped[Ref] = mapped_column(ForeignKey("shops.id"))
    number: Mapped[Code] = mapped_column(unique=True)
    token: Mapped[Code] = mapped_column(unique=True)
    checkout_key: Mapped[Code] = mapped_column(unique=True)
    state: Mapped[Word]
    language: Mapped[Word]
    name: Mapped[Text]
    phone: Mapped[Code]
    email: Mapped[Code | None]
    address: Mapped[Text]
    city: Mapped[Code]
    note: Mapped[Text | None]
    search: Mapped[str] = mapped_column(String(MOST_SEARCHED), default=_searched)
    goods_minor: Mapped[Minor]
    shipping_minor: Mapped[Minor]
    total_minor: Mapped[Minor]
    partner_id: Mapped[int | None] = mapped_column(ID, ForeignKey("partners.id"))
    touch_key: Mapped[Code | None]
    touch_kind: Mapped[Word | None]
    touched_at: Mapped[datetime | None] = mapped_column(Instant)
    visitor: Mapped[Code | None]
    buyer_partner_id: Mapped[int | None] = mapped_column(ID, ForeignKey("partners.id"))
    untold: Mapped[Text | None]
    carrier: Mapped[Code | None]
    tracking: Mapped[Code | None]
    placed_at: Mapped[At]
    paid_at: Mapped[datetime | None] = mapped_column(Instant)
    delivered_at: Mapped[datetime | None] = mapped_column(Instant)
    recorded_at: Mapped[RecordedAt]

    lines: Mapped[list[OrderLine]] = relationship(
        "OrderLine", lazy="selectin", order_by="OrderLine.line_no"
    )
    events: Mapped[list[OrderEvent]] = relationship(
        "OrderEvent", lazy="selectin", order_by="OrderEvent.id"
    )
    refunds: Mapped[list[OrderRefund]] = relationship(
        "OrderRefund", lazy="selectin", order_by="OrderRefund.id"
    )


class OrderLine(Base):
    """One product of an order as it was sold; ``amount_minor`` is for all its pieces."""

    __tablename__ = "order_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0 and amount_minor > 0", name="sold"),
        CheckConstraint("returned_quantity between 0 and quantity", name="returned"),
    )

    order_id: Mapped[int] = mapped_column(ID, ForeignKey("orders.id"), primary_key=True)
    line_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    product_id: Mapped[Ref] = mapped_column(ForeignKey("products.id"))
    sku: Mapped[Code]
    name: Mapped[Text]
    category: Mapped[Code]
    quantity: Mapped[int] = mapped_column(Integer)
    unit_minor: Mapped[Minor]
    amount_minor: Mapped[Minor]
    returned_quantity: Mapped[int] = mapped_column(Integer, server_default="0")

    product: Mapped[Product] = relationship(Product, lazy="joined")


@append_only
class OrderEvent(Base):
    """One thing that happened to an order: what, when, by whom; ``detail`` is for people."""

    __tablename__ = "order_events"
    __table_args__ = (Index(None, "order_id"),)

    id: Mapped[Id]
    order_id: Mapped[Ref] = mapped_column(ForeignKey("orders.id"))
    kind: Mapped[Word]
    at: Mapped[At]
    actor: Mapped[Code]
    detail: Mapped[Text | None]
    recorded_at: Mapped[RecordedAt]


class OrderRefund(Base):
    """Money given back on an order; ``reference`` is also the refund's in the engine.

    ``form_key`` is made with the form, so that a double tap gives back once.
    """

    __tablename__ = "order_refunds"
    __table_args__ = (
        UniqueConstraint("order_id", "reference"),
        CheckConstraint("amount_minor >= 0 and shipping_minor >= 0", name="amounts"),
    )

    id: Mapped[Id]
    order_id: Mapped[Ref] = mapped_column(ForeignKey("orders.id"))
    reference: Mapped[Code]
    form_key: Mapped[Code] = mapped_column(unique=True)
    at: Mapped[At]
    amount_minor: Mapped[Minor]
    shipping_minor: Mapped[Minor]
    reason: Mapped[Text]
    actor: Mapped[Code]
    recorded_at: Mapped[RecordedAt]
