"""The test payment: one yes counts once, and a no can be paid again."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from commissions.models import SaleRecord
from storefront import database
from storefront.clock import DemoClock
from storefront.orders.models import OrderEvent
from storefront.payments.models import Payment
from tests.storefront.hub.reading import text_of
from tests.storefront.shopping.shopper import fill_cart, orders, place, send_checkout
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


def test_a_shop_without_a_way_to_pay_says_kindly_that_nothing_can_be_bought(
    app: Flask, browser: Browser
) -> None:
    fill_cart(browser).get("/checkout")
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], payments="none")
    for refused in (
        send_checkout(browser),
        browser.get("/checkout?lang=en"),
        browser.post("/cart/add", page="/cart?lang=en", sku="TON-200", then="checkout"),
    ):
        assert refused.status_code == 409
        assert "Nothing can be bought here yet" in text_of(refused.text)
    assert orders(app) == []
    assert 'href="/checkout"' not in browser.get("/cart?lang=en").text
    shown = browser.get("/p/rose-toner?lang=en")
    assert shown.status_code == 200
    assert "Call the shop: the number is below." in text_of(shown.text)
    assert 'action="/cart/add"' not in shown.text


def test_an_unpaid_order_waits_where_there_is_no_way_to_pay(app: Flask, browser: Browser) -> None:
    place(browser)
    (order,) = orders(app)
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], payments="none")
    told = browser.post(f"/o/{order.token}/pay", page=f"/o/{order.token}?lang=en")
    assert told.status_code == 409
    assert "There is no way to pay here so far" in text_of(told.text)


def test_no_money_moves_is_said_where_a_shop_takes_test_payments(
    app: Flask, browser: Browser, new_browser: type[Browser]
) -> None:
    banner = 'class="testmode"'
    desk = new_browser().sign_in("preparer")  # type: ignore[call-arg]  # reason: a fixture's class
    assert banner in browser.get("/").text
    assert banner in desk.get("/finance/review").text
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], payments="none")
    assert banner in desk.get("/finance/review").text, "its clock is a demo's"
    with database.transaction(app.extensions["engine"]) as session:
        session.execute(delete(DemoClock))
    assert banner not in desk.get("/finance/review").text
    assert banner not in browser.get("/").text
