"""Money goes back: by piece, by line or all of it, with or without shipping.

Works out the amounts and books the shop's own rows. What the engine is told of it goes through
``workflow``, which calls this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions.money import split
from storefront import i18n
from storefront.errors import Refusal
from storefront.orders.models import Order, OrderLine, OrderRefund
from storefront.orders.states import OrderState
from storefront.payments.models import Payment
from storefront.payments.providers import PROVIDERS


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall go back: pieces by line number (None: all that is left), why, and which form."""

    lines: Mapping[int, int] | None
    reason: str
    form_key: str
    with_shipping: bool
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Due:
    """What a refund comes to: pieces by line number, goods and shipping in minor units."""

    pieces: Mapping[int, int]
    goods_minor: int
    shipping_minor: int


def given(session: Session, order: Order, form_key: str) -> OrderRefund | None:
    """Return the refund that a form has made; raises Refusal when it was of another order."""
    found = session.scalar(select(OrderRefund).where(OrderRefund.form_key == form_key))
    if found and found.order_id != order.id:
        raise Refusal(_("This form belongs to another order. Load the page again."))
    return found


def check_seen(order: Order, seen_minor: int, currency: str) -> None:
    """Raise Refusal when "all that is left" isn't what the page showed: somebody was faster."""
    left = all_left(order)
    if seen_minor != left:
        raise Refusal(
            _(
                "The order has moved on since you opened this page: all that is left is now"
                " %(amount)s. Look at it once more.",
                amount=i18n.money(left, currency),
            )
        )


def due(order: Order, wish: Wish) -> Due:
    """Work out what is to go back; raises Refusal for nothing, or more than is left.

    When nothing is left to ship, the shipping goes back too.
    """
    left = pieces_left(order)
    pieces = _but_nothing(left if wish.lines is None else wish.lines)
    for line_no, quantity in pieces.items():
        if not 0 < quantity <= left.get(line_no, 0):
            raise Refusal(_("Line %(line)s has %(left)s pieces left to give back.",
                            line=line_no, left=left.get(line_no, 0)))  # fmt: skip
    by_no = {line.line_no: line for line in order.lines}
    goods = sum(amount_of(by_no[line_no], quantity) for line_no, quantity in pieces.items())
    is_never_shipped = order.state == OrderState.PAID and pieces == _but_nothing(left)
    shipping = shipping_left(order) if wish.with_shipping or is_never_shipped else 0
    if not pieces and not shipping:
        raise Refusal(_("Choose what goes back: at least one piece, or the shipping."))
    return Due(pieces, goods, shipping)


def pieces_left(order: Order) -> dict[int, int]:
    """Return how many pieces of each line haven't gone back, by line number."""
    return {line.line_no: line.quantity - line.returned_quantity for line in order.lines}


def all_left(order: Order) -> int:
    """Return what goes back when all is given back, in minor units."""
    goods = sum(amount_of(line, line.quantity - line.returned_quantity) for line in order.lines)
    return goods + (shipping_left(order) if order.state == OrderState.PAID else 0)


def amount_of(line: OrderLine, quantity: int) -> int:
    """Return what the next pieces of a line are worth: counted from the first, minor units."""
    worth = split(line.amount_minor, [1] * line.quantity)
    return sum(worth[line.returned_quantity : line.returned_quantity + quantity])


def shipping_left(order: Order) -> int:
    """Return the shipping that hasn't gone back, in minor units."""
    return order.shipping_minor - sum(refund.shipping_minor for refund in order.refunds)


def keep(session: Session, order: Order, wish: Wish, due: Due) -> OrderRefund:
    """Write the refund down, take its pieces off the lines, and give the money back."""
    refund = OrderRefund(
        order_id=order.id,
        reference=f"{order.number}-R{len(order.refunds) + 1}",
        form_key=wish.form_key,
        at=wish.at,
        amount_minor=due.goods_minor,
        shipping_minor=due.shipping_minor,
        reason=wish.reason,
        actor=wish.actor,
    )
    order.refunds.append(refund)
    for line in order.lines:
        line.returned_quantity += due.pieces.get(line.line_no, 0)
    session.flush()
    _pay_back(session, order, due.goods_minor + due.shipping_minor, refund.reference)
    return refund


def _but_nothing(pieces: Mapping[int, int]) -> dict[int, int]:
    return {line_no: quantity for line_no, quantity in pieces.items() if quantity}


def _pay_back(session: Session, order: Order, amount_minor: int, reference: str) -> None:
    payment = session.scalars(
        select(Payment)
        .where(Payment.order_id == order.id, Payment.state == "succeeded")
        .with_for_update()
    ).one()
    payment.refunded_minor += amount_minor
    session.flush()
    PROVIDERS[payment.provider].refund(session, payment, amount_minor, reference=reference)
