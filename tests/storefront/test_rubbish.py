"""Rubbish in addresses and forms: a page that says what to do, never a fault of ours."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.storefront.web import Browser

HUGE = "9" * 30
ADDRESSES = {
    "linh": [
        f"/hub/earnings?before={HUGE}",
        "/hub/earnings?since=9999-99&state=%00",
        "/hub/qr.svg?of=%00",
        "/hub/links?product=%00",
    ],
    "operator": [
        "/desk/orders/%00",
        "/desk/orders?q=%00&state=%00",
        f"/desk/orders?q={'x' * 5000}",
    ],
    "approver": [
        f"/finance/payouts/{HUGE}",
        f"/finance/review?open={HUGE}",
        "/finance/review?partner=%00&state=x&sort=x&kind=x",
        "/finance/review?program=%00",
        "/finance/orders/%00",
        "/finance/partners/%00",
        "/finance/find?q=%00",
        f"/finance/find?q={HUGE}",
        f"/finance/find?q={'x' * 5000}",
        "/finance/find?q=%ff&program=%00",
    ],
    "": ["/k/%00", f"/k/{'x' * 5000}", "/@%00", "/p/%00", "/o/%00", "/media/..%2fx", "/?lang=%ff"],
}
FORMS: list[tuple[str, str, dict[str, object]]] = [
    ("", "/cart/add", {"sku": "\x00"}),
    ("", "/cart/add", {"sku": "TON-200", "quantity": HUGE}),
    ("", "/checkout", {"name": "\x00", "checkout_key": "\x00", "total_minor": HUGE}),
    ("", "/supporting", {"handle": "\x00", "back": "//elsewhere.example"}),
    ("", "/sign-in", {"email": "\x00", "password": "\x00"}),
    ("", "/sign-in", {"email": "x" * 10_000, "password": "y" * 100_000}),
    ("linh", "/hub/payout-details", {"rail": "\x00", "account": "\x00" * 5}),
    ("operator", "/desk/orders/HS-1/refund", {"reason": "\x00"}),
    ("operator", "/demo/advance", {"days": HUGE}),
    ("preparer", "/finance/payouts", {"partners": ["\x00", HUGE]}),
    ("approver", "/finance/review/decide", {"ids": [HUGE], "action": "hold", "reason": "\x00"}),
    ("approver", f"/finance/payouts/{HUGE}/approve", {}),
]


@pytest.mark.parametrize("who", ADDRESSES)
def test_rubbish_in_an_address_is_told_as_a_page(app: Flask, who: str) -> None:
    browser = Browser(app.test_client())
    if who:
        browser.sign_in(who)
    for address in ADDRESSES[who]:
        with browser.client.get(address) as answer:
            assert answer.status_code < 500, address


@pytest.mark.parametrize(("who", "address", "fields"), FORMS)
def test_rubbish_in_a_form_is_refused(
    app: Flask, who: str, address: str, fields: dict[str, object]
) -> None:
    browser = Browser(app.test_client())
    if who:
        browser.sign_in(who)
    answer = browser.post(address, page="/p/rose-toner", **fields)
    assert answer.status_code < 500
    assert answer.mimetype == "text/html"
