"""How a shopper pays, seen from the shop: the shape that every provider keeps.

A provider is told and answers; it never touches orders. What it says of a payment reaches the
order by ``orders.workflow``.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol

from sqlalchemy.orm import Session

from storefront.orders.models import Order
from storefront.payments.models import Payment


class Asked(NamedTuple):
    """A payment that was begun, and the address where the shopper goes on."""

    payment: Payment
    url: str


class PaymentProvider(Protocol):
    """One way to pay."""

    name: str

    def ask(self, session: Session, order: Order, *, at: datetime) -> Asked:
        """Ask for an order's total; asked again while one is pending, it is the same one."""

    def refund(
        self, session: Session, payment: Payment, amount_minor: int, *, reference: str
    ) -> None:
        """Give money back, minor units; the payment is locked and has that much left.

        ``reference`` names the refund: the same one again gives nothing back twice.
        """
