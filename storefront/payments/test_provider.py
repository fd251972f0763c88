"""Payments in which no money moves: our own pay page says yes or no."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from storefront.orders.models import Order
from storefront.payments.models import Payment
from storefront.payments.port import Asked

PENDING, SUCCEEDED, FAILED = "pending", "succeeded", "failed"


class TestProvider:
    """The built-in provider for trying out; production can't start with it."""

    __test__ = False  # it is named for what it does, and no test
    name = "test"

    def ask(self, session: Session, order: Order, *, at: datetime) -> Asked:
        """Ask for a payment, or find the one that is pending."""
        payment = session.scalar(
            select(Payment).where(
                Payment.order_id == order.id,
                Payment.provider == self.name,
                Payment.state == PENDING,
            )
        )
        if payment is None:
            payment = Payment(
                order_id=order.id,
                provider=self.name,
                reference=secrets.token_urlsafe(24),
                amount_minor=order.total_minor,
                refunded_minor=0,
                state=PENDING,
                begun_at=at,
            )
            session.add(payment)
            session.flush()
        return Asked(payment, f"/pay/{payment.reference}")

    def refund(
        self, session: Session, payment: Payment, amount_minor: int, *, reference: str
    ) -> None:
        """Give back what was never taken: nothing moves, and the shop's own rows say so."""
        del session, payment, amount_minor, reference
