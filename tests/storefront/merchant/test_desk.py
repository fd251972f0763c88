"""The brand's desk: an order is found, shipped, delivered, completed, and refunded by piece."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from commissions import approval, clicks, ledger, partners, programs
from commissions.models import Commission
from storefront import clock, database
from storefront.orders import workflow
from storefront.orders.models import Order, OrderLine, OrderRefund
from storefront.payments.models import Payment
from storefront.shop.models import Product, Shop
from tests.storefront.hub.reading import text_of
from tests.storefront.web import CODE, Browser

NUMBER = "HS-9001"
DESK = "/desk/orders"
ORDER = f"{DESK}/{NUMBER}"
TONERS, TEAS = 3, 1


def place(session: Session, number: str = NUMBER, *, name: str = "Nguyễn Thu Trang") -> Order:
    """Place an order of three toners and a tea, through Linh's link; it isn't paid yet."""
    shop = session.scalars(select(Shop)).one()
    program = programs.find(session, CODE)
    now = clock.now(session)
    goods = {one.sku: one for one in session.scalars(select(Product))}
    linh = partners.find(session, program, "linh")
    touch = clicks.record(session, program, [clicks.Visit(linh.id, now - timedelta(days=1))])[0]
    parts = ((goods["TON-200"], TONERS), (goods["TEA-100"], TEAS))
    amount = sum(one.price_minor * count for one, count in parts)
    order = Order(
        shop_id=shop.id,
        number=number,
        token=f"token-{number}",
        checkout_key=f"key-{number}",
        state="awaiting_payment",
        language="vi",
        name=name,
        phone="+84 905 123 456",
        address="142 ngõ Hoa Giấy",
        city="Đà Nẵng",
        goods_minor=amount,
        shipping_minor=22_000,
        total_minor=amount + 22_000,
        partner_id=linh.id,
        touch_key=touch.key,
        touch_kind=touch.kind,
        touched_at=touch.occurred_at,
        placed_at=now,
    )
    session.add(order)
    session.flush()
    session.add_all(
        OrderLine(
            order_id=order.id,
            line_no=line_no,
            product_id=one.id,
            sku=one.sku,
            name=f"Goods {one.sku}",
            category=one.category,
            quantity=count,
            unit_minor=one.price_minor,
            amount_minor=one.price_minor * count,
        )
        for line_no, (one, count) in enumerate(parts, start=1)
    )
    session.add(
        Payment(
            order_id=order.id,
            provider="test",
            reference=f"pay-{number}",
            amount_minor=order.total_minor,
            state="succeeded",
            begun_at=now,
            ended_at=now,
        )
    )
    session.flush()
    session.refresh(order)
    return order


@pytest.fixture
def desk(shop_engine: Engine, browser: Browser) -> Browser:
    """The operator, with one paid order to ship."""
    with database.transaction(shop_engine) as session:
        order = place(session)
        workflow.mark_paid(session, order, at=clock.now(session), actor="shopper")
    return browser.sign_in("operator")


def act(browser: Browser, what: str, **fields: object) -> int:
    """Do something with the order and return the answer's status."""
    return browser.post(f"{ORDER}/{what}", page=f"{ORDER}?lang=en", **fields).status_code


def complete(browser: Browser) -> None:
    """Bring the order to its end."""
    assert act(browser, "ship", carrier="Giao Sớm", tracking="8830 2716") == 200
    assert act(browser, "deliver") == 200
    assert act(browser, "complete") == 200


def state(engine: Engine) -> str:
    """Return where the order stands."""
    with Session(engine) as session:
        return session.scalars(select(Order.state).where(Order.number == NUMBER)).one()


def earned(engine: Engine) -> int:
    """Return what the seller's commissions of the order come to, less what was taken back."""
    with Session(engine) as session:
        linh = partners.find(session, programs.find(session, CODE), "linh")
        amount = session.scalar(
            select(func.sum(Commission.amount_minor)).where(Commission.partner_id == linh.id)
        )
        return int(amount or 0)


def refunds(engine: Engine) -> list[tuple[int, int]]:
    """Return what went back, goods and shipping of each refund."""
    with Session(engine) as session:
        found = session.scalars(select(OrderRefund).order_by(OrderRefund.id))
        return [(one.amount_minor, one.shipping_minor) for one in found]


def stock(engine: Engine) -> dict[str, int]:
    """Return the pieces on the shelf by stock code."""
    with Session(engine) as session:
        return {sku: left for sku, left in session.execute(select(Product.sku, Product.stock))}


def books_balance(engine: Engine) -> bool:
    """Tell whether verification finds nothing."""
    with Session(engine) as session:
        return ledger.verify(session).balanced


def test_an_order_goes_its_way_and_credits_who_brought_it(
    desk: Browser, shop_engine: Engine
) -> None:
    assert "1 order waits to be shipped." in desk.get(f"{DESK}?lang=en").text
    complete(desk)
    assert state(shop_engine) == "completed"
    page = desk.get(f"{ORDER}?lang=en").text
    assert "Giao Sớm, 8830 2716" in page
    assert "Linh Đan" in page
    assert earned(shop_engine) == 329_000 * TONERS * 12 // 100 + 198_000 * 8 // 100
    assert act(desk, "complete") == 200  # twice is once
    assert books_balance(shop_engine)


def test_a_rejected_commission_is_marked_and_counts_in_no_sum(
    desk: Browser, shop_engine: Engine
) -> None:
    complete(desk)
    whole = earned(shop_engine)
    with database.transaction(shop_engine) as session:
        program, now = programs.find(session, CODE), clock.now(session)
        first = session.scalars(select(Commission).order_by(Commission.id).limit(1)).one()
        rejected = first.amount_minor
        approval.reject(session, program, [first.id], at=now, actor="ha", reason="fraud")
    page = text_of(desk.get(f"{ORDER}?lang=en").text).partition("Who earns")[2]
    others = 35_550  # the distributor's share of all of it
    assert f"Rejected {rejected:,}" in page
    assert f"commissions, VND {whole + others - rejected:,}" in page
    assert books_balance(shop_engine)


def test_the_reason_of_a_refund_is_asked_for_as_one_that_the_partner_reads(desk: Browser) -> None:
    assert "Why it goes back, which the partner reads too" in desk.get(f"{ORDER}?lang=en").text
    assert "Lý do hoàn, đối tác cũng đọc được" in desk.get(f"{ORDER}?lang=vi").text


def test_a_carrier_must_be_named_and_the_number_typed_stays(
    desk: Browser, shop_engine: Engine
) -> None:
    assert act(desk, "ship", carrier=" ", tracking="8830 2716") == 422
    assert desk.page
    assert "Name the carrier" in desk.page.text
    assert 'value="8830 2716"' in desk.page.text
    assert state(shop_engine) == "paid"


def test_a_step_out_of_turn_is_a_conflict(desk: Browser, shop_engine: Engine) -> None:
    assert act(desk, "complete") == 409
    assert state(shop_engine) == "paid"


def test_pieces_go_back_one_by_one_and_a_double_tap_once(
    desk: Browser, shop_engine: Engine
) -> None:
    complete(desk)
    before = earned(shop_engine)
    desk.get(ORDER)
    key = desk.hidden("form_key")
    told = []
    for _tap in range(2):
        answer = act(desk, "refund", reason="arrived broken", form_key=key, **{"line-1": "1"})
        assert answer == 200
        assert desk.page
        told.append("Of the commissions 49,350" in desk.page.text)
    assert told == [True, False]
    assert refunds(shop_engine) == [(329_000, 0)]
    assert earned(shop_engine) == before - 329_000 * 12 // 100
    second = act(
        desk, "refund", reason="too much", form_key=_key(desk), shipping="1", **{"line-1": "2"}
    )
    assert second == 200
    assert refunds(shop_engine) == [(329_000, 0), (658_000, 22_000)]
    assert earned(shop_engine) == 198_000 * 8 // 100
    assert 'name="line-1"' not in desk.get(ORDER).text  # all of it came back
    assert books_balance(shop_engine)


def test_one_form_for_two_orders_at_once_refunds_one(desk: Browser, shop_engine: Engine) -> None:
    with database.transaction(shop_engine) as session:
        other = place(session, "HS-9002")
        workflow.mark_paid(session, other, at=clock.now(session), actor="shopper")
    desk.get(ORDER)
    token, answers = desk.hidden("csrf_token"), []

    def send() -> None:
        data = {"csrf_token": token, "form_key": "one", "reason": "broken", "line-1": "1"}
        answers.append(desk.client.post(f"{ORDER}/refund", data=data).status_code)

    sending = threading.Thread(target=send)
    with database.transaction(shop_engine) as session:
        order = session.scalars(select(Order).where(Order.number == "HS-9002")).one()
        workflow.refund(
            session,
            order,
            lines={1: 1},
            reason="broken",
            form_key="one",
            with_shipping=False,
            at=clock.now(session),
            actor="ha",
        )
        sending.start()
        sending.join(timeout=1)  # it waits for this transaction, at the latest where it writes
    sending.join()
    assert answers in ([409], [422])
    assert refunds(shop_engine) == [(329_000, 0)]
    assert books_balance(shop_engine)


def test_all_that_is_left_goes_back_at_once(desk: Browser, shop_engine: Engine) -> None:
    complete(desk)
    assert act(desk, "refund", reason="changed my mind", form_key=_key(desk), **_all(desk)) == 200
    assert refunds(shop_engine) == [(329_000 * TONERS + 198_000 * TEAS, 0)]
    assert earned(shop_engine) == 0
    assert books_balance(shop_engine)


def test_a_page_that_is_behind_gives_nothing_back_as_a_whole(
    desk: Browser, shop_engine: Engine
) -> None:
    desk.get(f"{ORDER}?lang=en")
    seen, key = _all(desk), _key(desk)
    assert act(desk, "ship", carrier="Giao Sớm") == 200  # meanwhile, at another desk
    assert act(desk, "refund", reason="changed my mind", form_key=key, **seen) == 422
    assert desk.page
    assert "all that is left is now" in desk.page.text
    for rubbish in ("", "٣", "-1", "9" * 40):
        answer = act(desk, "refund", reason="why", form_key=key, all="1", all_left=rubbish)
        assert answer == 422, rubbish
    assert refunds(shop_engine) == []
    assert state(shop_engine) == "shipped"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"line-1": "1", "reason": ""}, "Write in a few words why"),
        ({"line-1": "4", "reason": "broken"}, "has 3 pieces left"),
        ({"line-1": "-1", "reason": "broken"}, "Write a whole number of pieces."),
        ({"line-1": "one", "reason": "broken"}, "Write a whole number of pieces."),
        ({"reason": "broken"}, "Choose what goes back"),
    ],
)
def test_a_refund_that_cannot_be_is_told_at_its_place(
    desk: Browser, shop_engine: Engine, fields: dict[str, str], told: str
) -> None:
    complete(desk)
    key = _key(desk)
    assert act(desk, "refund", form_key=key, **fields) == 422
    assert desk.page
    assert told in desk.page.text
    assert f'name="form_key" value="{key}"' in desk.page.text
    for name, typed in fields.items():
        assert re.search(rf'name="{name}"[^>]*value="{re.escape(typed)}"', desk.page.text)
    assert refunds(shop_engine) == []


def test_orders_are_found_by_number_name_and_phone(desk: Browser, shop_engine: Engine) -> None:
    with database.transaction(shop_engine) as session:
        place(session, "HS-9002", name="Lê Hải Yến")
    spellings = ("9001", "thu trang", "NGUYỄN THU", "nguyen  thu", "0905.123", "905 123")
    for search in (*spellings, "%2B84 905 123 456", "84905123456", "0084 905 123"):
        assert f">{NUMBER}<" in desk.get(f"{DESK}?q={search}").text, search
    only = desk.get(f"{DESK}?q=HS-9002&state=unpaid").text
    assert ">HS-9002<" in only
    assert f">{NUMBER}<" not in only
    assert "No order found" in desk.get(f"{DESK}?q=%25&lang=en").text
    assert "No order here" in desk.get(f"{DESK}?state=completed&lang=en").text


def test_a_step_taken_twice_says_that_it_was_taken_already(
    desk: Browser, shop_engine: Engine
) -> None:
    for what, told in (
        ("ship", "was on its way already"),
        ("deliver", "had arrived already"),
        ("complete", "was complete already"),
    ):
        for tap in range(2):
            assert act(desk, what, carrier="Giao Sớm") == 200
            assert desk.page
            assert (told in desk.page.text) == bool(tap), what
    with Session(shop_engine) as session:
        events = session.scalars(select(Order.state)).all()
    assert events == ["completed"]


def test_what_never_left_goes_back_on_the_shelf_with_its_shipping(
    desk: Browser, shop_engine: Engine
) -> None:
    before = stock(shop_engine)
    assert act(desk, "refund", reason="one less", form_key=_key(desk), **{"line-1": "1"}) == 200
    assert stock(shop_engine) == {**before, "TON-200": before["TON-200"] + 1}
    assert "Give back all that is left: 878,000" in desk.get(f"{ORDER}?lang=en").text
    assert act(desk, "refund", reason="changed my mind", form_key=_key(desk), **_all(desk)) == 200
    assert state(shop_engine) == "cancelled"
    assert refunds(shop_engine) == [(329_000, 0), (329_000 * 2 + 198_000, 22_000)]
    assert stock(shop_engine) == {
        **before,
        "TON-200": before["TON-200"] + TONERS,
        "TEA-100": before["TEA-100"] + TEAS,
    }
    assert 'class="refundbar"' not in desk.get(ORDER).text
    assert books_balance(shop_engine)


def test_what_was_shipped_stays_off_the_shelf_and_its_shipping_may_follow(
    desk: Browser, shop_engine: Engine
) -> None:
    assert act(desk, "ship", carrier="Giao Sớm") == 200
    before = stock(shop_engine)
    assert act(desk, "refund", reason="lost on the way", form_key=_key(desk), **_all(desk)) == 200
    assert state(shop_engine) == "cancelled"
    assert stock(shop_engine) == before
    assert act(desk, "refund", reason="lost, too", form_key=_key(desk), shipping="1") == 200
    assert refunds(shop_engine) == [(329_000 * TONERS + 198_000, 0), (0, 22_000)]
    assert act(desk, "refund", reason="once more", form_key="any", shipping="1") == 422
    assert earned(shop_engine) == 0
    assert books_balance(shop_engine)


def test_what_is_unknown_is_not_found(desk: Browser) -> None:
    assert desk.get(f"{DESK}/HS-0").status_code == 404
    for what in ("ship", "deliver", "complete", "refund"):
        assert desk.post(f"{DESK}/HS-0/{what}", page=ORDER, reason="x").status_code == 404


@pytest.mark.parametrize("who", ["preparer", "approver", "linh"])
def test_the_desk_is_for_the_brand_alone(
    desk: Browser, new_browser: type[Browser], who: str
) -> None:
    other = new_browser().sign_in(who)  # type: ignore[call-arg]  # reason: a fixture's class
    assert other.get(DESK).status_code == 403
    assert other.get(ORDER).status_code == 403


def _all(desk: Browser) -> dict[str, str]:
    """Return what the button for all that is left sends, with the sum that the page shows."""
    return {"all": "1", "all_left": desk.hidden("all_left")}


def _key(browser: Browser) -> str:
    browser.get(ORDER)
    return browser.hidden("form_key")
