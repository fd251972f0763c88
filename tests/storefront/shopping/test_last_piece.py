"""Eight shoppers at the last piece: one order, seven kind refusals, nothing left, nothing lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.storefront.shopping.shopper import (
    TYPED,
    change_product,
    fill_cart,
    orders,
    send_checkout,
    stock,
)
from tests.storefront.web import Browser

SHOPPERS = 8
ROUNDS = 100


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_the_last_piece_is_sold_once(app: Flask) -> None:
    browsers = [Browser(app.test_client()) for _ in range(SHOPPERS)]
    change_product(app, "BOX-001", stock=SHOPPERS)
    for browser in browsers:
        fill_cart(browser, "TEA-100", "BOX-001")
    for sold in range(1, ROUNDS + 1):
        change_product(app, "BOX-001", stock=1)
        change_product(app, "TEA-100", stock=20)
        answers = together(browsers)
        won = [browser for browser, answer in answers if answer.request.path.startswith("/pay/")]
        refused = [answer for _, answer in answers if answer.status_code == 422]
        assert (len(won), len(refused)) == (1, SHOPPERS - 1)
        assert all("Somebody was faster" in answer.text for answer in refused)
        assert len(orders(app)) == sold
        assert (stock(app, "BOX-001"), stock(app, "TEA-100")) == (0, 19)
        change_product(app, "BOX-001", stock=SHOPPERS)
        fill_cart(won[0], "TEA-100", "BOX-001")


def together(browsers: list[Browser]) -> list[tuple[Browser, TestResponse]]:
    """Let all of them order at the same moment."""
    for browser in browsers:
        browser.get("/checkout")
    barrier = threading.Barrier(len(browsers))

    def order(browser: Browser) -> tuple[Browser, TestResponse]:
        barrier.wait(30)
        return browser, send_checkout(browser)

    with ThreadPoolExecutor(len(browsers)) as pool:
        return list(pool.map(order, browsers))


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_one_form_sent_eight_times_at_once_is_one_order(app: Flask, browser: Browser) -> None:
    fill_cart(browser).get("/checkout")
    fields = {
        **TYPED,
        **{name: browser.hidden(name) for name in ("csrf_token", "checkout_key", "total_minor")},
    }
    cookies = {
        name: cookie.value
        for name in ("session", "cart", "visit", "lang")
        if (cookie := browser.client.get_cookie(name))
    }
    barrier = threading.Barrier(SHOPPERS)

    def send(_number: int) -> str | None:
        client = app.test_client()
        for name, value in cookies.items():
            client.set_cookie(name, value)
        barrier.wait(30)
        return client.post("/checkout", data=fields).location

    with ThreadPoolExecutor(SHOPPERS) as pool:
        places = set(pool.map(send, range(SHOPPERS)))
    assert len(places) == 1
    assert len(orders(app)) == 1
    assert stock(app, "TON-200") == 19


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_eight_yeses_at_once_pay_once(app: Flask, browser: Browser) -> None:
    fill_cart(browser).get("/checkout")
    path = send_checkout(browser).request.path
    fields = {"csrf_token": browser.hidden("csrf_token"), "answer": "pay"}
    session = browser.client.get_cookie("session")
    assert session is not None
    barrier = threading.Barrier(SHOPPERS)

    def send(_number: int) -> int:
        client = app.test_client()
        client.set_cookie("session", session.value)
        barrier.wait(30)
        return client.post(path, data=fields).status_code

    with ThreadPoolExecutor(SHOPPERS) as pool:
        assert set(pool.map(send, range(SHOPPERS))) == {303}
    assert orders(app)[0].state == "paid"
    assert [event.kind for event in orders(app)[0].events] == ["placed", "paid"]


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_eight_taps_at_once_put_eight_pieces_in_the_cart(app: Flask, browser: Browser) -> None:
    fill_cart(browser)
    browser.get("/p/lotus-tea")
    fields = {"csrf_token": browser.hidden("csrf_token"), "sku": "TEA-100", "quantity": "1"}
    cookies = {
        name: cookie.value
        for name in ("session", "cart")
        if (cookie := browser.client.get_cookie(name))
    }
    barrier = threading.Barrier(SHOPPERS)

    def send(_number: int) -> int:
        client = app.test_client()
        for name, value in cookies.items():
            client.set_cookie(name, value)
        barrier.wait(30)
        return client.post("/cart/add", data=fields).status_code

    with ThreadPoolExecutor(SHOPPERS) as pool:
        assert set(pool.map(send, range(SHOPPERS))) == {303}
    assert f'<span class="figure">{SHOPPERS}</span>' in browser.get("/cart").text
