"""What the engine is told of an order, and that no order waits for the engine's consent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from commissions import conversions, ledger, programs
from commissions.models import AttributionDecision, Partner, PlanVersion
from commissions.values import Sale, SaleLine
from storefront import clock, database, jobs
from storefront.orders.models import Order
from storefront.payout_run import RAILS
from tests.storefront.shopping.shopper import buy, orders, place
from tests.storefront.web import CODE, Browser


def decision(engine: Engine) -> tuple[str | None, str]:
    """Return whom the one sale earns a commission, and why."""
    with Session(engine) as session:
        row = session.execute(
            select(Partner.code, AttributionDecision.reason).outerjoin_from(
                AttributionDecision, Partner, Partner.id == AttributionDecision.partner_id
            )
        ).one()
    return row.code, row.reason


def test_a_partner_who_is_signed_in_earns_nothing_by_buying(app: Flask, browser: Browser) -> None:
    engine = app.extensions["engine"]
    browser.sign_in("linh").get("/k/linhdan-hong")
    buy(browser, "TON-200", email="another@example.com", phone="0912 000 111")
    assert decision(engine) == (None, "self-purchase")


def test_another_partner_who_is_signed_in_is_a_shopper_as_any(app: Flask, browser: Browser) -> None:
    engine = app.extensions["engine"]
    browser.sign_in("may").get("/k/linhdan-hong")
    buy(browser, "TON-200", email="another@example.com", phone="0912 000 111")
    assert decision(engine) == ("linh", "won")


def test_who_orders_in_time_and_pays_later_has_bought_in_time(app: Flask, browser: Browser) -> None:
    engine = app.extensions["engine"]
    browser.get("/k/linhdan-hong")
    with database.transaction(engine) as session:
        window = timedelta(days=programs.find(session, CODE).window_days)
    _wait(engine, window - timedelta(minutes=5))
    pay_page = place(browser, "TON-200")
    _wait(engine, timedelta(minutes=10))
    browser.post(pay_page.request.path, answer="pay")
    assert decision(engine) == ("linh", "won")


def test_an_order_gets_a_number_that_no_import_has_used(app: Flask, browser: Browser) -> None:
    engine = app.extensions["engine"]
    with database.transaction(engine) as session:
        program = programs.find(session, CODE)
        at = clock.now(session)
        line = SaleLine(1, "TON-200", 1, 329_000)
        conversions.record(
            session, program, [Sale(one, at, "VND", (line,)) for one in ("HS-1001", "HS-1001A")]
        )
    assert buy(browser, "TON-200").status_code == 200
    assert [(one.number, one.state) for one in orders(app)] == [("HS-1001B", "paid")]


def test_who_paid_has_an_order_whatever_the_program_lacks(
    app: Flask, browser: Browser, new_browser: Callable[[], Browser]
) -> None:
    engine = app.extensions["engine"]
    _put_plan_in_force(engine, days=3)
    browser.get("/k/linhdan-hong")
    assert "We are packing it" in buy(browser, "TON-200").text
    (order,) = orders(app)
    desk = new_browser().sign_in("operator")
    told = desk.get(f"/desk/orders/{order.number}?lang=en").text
    assert "taken this sale yet: " in told
    for step in ("ship", "deliver"):
        assert (
            desk.post(f"/desk/orders/{order.number}/{step}", carrier="Giao Sớm").status_code == 200
        )
    answer = desk.post(f"/desk/orders/{order.number}/complete")
    assert answer.status_code == 409
    assert "Mend that first" in answer.text
    _put_plan_in_force(engine, days=-1)
    scans = jobs.run_once(engine, RAILS, now=clock.read(engine))
    assert [one.refusal for one in scans] == [None]
    assert decision(engine) == ("linh", "won")
    desk.post(f"/desk/orders/{order.number}/complete", page=f"/desk/orders/{order.number}")
    with Session(engine) as session:
        assert [(one.state, one.untold) for one in session.scalars(select(Order))] == [
            ("completed", None)
        ]
        assert ledger.verify(session).findings == ()


def test_an_order_that_the_engine_never_took_can_go_back_whole(
    app: Flask, browser: Browser, new_browser: Callable[[], Browser]
) -> None:
    engine = app.extensions["engine"]
    _put_plan_in_force(engine, days=3)
    browser.get("/k/linhdan-hong")
    buy(browser, "TON-200", "TON-200")
    desk = new_browser().sign_in("operator")
    address = f"/desk/orders/{orders(app)[0].number}"
    desk.get(f"{address}?lang=en")
    fields = {name: desk.hidden(name) for name in ("form_key", "all_left")}
    one = desk.post(f"{address}/refund", reason="broken", **fields, **{"line-1": "1"})
    assert one.status_code == 422
    assert "Mend that first" in one.text
    fields = {name: desk.hidden(name) for name in ("form_key", "all_left")}
    assert desk.post(f"{address}/refund", reason="broken", all="1", **fields).status_code == 200
    assert [(one.state, one.untold) for one in orders(app)] == [("cancelled", None)]


def _wait(engine: Engine, time: timedelta) -> None:
    with database.transaction(engine) as session:
        session.get_one(clock.DemoClock, 1).ahead_s += int(time.total_seconds())


def _put_plan_in_force(engine: Engine, *, days: int) -> None:
    """Let the one plan begin so many days from now."""
    with database.transaction(engine) as session:
        version = session.scalars(select(PlanVersion)).one()
        version.effective_from = clock.now(session) + timedelta(days=days)
