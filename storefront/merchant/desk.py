"""What the brand's desk reads: the list of orders, one order, and what may be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, selectinload

from commissions.models import Commission, Partner, Program, SaleRecord
from commissions.states import CommissionState
from storefront import folding
from storefront.orders.models import Order, OrderLine
from storefront.orders.states import OrderState
from storefront.shop.models import Shop

MOST_SHOWN = 100
_LONGEST_SEARCH = 80
FILTERS: Mapping[str, tuple[str, ...]] = {
    "every": tuple(OrderState),
    "to_ship": (OrderState.PAID,),
    "shipped": (OrderState.SHIPPED,),
    "delivered": (OrderState.DELIVERED,),
    "completed": (OrderState.COMPLETED,),
    "unpaid": (OrderState.AWAITING_PAYMENT, OrderState.EXPIRED),
    "cancelled": (OrderState.CANCELLED,),
}
NEXT: Mapping[str, str] = {
    OrderState.PAID: "ship",
    OrderState.SHIPPED: "deliver",
    OrderState.DELIVERED: "complete",
}


class Row(NamedTuple):
    """One order of the list, who brought it, and how many pieces it has."""

    order: Order
    partner_name: str | None
    pieces: int


class Earner(NamedTuple):
    """Who earns by an order: what, how much, and where it stands."""

    commission: Commission
    partner_code: str
    partner_name: str

    @property
    def counted_minor(self) -> int:
        """What it adds to what the order earns, in minor units: rejected, nothing."""
        rejected = self.commission.state == CommissionState.REJECTED
        return 0 if rejected else self.commission.amount_minor


def orders(session: Session, *, state: str, search: str) -> list[Row]:
    """Return the newest orders in a view of the desk, of those that a search finds."""
    pieces = (
        select(func.coalesce(func.sum(OrderLine.quantity), 0))
        .where(OrderLine.order_id == Order.id)
        .correlate(Order)
        .scalar_subquery()
    )
    found = session.execute(
        select(Order, Partner.name, pieces)
        .outerjoin(Partner, Partner.id == Order.partner_id)
        .options(selectinload(Order.refunds))
        .where(Order.state.in_(FILTERS[state]), *_found_by(search))
        .order_by(Order.id.desc())
        .limit(MOST_SHOWN)
    )
    return [Row(*row) for row in found]


def counts(session: Session) -> dict[str, int]:
    """Return how many orders each view of the desk has."""
    by_state = {
        state: count
        for state, count in session.execute(select(Order.state, func.count()).group_by(Order.state))
    }
    return {word: sum(by_state.get(one, 0) for one in states) for word, states in FILTERS.items()}


def find(session: Session, number: str) -> Order | None:
    """Return an order by its number."""
    return session.scalar(select(Order).where(Order.number == number))


def shop_of(session: Session, order: Order) -> Shop:
    """Return the shop in which an order was placed."""
    return session.get_one(Shop, order.shop_id)


def earners(session: Session, program: Program, order: Order) -> list[Earner]:
    """Return who earns by an order, as the books have it."""
    found = session.execute(
        select(Commission, Partner.code, Partner.name)
        .join(Partner, Partner.id == Commission.partner_id)
        .join(SaleRecord, SaleRecord.id == Commission.sale_id)
        .where(SaleRecord.program_id == program.id, SaleRecord.reference == order.number)
        .order_by(Commission.id)
    )
    return [Earner(*row) for row in found]


def credited(session: Session, program: Program, order: Order) -> int:
    """Return what an order's commissions come to, less what was taken back, in minor units."""
    amount = session.scalar(
        select(func.coalesce(func.sum(Commission.amount_minor), 0))
        .join(SaleRecord, SaleRecord.id == Commission.sale_id)
        .where(
            SaleRecord.program_id == program.id,
            SaleRecord.reference == order.number,
            Commission.state != CommissionState.REJECTED,
        )
    )
    return int(amount or 0)


def supported(session: Session, order: Order) -> Partner | None:
    """Return the partner whom the shopper supported."""
    return session.get(Partner, order.partner_id) if order.partner_id else None


def _found_by(search: str) -> list[ColumnElement[bool]]:
    """Find by number, name, mail or phone, however they are spelt."""
    text = search.strip()[:_LONGEST_SEARCH]
    if not text:
        return []
    words = {folding.fold(text), *folding.phones_meant(text)}
    return [
        or_(
            func.lower(Order.number).contains(text.lower(), autoescape=True),
            *(Order.search.contains(word, autoescape=True) for word in sorted(words)),
        )
    ]
