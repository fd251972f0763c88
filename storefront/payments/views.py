"""The test provider's pay page, and beginning to pay again after a no."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from storefront import clock, logs
from storefront.errors import Missing
from storefront.orders import workflow
from storefront.orders.models import Order
from storefront.orders.states import OrderState
from storefront.payments import choosing
from storefront.payments.models import Payment
from storefront.payments.test_provider import FAILED, PENDING, SUCCEEDED
from storefront.shop.current import program
from storefront.shop.texts import is_plain
from storefront.transactions import session

payments = Blueprint("payments", __name__)


@payments.get("/pay/<token>")
def test_page(token: str) -> ResponseReturnValue:
    """Show the pay page; a payment that has ended leads to its order."""
    payment = _find(token)
    order = session.get_one(Order, payment.order_id)
    if payment.state != PENDING:
        return redirect(url_for("orders.order", token=order.token))
    return render_template(
        "payments/test_page.html", payment=payment, order=order, currency=program().currency
    )


@payments.post("/pay/<token>")
def test_pay(token: str) -> ResponseReturnValue:
    """Take the shopper's yes or no, once: who taps again sees the same order."""
    payment = _find(token)
    order = workflow.lock(session, session.get_one(Order, payment.order_id))
    session.refresh(payment, with_for_update=True)
    if payment.state == PENDING:
        _end(payment, order, is_paid=request.form.get("answer") == "pay")
    return redirect(url_for("orders.order", token=order.token), 303)


@payments.post("/o/<token>/pay")
def again(token: str) -> ResponseReturnValue:
    """Begin to pay an order that isn't paid yet."""
    order = session.scalar(select(Order).where(Order.token == token)) if is_plain(token) else None
    if order is None:
        raise Missing(_("There is no such order. Look at the link once more."))
    workflow.lock(session, order)
    if order.state != OrderState.AWAITING_PAYMENT:
        return redirect(url_for("orders.order", token=order.token), 303)
    asked = choosing.provider().ask(session, order, at=clock.now(session))
    return redirect(asked.url, 303)


def _end(payment: Payment, order: Order, *, is_paid: bool) -> None:
    now = clock.now(session)
    payment.ended_at = now
    if is_paid and order.state == OrderState.AWAITING_PAYMENT:
        payment.state = SUCCEEDED
        workflow.mark_paid(session, order, at=now, actor=logs.actor())
        return
    payment.state = FAILED
    flash(_("The payment was declined. Nothing was taken; you can pay again."), "brick")


def _find(token: str) -> Payment:
    """Return a payment of the test provider, where shoppers pay by it; raises Missing."""
    named = select(Payment).where(Payment.reference == token, Payment.provider == "test")
    found = session.scalar(named) if choosing.takes_tests() and is_plain(token) else None
    if found is None:
        raise Missing(_("There is no such payment. Look at the link once more."))
    return found
