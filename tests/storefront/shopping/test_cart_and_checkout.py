"""Cart and checkout: what is typed stays, a double tap is one order, and no is said kindly."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from commissions.models import Partner
from tests.storefront.shopping.shopper import (
    TYPED,
    buy,
    change_product,
    fill_cart,
    orders,
    place,
    send_checkout,
    stock,
)
from tests.storefront.web import Browser

TONER = "/p/rose-toner?lang=en"


def assert_kept(text: str) -> None:
    """Assert that the form still has all that was typed."""
    for typed in filter(None, TYPED.values()):
        assert f'value="{typed}"' in text, typed


def test_a_double_tap_makes_one_order(app: Flask, browser: Browser) -> None:
    fill_cart(browser).get("/checkout")
    fields = {
        **TYPED,
        "csrf_token": browser.hidden("csrf_token"),
        "checkout_key": browser.hidden("checkout_key"),
        "total_minor": browser.hidden("total_minor"),
    }
    first, second = (browser.client.post("/checkout", data=fields) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert len(orders(app)) == 1
    assert stock(app, "TON-200") == 19


def test_the_same_form_again_after_paying_shows_the_order(app: Flask, browser: Browser) -> None:
    fill_cart(browser).get("/checkout")
    form = {name: browser.hidden(name) for name in ("checkout_key", "total_minor")}
    pay_page = send_checkout(browser)
    browser.post(pay_page.request.path, answer="pay")
    answer = browser.post("/checkout", page=TONER, **TYPED, **form)
    assert answer.request.path.startswith("/o/")
    assert len(orders(app)) == 1


@pytest.mark.parametrize("total", ["1", "-1", "0", "", "9" * 40, "351000.0", "٣٥١٠٠٠", "x"])
def test_a_tampered_total_is_told_and_nothing_is_ordered(
    app: Flask, browser: Browser, total: str
) -> None:
    answer = place(browser, total_minor=total)
    assert answer.status_code == 422
    assert "The total is now 351,000\xa0₫" in answer.text
    assert_kept(answer.text)
    assert not orders(app)
    assert send_checkout(browser).request.path.startswith("/pay/")


def test_a_price_that_changed_meanwhile_is_told(app: Flask, browser: Browser) -> None:
    fill_cart(browser).get("/checkout")
    change_product(app, "TON-200", price_minor=340_000)
    answer = send_checkout(browser)
    assert answer.status_code == 422
    assert "362,000" in answer.text
    assert_kept(answer.text)


@pytest.mark.parametrize("key", ["", "x", "a" * 5_000, "ImV2aWwi.forged"])
def test_a_forged_form_key_makes_no_order_and_loses_nothing(
    app: Flask, browser: Browser, key: str
) -> None:
    answer = place(browser, checkout_key=key)
    assert answer.status_code == 422
    assert_kept(answer.text)
    assert not orders(app)


@pytest.mark.parametrize("changes", [{"stock": 0}, {"stock": 1}, {"on_sale": False}])
def test_a_product_sold_out_meanwhile_is_told_and_nothing_is_lost(
    app: Flask, browser: Browser, changes: dict[str, Any]
) -> None:
    fill_cart(browser, "TEA-100", "TON-200", "TON-200").get("/checkout")
    change_product(app, "TON-200", **changes)
    answer = send_checkout(browser)
    assert answer.status_code == 422
    assert "Somebody was faster" in answer.text
    assert_kept(answer.text)
    assert not orders(app)
    assert stock(app, "TEA-100") == 20, "what was reserved before is free again"
    shown = browser.get("/cart").text
    assert "Goods TEA-100" in shown
    assert "left" in shown or "Sold out" in shown
    browser.post("/cart/change", sku="TON-200", quantity="0")
    assert_kept(browser.get("/checkout").text)
    assert send_checkout(browser).request.path.startswith("/pay/")


def test_an_empty_cart_at_checkout_is_told_and_what_was_typed_is_kept(
    app: Flask, browser: Browser
) -> None:
    fill_cart(browser).get("/checkout")
    form = {name: browser.hidden(name) for name in ("checkout_key", "total_minor")}
    browser.post("/cart/change", page="/cart", sku="TON-200", quantity="0")
    answer = browser.post("/checkout", page=TONER, **TYPED, **form)
    assert answer.status_code == 422
    assert "Your cart is empty" in answer.text
    assert_kept(answer.text)
    assert browser.get("/checkout").request.path == "/cart"
    assert not orders(app)


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("name", " ", "Write the name"),
        ("name", "x" * 121, "Shorten this to 120"),
        ("name", "\u202e\x07", "Write the name"),
        ("phone", "", "Write a phone number"),
        ("phone", "12", "8 to 15 digits"),
        ("phone", "0905 abc", "8 to 15 digits"),
        ("address", "", "house number and street"),
        ("city", "", "city or province"),
        ("email", "trang", "like ten@example.com"),
        ("email", "a b@c.d", "like ten@example.com"),
        ("note", "n" * 401, "Shorten this to 400"),
    ],
)
def test_a_fault_stands_at_its_field(
    app: Flask, browser: Browser, field: str, typed: str, told: str
) -> None:
    answer = place(browser, **{field: typed})
    assert answer.status_code == 422
    assert told in answer.text
    assert f'id="d-{field}"' in answer.text
    assert not orders(app)


def test_signs_that_no_database_stores_are_left_out(app: Flask, browser: Browser) -> None:
    assert place(browser, name="Tr\x00ang", note="a\x00b").request.path.startswith("/pay/")
    assert (orders(app)[0].name, orders(app)[0].note) == ("Trang", "ab")


def test_names_and_notes_are_shown_as_they_were_typed(app: Flask, browser: Browser) -> None:
    answer = buy(browser, name="<b>Trang</b> & 'co'")
    assert "&lt;b&gt;Trang&lt;/b&gt;" in answer.text
    assert "<b>Trang</b>" not in answer.text


@pytest.mark.parametrize(
    "path", ["/cart/add", "/cart/change", "/supporting", "/checkout", "/pay/x"]
)
def test_a_form_without_its_token_changes_nothing(app: Flask, path: str) -> None:
    client = app.test_client()
    answer = client.post(path, data={"sku": "TON-200", "quantity": "1"})
    assert answer.status_code == 400
    assert "<h1>" in answer.text


def test_an_order_counts_up_its_number_and_shows_what_was_agreed(
    app: Flask, browser: Browser
) -> None:
    buy(browser, "TEA-100")
    answer = buy(browser, "CRM-050", "TEA-100")
    assert [order.number for order in orders(app)] == ["HS-1001", "HS-1002"]
    assert orders(app)[1].shipping_minor == 0, "free from 400,000"
    assert "587,000" in answer.text
    change_product(app, "TEA-100", price_minor=1)
    assert "587,000" in browser.get(answer.request.path).text


def test_another_order_is_not_found(app: Flask, browser: Browser) -> None:
    path = buy(browser).request.path
    assert browser.get(path + "x").status_code == 404
    assert browser.get(path[:-1]).status_code == 404
    assert browser.get("/o/1").status_code == 404


def test_an_orders_page_is_open_to_whoever_has_its_link(
    browser: Browser, new_browser: type[Browser]
) -> None:
    path = buy(browser).request.path
    assert "We are packing it" in new_browser().get(f"{path}?lang=en").text  # type: ignore[call-arg]


def test_a_line_takes_twenty_pieces_and_no_more_than_there_are(
    app: Flask, browser: Browser
) -> None:
    browser.get(TONER)
    answer = browser.post("/cart/add", sku="BOX-001", quantity="5")
    assert "One piece of Goods BOX-001 is left" in answer.text
    change_product(app, "TON-200", stock=100)
    answer = browser.post("/cart/add", sku="TON-200", quantity="99999")
    assert "Up to 20 pieces" in answer.text
    answer = browser.post("/cart/change", sku="TON-200", quantity="21")
    assert "Up to 20 pieces" in answer.text


@pytest.mark.parametrize("sku", ["", "nothing", "\x00", "x" * 200, "' or 1=1"])
def test_what_is_not_on_sale_cant_be_put_in_the_cart(browser: Browser, sku: str) -> None:
    answer = browser.post("/cart/add", page=TONER, sku=sku, quantity="1")
    assert answer.status_code == 409
    assert "not on sale any more" in answer.text


@pytest.mark.parametrize("quantity", ["-1", "0", "x", "1.5", "9" * 50, ""])
def test_an_odd_quantity_is_one_piece_or_as_many_as_there_may_be(
    browser: Browser, quantity: str
) -> None:
    answer = browser.post("/cart/add", page=TONER, sku="TON-200", quantity=quantity)
    assert answer.status_code == 200
    assert '<span class="figure">1</span>' in answer.text


def test_a_sold_out_product_says_so_and_shows_others(app: Flask, browser: Browser) -> None:
    change_product(app, "TON-200", stock=0)
    text = browser.get(TONER).text
    assert "disabled" in text
    assert "Sold out just now" in text
    assert "You may like these instead" in text
    assert "Goods CRM-050" in text


def test_buy_now_leads_straight_to_checkout(browser: Browser) -> None:
    answer = browser.post("/cart/add", page=TONER, sku="TON-200", then="checkout")
    assert answer.request.path == "/checkout"


def test_an_unknown_koc_cant_be_chosen(browser: Browser) -> None:
    assert browser.post("/supporting", page=TONER, handle="nobody").status_code == 404


def test_choosing_leads_back_to_a_page_of_this_shop_alone(browser: Browser) -> None:
    answer = browser.post("/supporting", page=TONER, handle="linhdan", back="//evil.example")
    assert answer.request.path == "/cart"
    answer = browser.post("/supporting", page=TONER, handle="linhdan", back="/p/rose-toner")
    assert answer.request.path == "/p/rose-toner"
    assert "<b>Linh Đan</b>" in answer.text


def test_a_koc_page_shows_figures_from_orders_alone(app: Flask, browser: Browser) -> None:
    text = browser.get("/@linhdan?lang=en").text
    assert "I earn from qualifying sales." in text
    assert "delivered" not in text
    buy(browser, "TON-200")
    with Session(app.extensions["engine"]) as session:
        order = session.merge(orders(app)[0])
        assert session.get_one(Partner, order.partner_id).code == "linh"
        order.delivered_at = order.paid_at
        session.commit()
    text = browser.get("/@linhdan?lang=en").text
    assert "order delivered" in text
    assert "100\xa0%" in text


def test_a_picture_is_kept_by_browsers_for_good(app: Flask) -> None:
    client = app.test_client()
    answer = client.get("/media/plate.svg")
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.content_type.startswith("image/svg+xml")
    again = client.get("/media/plate.svg", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_a_cart_waits_for_sixty_days_from_its_last_change(browser: Browser) -> None:
    browser.get("/p/rose-toner")
    fields = {"csrf_token": browser.hidden("csrf_token"), "sku": "TON-200", "quantity": "1"}
    for _tap in ("the first piece", "one more, much later"):
        answer = browser.client.post(
            "/cart/add", data=fields, headers={"Referer": "http://localhost/"}
        )
        kept = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith("cart=")]
        assert len(kept) == 1
        assert "Max-Age=5184000" in kept[0]
