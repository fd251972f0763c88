"""The whole way over HTTP, on both databases: from a link to the books, and money back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from commissions import ledger
from commissions.errors import StateConflict
from commissions.models import AttributionDecision, Commission, Partner, SaleRecord, TouchRecord
from storefront import database, jobs
from storefront.errors import Refusal
from storefront.orders import refunds, workflow
from storefront.orders.models import Order, OrderEvent, OrderLine, OrderRefund
from storefront.orders.states import OrderState
from storefront.payments.models import Payment
from storefront.payout_run import RAILS
from tests.storefront.shopping.shopper import buy, orders, place, stock
from tests.storefront.web import Browser, load_clicks

OPERATOR = "an@hoasom.example"
NOW = datetime.now(UTC)


def the_order(session: Session) -> Order:
    return session.scalars(select(Order)).one()


def walk(engine: Engine, *, to: OrderState) -> None:
    """Let the brand's desk bring the paid order as far as told."""
    with database.transaction(engine) as session:
        order, actor = the_order(session), OPERATOR
        at = datetime.now(UTC)
        workflow.ship(session, order, carrier="Giao Sớm", tracking="8830", at=at, actor=actor)
        if to is OrderState.SHIPPED:
            return
        workflow.deliver(session, order, at=at, actor=actor)
        if to is OrderState.COMPLETED:
            workflow.complete(session, order, at=at, actor=actor)


def give_back(
    engine: Engine, lines: dict[int, int] | None, form_key: str = "form", **changes: bool
) -> OrderRefund:
    with database.transaction(engine) as session:
        return workflow.refund(
            session,
            the_order(session),
            lines=lines,
            reason="came back",
            form_key=form_key,
            with_shipping=changes.get("with_shipping", False),
            at=datetime.now(UTC),
            actor=OPERATOR,
        )


def assert_books_balance(engine: Engine) -> None:
    with Session(engine) as session:
        assert ledger.verify(session).findings == ()


def earned(engine: Engine) -> dict[str, int]:
    """Return what each partner's commissions add up to."""
    with Session(engine) as session:
        rows = session.execute(
            select(Partner.code, func.sum(Commission.amount_minor))
            .join(Commission, Commission.partner_id == Partner.id)
            .group_by(Partner.code)
        )
        return {code: int(amount) for code, amount in rows}


def test_a_sale_through_a_link_is_credited_and_a_returned_piece_taken_back(
    app: Flask, browser: Browser
) -> None:
    engine = app.extensions["engine"]
    assert browser.get("/k/linhdan-hong").request.path == "/p/rose-toner"
    assert "<b>Linh Đan</b>" in browser.get("/p/rose-toner?lang=en").text
    page = buy(browser, "TON-200", "CRM-050", "TEA-100", "TON-200")
    assert "We are packing it" in page.text
    assert stock(app, "TON-200") == 18
    walk(engine, to=OrderState.COMPLETED)
    # 12 % of 2 × 329,000 and of 389,000, 8 % of 198,000; three percent above goes to the sponsor
    assert earned(engine) == {"linh": 141_480, "nha-may": 37_350}
    give_back(engine, {1: 1})
    # 12 % and 3 % of 329,000 less
    assert earned(engine) == {"linh": 141_480 - 39_480, "nha-may": 37_350 - 9_870}
    shown = browser.get(page.request.path).text
    assert "All done" in shown
    assert "Money back" in shown
    assert "329,000" in shown
    assert_books_balance(engine)


def test_pieces_that_come_back_before_completion_lower_what_is_earned(
    app: Flask, browser: Browser
) -> None:
    engine = app.extensions["engine"]
    browser.get("/k/linhdan-hong")
    buy(browser, "TON-200", "TON-200")
    give_back(engine, {1: 1})
    walk(engine, to=OrderState.COMPLETED)
    assert earned(engine)["linh"] == 39_480
    assert_books_balance(engine)


@pytest.mark.parametrize("state", [OrderState.PAID, OrderState.SHIPPED, OrderState.DELIVERED])
def test_all_back_before_completion_cancels_order_and_sale(
    app: Flask, browser: Browser, state: OrderState
) -> None:
    engine = app.extensions["engine"]
    browser.get("/k/linhdan-hong")
    page = buy(browser, "TON-200")
    if state is not OrderState.PAID:
        walk(engine, to=state)
    refund = give_back(engine, None, with_shipping=True)
    assert (refund.amount_minor, refund.shipping_minor) == (329_000, 22_000)
    with Session(engine) as session:
        assert the_order(session).state == OrderState.CANCELLED
        assert session.scalars(select(SaleRecord.state)).one() == "cancelled"
        payment = session.scalars(select(Payment)).one()
        assert payment.refunded_minor == payment.amount_minor == 351_000
    assert "Cancelled" in browser.get(page.request.path).text
    assert_books_balance(engine)


def test_all_back_after_completion_leaves_nothing_earned(app: Flask, browser: Browser) -> None:
    engine = app.extensions["engine"]
    browser.get("/k/linhdan-hong")
    buy(browser, "TON-200")
    walk(engine, to=OrderState.COMPLETED)
    give_back(engine, None)
    assert earned(engine) == {"linh": 0, "nha-may": 0}
    with Session(engine) as session:
        assert the_order(session).state == OrderState.COMPLETED
    assert_books_balance(engine)


def test_the_same_refund_form_gives_back_once(app: Flask, browser: Browser) -> None:
    engine = app.extensions["engine"]
    buy(browser, "TON-200", "TON-200")
    first, second = give_back(engine, {1: 1}), give_back(engine, {1: 1})
    assert first.reference == second.reference
    third = give_back(engine, {1: 1}, "another form")
    assert third.reference != first.reference
    with pytest.raises(Refusal, match="0 pieces left"):
        give_back(engine, {1: 1}, "one more form")


@pytest.mark.parametrize("lines", [{1: 3}, {1: -1}, {2: 1}, {}])
def test_no_more_comes_back_than_was_sold(
    app: Flask, browser: Browser, lines: dict[int, int]
) -> None:
    engine = app.extensions["engine"]
    buy(browser, "TON-200", "TON-200")
    with app.test_request_context(), pytest.raises(Refusal):
        give_back(engine, lines)


def test_every_step_done_twice_is_one_step(app: Flask, browser: Browser) -> None:
    engine = app.extensions["engine"]
    buy(browser, "TON-200")
    for _ in range(2):
        walk(engine, to=OrderState.COMPLETED)
        with database.transaction(engine) as session:
            workflow.mark_paid(session, the_order(session), at=NOW, actor="again")
    with Session(engine) as session:
        kinds = list(session.scalars(select(OrderEvent.kind).order_by(OrderEvent.id)))
    assert kinds == ["placed", "paid", "shipped", "delivered", "completed"]


def test_an_order_that_is_not_paid_goes_nowhere(app: Flask, browser: Browser) -> None:
    engine = app.extensions["engine"]
    place(browser, "TON-200")
    with pytest.raises(StateConflict), database.transaction(engine) as session:
        workflow.ship(session, the_order(session), carrier="", tracking="", at=NOW, actor="an")


def test_an_unpaid_order_is_given_up_and_its_pieces_are_for_others(
    app: Flask, browser: Browser
) -> None:
    engine = app.extensions["engine"]
    pay_page = place(browser, "TON-200", "TEA-100")
    with database.transaction(engine) as session:
        at = the_order(session).placed_at
        assert workflow.expire_unpaid(session, at=at + timedelta(minutes=29)) == 0
        assert workflow.expire_unpaid(session, at=at + timedelta(minutes=30)) == 1
        assert workflow.expire_unpaid(session, at=at + timedelta(minutes=31)) == 0
    assert (stock(app, "TON-200"), stock(app, "TEA-100")) == (20, 20)
    answer = browser.post(pay_page.request.path, answer="pay")
    assert "paid in time" in answer.text
    assert orders(app)[0].paid_at is None


def test_who_said_nobody_and_leafs_back_still_supports_nobody(app: Flask, browser: Browser) -> None:
    del app
    browser.get("/@linhdan")
    browser.post("/cart/add", page="/p/rose-toner?lang=en", sku="TON-200", quantity="1")
    browser.post("/supporting", page="/p/rose-toner", handle="")
    browser.get("/@linhdan")
    assert "supporting nobody" in browser.get("/p/rose-toner").text


def test_who_supports_nobody_takes_no_touch_along(app: Flask, browser: Browser) -> None:
    engine = app.extensions["engine"]
    browser.get("/k/linhdan-hong")
    browser.post("/supporting", page="/p/rose-toner?lang=en", handle="", back="/p/rose-toner")
    assert "supporting nobody" in browser.get("/p/rose-toner").text
    buy(browser, "TON-200")
    with Session(engine) as session:
        decision = session.scalars(select(AttributionDecision)).one()
        assert (decision.partner_id, decision.reason) == (None, "no touch")


def test_who_changes_whom_they_support_credits_the_one_they_chose(
    app: Flask, browser: Browser
) -> None:
    engine = app.extensions["engine"]
    browser.get("/k/linhdan-hong")
    browser.post("/supporting", page="/p/rose-toner?lang=en", handle="ngocmay", back="/cart")
    buy(browser, "TON-200")
    walk(engine, to=OrderState.COMPLETED)
    assert [*earned(engine)] == ["may"]
    assert_books_balance(engine)


def test_a_touch_after_the_order_was_placed_changes_nothing(app: Flask, browser: Browser) -> None:
    engine = app.extensions["engine"]
    browser.get("/k/linhdan-hong")
    pay_page = place(browser, "TON-200")
    browser.get("/k/may-tra")
    browser.post(pay_page.request.path, page=pay_page.request.path, answer="pay")
    with Session(engine) as session:
        decision = session.scalars(select(AttributionDecision)).one()
        assert session.get_one(Partner, decision.partner_id).code == "linh"


def test_a_lost_visit_cookie_does_not_lose_the_touch_of_the_cart(
    app: Flask, browser: Browser
) -> None:
    browser.get("/k/linhdan-hong")
    browser.post("/cart/add", page="/p/rose-toner?lang=en", sku="TON-200")
    browser.client.delete_cookie("visit")
    buy(browser, "TEA-100")
    with Session(app.extensions["engine"]) as session:
        decision = session.scalars(select(AttributionDecision)).one()
        assert session.get_one(Partner, decision.partner_id).code == "linh"


def test_an_opened_shop_page_is_a_touch_but_once_a_visit(app: Flask, browser: Browser) -> None:
    for _ in range(3):
        browser.get("/@linhdan")
    browser.get("/@ngocmay")
    load_clicks(app)
    with Session(app.extensions["engine"]) as session:
        rows = session.execute(select(TouchRecord.kind, TouchRecord.uncounted))
        seen = [tuple(row) for row in rows]
    assert seen.count(("shop_page", None)) == 2
    assert seen.count(("shop_page", "duplicate")) == len(seen) - 2 == 2


def test_pieces_of_an_uneven_line_come_back_to_its_last_unit() -> None:
    line = OrderLine(line_no=1, quantity=3, amount_minor=100, returned_quantity=0)
    assert refunds.amount_of(line, 1) == 34
    assert refunds.amount_of(line, 3) == 100
    line.returned_quantity = 1
    assert refunds.amount_of(line, 1) == 33
    assert refunds.amount_of(line, 2) == 66


def test_due_work_gives_up_unpaid_orders_and_says_so(app: Flask, browser: Browser) -> None:
    place(browser, "TON-200")
    later = datetime.now(UTC) + timedelta(minutes=31)
    engine = app.extensions["engine"]
    assert [done.orders_expired for done in jobs.run_once(engine, RAILS, now=later)] == [1]
    assert [done.orders_expired for done in jobs.run_once(engine, RAILS, now=later)] == [0]
    assert orders(app)[0].state == OrderState.EXPIRED
    assert stock(app, "TON-200") == 20


def test_the_timeline_tells_things_in_the_order_in_which_they_happened(
    app: Flask, browser: Browser
) -> None:
    engine = app.extensions["engine"]
    page = buy(browser, "TON-200", "TON-200")
    give_back(engine, {1: 1})
    walk(engine, to=OrderState.SHIPPED)
    text = browser.get(page.request.path).text
    places = [text.index(f"<h3>{word}") for word in ("Confirmed", "Money back", "Shipped", "Next")]
    assert places == sorted(places)
