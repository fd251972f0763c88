"""The test payment: one yes counts once, and a no can be paid again."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions.models import SaleRecord
from storefront.orders.models import OrderEvent
from storefront.payments.models import Payment
from tests.storefront.shopping.shopper import orders, place
from tests.storefront.web import Browser


def states(app: Flask) -> list[str]:
    with Session(app.extensions["engine"]) as session:
        return list(session.scalars(select(Payment.state).order_by(Payment.id)))


def test_a_second_yes_shows_the_same_order(app: Flask, browser: Browser) -> None:
    path = place(browser).request.path
    fields = {"csrf_token": browser.hidden("csrf_token"), "answer": "pay"}
    first, second = (browser.client.post(path, data=fields) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    with Session(app.extensions["engine"]) as session:
        assert len(list(session.scalars(select(SaleRecord)))) == 1
        kinds = list(session.scalars(select(OrderEvent.kind).order_by(OrderEvent.id)))
    assert kinds == ["placed", "paid"]
    assert states(app) == ["succeeded"]
    assert browser.get(path).request.path == first.location


def test_a_no_after_a_yes_takes_nothing_back(app: Flask, browser: Browser) -> None:
    path = place(browser).request.path
    token = browser.hidden("csrf_token")
    browser.client.post(path, data={"csrf_token": token, "answer": "pay"})
    browser.client.post(path, data={"csrf_token": token, "answer": "decline"})
    assert states(app) == ["succeeded"]
    assert orders(app)[0].state == "paid"


def test_a_declined_payment_can_be_paid_again(app: Flask, browser: Browser) -> None:
    path = place(browser).request.path
    page = browser.post(path, answer="decline")
    assert "The payment was declined" in page.text
    assert orders(app)[0].state == "awaiting_payment"
    again = browser.post(f"{page.request.path}/pay")
    assert again.request.path.startswith("/pay/")
    assert again.request.path != path
    twice = browser.post(f"{page.request.path}/pay")
    assert twice.request.path == again.request.path
    done = browser.post(twice.request.path, answer="pay")
    assert "We are packing it" in done.text
    assert states(app) == ["failed", "succeeded"]


def test_a_paid_order_asks_for_no_more_money(app: Flask, browser: Browser) -> None:
    path = place(browser).request.path
    page = browser.post(path, answer="pay")
    assert "Pay now" not in page.text
    answer = browser.post(f"{page.request.path}/pay", page="/p/rose-toner")
    assert answer.request.path == page.request.path
    assert states(app) == ["succeeded"]


def test_the_pay_page_says_that_no_money_moves(browser: Browser) -> None:
    assert "no money moves" in place(browser).text
