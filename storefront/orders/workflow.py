"""An order's way: paid, shipped, delivered, completed; refunded, cancelled, expired.

The only file that tells the engine about the shop's own sales. Every step locks the order, checks
the move, appends an event, and is harmless when done twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from commissions import accrual, clawbacks, clicks, conversions
from commissions.errors import HoahongError, StateConflict
from commissions.models import Program
from commissions.states import check_move
from commissions.values import (
    MAX_TEXT,
    Buyer,
    Completion,
    Refund,
    RefundLine,
    Sale,
    SaleLine,
    Touch,
)
from storefront.errors import Refusal
from storefront.orders import refunds, stock, support
from storefront.orders.models import Order, OrderEvent, OrderRefund
from storefront.orders.states import ORDER_MOVES, REFUNDABLE, OrderState
from storefront.payments.models import Payment
from storefront.shop.models import Shop

UNPAID_FOR = timedelta(minutes=30)
_MOST_AT_ONCE = 500


def lock(session: Session, order: Order) -> Order:
    """Lock an order's row and return it as it stands now; others wait until the end."""
    session.flush()
    session.refresh(order, with_for_update=True)
    return order


def program_of(session: Session, order: Order) -> Program:
    """Return the program that an order's sale belongs to."""
    return session.get_one(Shop, order.shop_id).program


def note_event(
    session: Session,
    order: Order,
    kind: str,
    *,
    at: datetime,
    actor: str,
    detail: str | None = None,
) -> None:
    """Append what happened to an order."""
    order.events.append(OrderEvent(kind=kind, at=at, actor=actor, detail=detail))
    session.flush()


def mark_paid(session: Session, order: Order, *, at: datetime, actor: str) -> bool:
    """Take an order as paid and tell the engine of the sale; False when it was paid before.

    A sale that the engine refuses is told again by the jobs: whoever paid has an order, whatever
    is wrong with the program. Raises StateConflict for an order that has expired.
    """
    if not _move(session, order, OrderState.PAID):
        return False
    order.paid_at = at
    note_event(session, order, OrderState.PAID, at=at, actor=actor)
    _tell(session, order)
    return True


def tell_untold(session: Session, *, program: Program) -> int:
    """Tell the engine again of sales that it refused when they were paid; returns how many."""
    shops = select(Shop.id).where(Shop.program_id == program.id)
    orders = session.scalars(
        select(Order)
        .where(Order.untold.is_not(None), Order.shop_id.in_(shops))
        .order_by(Order.id)
        .limit(_MOST_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for order in orders:
        _tell(session, order)
    return sum(order.untold is None for order in orders)


def _tell_at_last(session: Session, order: Order) -> None:
    """Tell the engine of an order that it refused before; raises Refusal when it still does."""
    if order.untold is not None:
        _tell(session, order)
    if order.untold is not None:
        raise Refusal(
            _(
                "The engine hasn't taken the sale of this order yet: %(reason)s Mend that first.",
                reason=order.untold,
            )
        )


def _tell(session: Session, order: Order) -> None:
    """Tell the engine of a paid order; what it refuses is undone, and its sentence kept."""
    program = program_of(session, order)
    try:
        with session.begin_nested():
            conversions.record(session, program, [_sale(session, program, order)])
        order.untold = None
    except HoahongError as refusal:
        order.untold = str(refusal)[:MAX_TEXT]
    session.flush()


def ship(
    session: Session, order: Order, *, carrier: str, tracking: str, at: datetime, actor: str
) -> bool:
    """Hand an order to a carrier; False when it was shipped before."""
    if not _move(session, order, OrderState.SHIPPED):
        return False
    order.carrier, order.tracking = carrier or None, tracking or None
    detail = ", ".join(word for word in (carrier, tracking) if word) or None
    note_event(session, order, OrderState.SHIPPED, at=at, actor=actor, detail=detail)
    return True


def deliver(session: Session, order: Order, *, at: datetime, actor: str) -> bool:
    """Note that an order has arrived; False when it had arrived before."""
    if not _move(session, order, OrderState.DELIVERED):
        return False
    order.delivered_at = at
    note_event(session, order, OrderState.DELIVERED, at=at, actor=actor)
    return True


def complete(session: Session, order: Order, *, at: datetime, actor: str) -> bool:
    """Take an order as final and credit who brought it; False when it was final before.

    Raises Refusal while the engine doesn't take the order's sale.
    """
    if not _move(session, order, OrderState.COMPLETED):
        return False
    _tell_at_last(session, order)
    accrual.accrue(session, program_of(session, order), [Completion(order.number, at)], actor=actor)
    note_event(session, order, OrderState.COMPLETED, at=at, actor=actor)
    return True


def refund(
    session: Session,
    order: Order,
    *,
    lines: Mapping[int, int] | None,
    reason: str,
    form_key: str,
    with_shipping: bool,
    at: datetime,
    actor: str,
    seen_minor: int | None = None,
) -> OrderRefund:
    """Give back pieces by line number, or with None all that is left; returned pieces aren't sold.

    ``seen_minor`` is what "all that is left" came to on the page that asks, if any. The same form
    again gives the same refund. When all goes back before completion the order is cancelled.
    Raises Refusal for more than is left or another sum, StateConflict for an order never paid.
    """
    lock(session, order)
    before = refunds.given(session, order, form_key)
    if before:
        return before
    if order.state not in REFUNDABLE:
        message = f"Order {order.number} is {order.state}: there is nothing to give back."
        raise StateConflict(message)
    if lines is None and seen_minor is not None:
        refunds.check_seen(order, seen_minor, program_of(session, order).currency)
    wish = refunds.Wish(lines, reason, form_key, with_shipping, at, actor)
    due = refunds.due(order, wish)
    made = refunds.keep(session, order, wish, due)
    note_event(session, order, "refunded", at=at, actor=actor, detail=reason)
    if order.state == OrderState.PAID:  # not shipped: the pieces never left the shelf
        stock.put_back(session, _by_product(order, due.pieces))
    _tell_engine_of_refund(session, order, made, due)
    return made


def _by_product(order: Order, pieces: Mapping[int, int]) -> Counter[int]:
    """Return pieces by product instead of by line number."""
    found = Counter[int]()
    for line in order.lines:
        found[line.product_id] += pieces.get(line.line_no, 0)
    return found


def _tell_engine_of_refund(
    session: Session, order: Order, made: OrderRefund, due: refunds.Due
) -> None:
    if not due.pieces:
        return  # nobody earns by shipping
    program = program_of(session, order)
    is_all = all(line.returned_quantity == line.quantity for line in order.lines)
    if is_all and order.state != OrderState.COMPLETED:
        _cancel(session, program, order, made)
    else:
        _tell_at_last(session, order)
        back = tuple(
            RefundLine(order.number, line_no, quantity)
            for line_no, quantity in sorted(due.pieces.items())
        )
        clawbacks.take_back(
            session,
            program,
            [Refund(made.reference, made.at, back, reason=made.reason)],
            actor=made.actor,
        )


def _cancel(session: Session, program: Program, order: Order, made: OrderRefund) -> None:
    check_move(ORDER_MOVES, order.state, OrderState.CANCELLED, what=f"Order {order.number}")
    order.state = OrderState.CANCELLED
    if order.untold is None:
        conversions.cancel(
            session, program, [order.number], at=made.at, actor=made.actor, reason=made.reason
        )
    order.untold = None  # a sale that came to nothing needn't be told
    note_event(session, order, OrderState.CANCELLED, at=made.at, actor=made.actor)


def expire_unpaid(session: Session, *, at: datetime, program: Program | None = None) -> int:
    """Give up orders unpaid for half an hour, and put their pieces back; returns how many.

    Of one program's shop, or of every shop. Orders that somebody has in hand are left for later.
    """
    unpaid = select(Order).where(
        Order.state == OrderState.AWAITING_PAYMENT, Order.placed_at <= at - UNPAID_FOR
    )
    if program:
        shops = select(Shop.id).where(Shop.program_id == program.id)
        unpaid = unpaid.where(Order.shop_id.in_(shops))
    orders = session.scalars(
        unpaid.order_by(Order.id).limit(_MOST_AT_ONCE).with_for_update(skip_locked=True)
    ).all()
    for order in orders:
        order.state = OrderState.EXPIRED
        note_event(session, order, OrderState.EXPIRED, at=at, actor="jobs")
    reserved = Counter[int]()
    for order in orders:
        for line in order.lines:
            reserved[line.product_id] += line.quantity
    stock.put_back(session, reserved)
    session.execute(
        update(Payment)
        .where(Payment.order_id.in_([order.id for order in orders]), Payment.state == "pending")
        .values(state="failed", ended_at=at)
    )
    return len(orders)


def _move(session: Session, order: Order, to: OrderState) -> bool:
    """Lock an order and move it on; False when it has been there already."""
    lock(session, order)
    if order.state == to or any(event.kind == to for event in order.events):
        return False
    check_move(ORDER_MOVES, order.state, to, what=f"Order {order.number}")
    order.state = to
    return True


def _sale(session: Session, program: Program, order: Order) -> Sale:
    if order.paid_at is None:
        message = f"order {order.number} isn't paid"
        raise ValueError(message)
    return Sale(
        order.number,
        order.paid_at,
        program.currency,
        tuple(
            SaleLine(line.line_no, line.sku, line.quantity, line.amount_minor, line.category)
            for line in order.lines
        ),
        Buyer(email=order.email, phone=order.phone, partner_id=order.buyer_partner_id),
        tuple(_touches(session, program, order)),
        ordered_at=order.placed_at,
    )


def _touches(session: Session, program: Program, order: Order) -> Sequence[Touch]:
    """Return the touches that an order brings: the visitor's until it was placed, and its own."""
    since = order.placed_at - timedelta(days=program.window_days)
    seen = clicks.of_visitor(session, program, order.visitor, since=since) if order.visitor else []
    touches = [touch for touch in seen if touch.occurred_at <= order.placed_at]
    own = support.touch_of(order)
    # Its own may not be loaded yet, or count for nothing where it was only seen again.
    if own and own.key not in {touch.key for touch in touches}:
        touches.append(own)
    return sorted(touches, key=lambda touch: touch.occurred_at)
