"""The loop through HTTP, as its people walk it: from a KOC's link to a payout approved by two.

Every journey ends with the books verified, and with what the KOC's own page says.
"""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from commissions import ledger, programs
from commissions.earnings import totals
from commissions.models import Batch, Commission, Partner, Payout
from storefront.orders.models import Order
from tests.storefront.web import CODE, Browser

SHOPPER = {
    "name": "Nguyễn Thu Trang",
    "phone": "+84 905 123 456",
    "email": "trang@example.com",
    "address": "142 ngõ Hoa Giấy",
    "city": "Đà Nẵng",
    "note": "",
}
TONER, CREAM = 329_000, 389_000
RATE_BPS, OVERRIDE_BPS = 1_200, 300


class Loop:
    """The people of the shop, each with a browser, and the steps that they take."""

    def __init__(self, app: Flask, engine: Engine) -> None:
        self.app, self.engine = app, engine
        self.operator, self.preparer, self.approver, self.linh = (
            Browser(app.test_client()).sign_in(who)
            for who in ("operator", "preparer", "approver", "linh")
        )

    def buy(self, *skus: str, link: str = "/k/linhdan-hong") -> str:
        """Buy through a KOC's link and pay; return the order's number."""
        shopper = Browser(self.app.test_client())
        shopper.get(link)
        for sku in skus:
            shopper.post("/cart/add", page="/p/rose-toner", sku=sku, quantity="1")
        shopper.get("/checkout")
        paying = shopper.post(
            "/checkout",
            checkout_key=shopper.hidden("checkout_key"),
            total_minor=shopper.hidden("total_minor"),
            **SHOPPER,
        )
        assert paying.request.path.startswith("/pay/"), paying.text
        told = shopper.post(paying.request.path, answer="pay")
        assert told.request.path.startswith("/o/")
        with Session(self.engine) as session:
            number = session.scalars(select(Order.number).order_by(Order.id.desc()).limit(1)).one()
        assert number in told.text
        return number

    def fulfil(self, number: str) -> None:
        """Ship, deliver and complete an order."""
        desk = f"/desk/orders/{number}"
        self.operator.post(f"{desk}/ship", page=desk, carrier="Giao Sớm", tracking="8830 2716")
        self.operator.post(f"{desk}/deliver")
        answer = self.operator.post(f"{desk}/complete")
        assert answer.status_code == 200

    def give_back(self, number: str, **fields: str) -> None:
        """Refund pieces of an order, by the form's names."""
        desk = f"/desk/orders/{number}"
        self.operator.get(desk)
        seen = {name: self.operator.hidden(name) for name in ("form_key", "all_left")}
        answer = self.operator.post(
            f"{desk}/refund", page=desk, reason="Khách trả hàng", **seen, **fields
        )
        assert answer.status_code == 200, answer.text

    def wait(self, days: int) -> None:
        """Set the clock forward; what is due is done."""
        for step in (30, 15, 7, 1):
            while days >= step:
                self.operator.post("/demo/advance", page="/demo", days=str(step))
                days -= step

    def pay_out(self, *codes: str) -> int:
        """Build, approve and send a batch for partners; return its id."""
        answer = self.preparer.post("/finance/payouts", page="/finance/payouts", partners=[*codes])
        assert answer.status_code == 200, answer.text
        with Session(self.engine) as session:
            batch = session.scalars(select(func.max(Batch.id))).one()
        page = f"/finance/payouts/{batch}"
        assert self.approver.post(f"{page}/approve", page=page).status_code == 200
        assert self.approver.post(f"{page}/send").status_code == 200
        return int(batch)

    def settle(self, batch: int) -> None:
        """Record that all of a batch has arrived."""
        page = f"/finance/payouts/{batch}"
        assert self.preparer.post(f"{page}/settle", page=page).status_code == 200

    def standing(self, code: str) -> dict[str, int]:
        """Return what a partner's page adds up, by state, in minor units."""
        with Session(self.engine) as session:
            program = programs.find(session, CODE)
            partner = session.scalars(select(Partner).where(Partner.code == code)).one()
            return {
                name.removesuffix("_minor"): amount
                for name, amount in totals(session, program, partner.id)._asdict().items()
                if amount
            }

    def check_books(self) -> None:
        """Verify the books, and hold the KOC's page against them."""
        with Session(self.engine) as session:
            report = ledger.verify(session)
            assert report.balanced, report.findings
        page = self.linh.get("/hub/earnings?lang=vi").text
        for amount in self.standing("linh").values():
            shown = f"{abs(amount):,}".replace(",", ".")
            assert shown in page, f"{shown} isn't on the KOC's page"


@pytest.fixture
def loop(app: Flask, shop_engine: Engine) -> Loop:
    """The shop's people, ready."""
    return Loop(app, shop_engine)


def commission_on(*amounts: int, bps: int = RATE_BPS) -> int:
    """Return what a KOC earns on amounts under one rule, rounded half up once."""
    return (sum(amounts) * bps + 5_000) // 10_000


def test_from_click_to_paid(loop: Loop) -> None:
    number = loop.buy("TON-200", "CRM-050")
    earned = commission_on(TONER, CREAM)
    assert loop.standing("linh") == {"estimated": earned}
    loop.fulfil(number)
    assert loop.standing("linh") == {"on_hold": earned}
    assert loop.standing("nha-may") == {"on_hold": commission_on(TONER, CREAM, bps=OVERRIDE_BPS)}
    loop.wait(15)
    assert loop.standing("linh") == {"ready": earned}
    batch = loop.pay_out("linh", "nha-may")
    assert loop.standing("linh") == {"in_payout": earned}
    loop.settle(batch)
    assert loop.standing("linh") == {"paid": earned}
    trail = loop.approver.get(f"/finance/orders/{number}").text
    for code in ("accrual", "release", "payout_reserve", "payout_settle"):
        assert code in trail
    loop.check_books()


def test_the_maker_of_a_batch_cannot_approve_it(loop: Loop) -> None:
    loop.fulfil(loop.buy("TON-200"))
    loop.wait(15)
    loop.preparer.post("/finance/payouts", page="/finance/payouts", partners=["linh"])
    page = re.search(r"/finance/payouts/\d+", loop.preparer.page.request.path)  # type: ignore[union-attr]
    assert page
    refused = loop.preparer.post(f"{page[0]}/approve", page=page[0])
    assert refused.status_code == 403, "a preparer has no right to approve"
    loop.check_books()


@pytest.mark.parametrize("pieces", [{"line-1": "1"}, {"all": "1"}])
def test_a_refund_before_the_payout_lowers_what_is_paid(loop: Loop, pieces: dict[str, str]) -> None:
    number = loop.buy("TON-200", "CRM-050")
    loop.fulfil(number)
    loop.give_back(number, **pieces)
    left = {} if "all" in pieces else {"on_hold": commission_on(CREAM)}
    assert loop.standing("linh") == left
    loop.wait(15)
    assert loop.standing("linh") == ({"ready": commission_on(CREAM)} if left else {})
    loop.check_books()


def test_a_refund_after_the_payout_is_a_debt_that_the_next_payout_takes(loop: Loop) -> None:
    number = loop.buy("TON-200", "CRM-050")
    loop.fulfil(number)
    loop.wait(15)
    loop.settle(loop.pay_out("linh", "nha-may"))
    paid = commission_on(TONER, CREAM)
    loop.give_back(number, **{"line-1": "1"})
    owed = paid - commission_on(CREAM)
    assert loop.standing("linh") == {"paid": paid, "ready": -owed}
    loop.fulfil(loop.buy("TON-200", "TON-200"))
    loop.wait(15)
    assert loop.standing("linh") == {"paid": paid, "ready": commission_on(TONER, TONER) - owed}
    loop.settle(loop.pay_out("linh"))
    assert loop.standing("linh") == {"paid": paid + commission_on(TONER, TONER) - owed}
    loop.check_books()


def test_a_failed_payout_gives_back_what_it_claimed_and_the_next_one_pays_it(loop: Loop) -> None:
    loop.linh.get("/hub/payout-details")
    details = {"rail": "test", "account": "reject"}
    loop.linh.post("/hub/payout-details", page="/hub/payout-details", **details)
    loop.fulfil(loop.buy("TON-200"))
    loop.wait(15)
    earned = commission_on(TONER)
    batch = loop.pay_out("linh")
    with Session(loop.engine) as session:
        states = session.scalars(select(Payout.state).where(Payout.batch_id == batch)).all()
    assert states == ["failed"]
    assert loop.standing("linh") == {"ready": earned}
    details["account"] = "VCB 9999"
    loop.linh.post("/hub/payout-details", page="/hub/payout-details", **details)
    loop.settle(loop.pay_out("linh"))
    assert loop.standing("linh") == {"paid": earned}
    loop.check_books()


def test_two_months_with_a_bonus(loop: Loop) -> None:
    with Session(loop.engine) as session:
        programs.find(session, CODE).close_after_days = 1
        session.commit()
    for _ in range(2):
        for _ in range(8):  # 8 × 718,000 is above the tier of 5,000,000
            loop.fulfil(loop.buy("TON-200", "CRM-050"))
        loop.wait(32)
    loop.wait(16)
    with Session(loop.engine) as session:
        bonuses = session.execute(
            select(Commission.amount_minor, Commission.base_minor)
            .join(Partner, Partner.id == Commission.partner_id)
            .where(Commission.kind == "bonus", Partner.code == "linh")
        ).all()
    assert len(bonuses) == 2
    assert all(amount == commission_on(base, bps=100) for amount, base in bonuses)
    sales = 16 * commission_on(TONER, CREAM)
    assert loop.standing("linh") == {"ready": sales + sum(amount for amount, _ in bonuses)}
    loop.check_books()
