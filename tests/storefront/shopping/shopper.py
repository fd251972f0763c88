"""A shopper for tests: the steps that most stories share, over HTTP."""

# ruff: noqa: ANN401 -- what is changed is whatever a form or a product has
from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from storefront import database
from storefront.orders.models import Order
from storefront.shop.models import Product
from tests.storefront.web import Browser

TYPED = {
    "name": "Nguyễn Thu Trang",
    "phone": "0905 123 456",
    "address": "142 ngõ Hoa Giấy",
    "city": "Đà Nẵng",
    "email": "trang@example.com",
    "note": "",
}


def fill_cart(browser: Browser, *skus: str) -> Browser:
    """Put a piece of each product in the cart."""
    for sku in skus or ("TON-200",):
        answer = browser.post("/cart/add", page="/p/rose-toner?lang=en", sku=sku, quantity="1")
        assert answer.status_code == 200
    return browser


def send_checkout(browser: Browser, **changes: Any) -> TestResponse:
    """Send the checkout form of the page in hand, as it stands but for what is changed."""
    fields = {
        **TYPED,
        "checkout_key": browser.hidden("checkout_key"),
        "total_minor": browser.hidden("total_minor"),
    }
    return browser.post("/checkout", **{**fields, **changes})


def place(browser: Browser, *skus: str, **changes: Any) -> TestResponse:
    """Buy a piece of each product; ends on the pay page."""
    fill_cart(browser, *skus).get("/checkout")
    return send_checkout(browser, **changes)


def buy(browser: Browser, *skus: str, **changes: Any) -> TestResponse:
    """Buy and pay; ends on the order's page."""
    pay_page = place(browser, *skus, **changes)
    assert pay_page.request.path.startswith("/pay/"), pay_page.text
    answer = browser.post(pay_page.request.path, answer="pay")
    assert answer.request.path.startswith("/o/"), answer.text
    return answer


def orders(app: Flask) -> list[Order]:
    """Return all orders as they are in the database."""
    with Session(app.extensions["engine"]) as session:
        return list(session.scalars(select(Order).order_by(Order.id)))


def stock(app: Flask, sku: str) -> int:
    """Return how many pieces are left."""
    with Session(app.extensions["engine"]) as session:
        return session.scalars(select(Product.stock).where(Product.sku == sku)).one()


def change_product(app: Flask, sku: str, **changes: Any) -> None:
    """Let the brand change a product meanwhile."""
    with database.transaction(app.extensions["engine"]) as session:
        product = session.scalars(select(Product).where(Product.sku == sku)).one()
        for name, value in changes.items():
            setattr(product, name, value)
