"""Who completes an order before its time for returns is over reads until when that lasts."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Flask

from storefront import clock, database
from tests.storefront.shopping.shopper import buy, orders
from tests.storefront.web import ZONE, Browser

RIGHT = "The buyer may send it back until"


def test_who_completes_early_reads_until_when_the_buyer_may_send_it_back(
    app: Flask, browser: Browser, new_browser: type[Browser]
) -> None:
    buy(browser)
    desk = new_browser().sign_in("operator")  # type: ignore[call-arg]  # reason: a fixture's class
    path = f"/desk/orders/{orders(app)[0].number}"
    for what in ("ship", "deliver"):
        assert RIGHT not in desk.get(f"{path}?lang=en").text
        assert desk.post(f"{path}/{what}", page=path, carrier="Giao Sớm").status_code == 200
    arrived = orders(app)[0].delivered_at
    assert arrived
    until = (arrived.astimezone(ZoneInfo(ZONE)) + timedelta(days=15)).date()
    told = f"{RIGHT} {until.day} {until:%b}. Who completes now ends the wait, not that right."
    assert told in desk.get(f"{path}?lang=en").text
    with database.transaction(app.extensions["engine"]) as session:
        clock.advance(session, timedelta(days=16))
    assert RIGHT not in desk.get(f"{path}?lang=en").text
