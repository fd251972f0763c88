"""The small shop with a past: Linh has money in every state, her distributor leads her.

All of it through the engine's verbs; the orders' rows are there for the goods' names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from commissions import (
    accrual,
    approval,
    bonuses,
    clawbacks,
    conversions,
    partners,
    payouts,
    programs,
    settling,
)
from commissions.models import Commission, Partner, Program
from commissions.partners import PartnerTerms
from commissions.periods import month_of, zone_of
from commissions.providers import TestRail
from commissions.rules import Plan, Rule
from commissions.values import Completion, Refund, RefundLine, Sale, SaleLine, Touch
from storefront import database
from storefront.access import PARTNER
from storefront.accounts import users
from storefront.orders.models import Order, OrderLine
from storefront.shop.models import Product, Shop
from tests.storefront import web

NOW = datetime.now(UTC)
NAMES = {
    "TON-200": "Rose toner 200 ml",
    "CRM-050": "Chrysanthemum cream 50 g",
    "TEA-100": "Lotus tea 100 g",
    "BOX-001": "Gift box",
}
PEOPLE = {"nha-may": "nhamay@hoasom.example", "dollar": "dollar@hoasom.example"}


def ago(days: int, hours: int = 0) -> datetime:
    """Return an instant so many days before now."""
    return NOW - timedelta(days=days, hours=hours)


@dataclass
class Past:
    """What has happened in the shop before a test begins."""

    session: Session
    program: Program

    def partner(self, code: str = "linh") -> Partner:
        """Return the partner of a code."""
        return partners.find(self.session, self.program, code)

    def sell(
        self, number: str, *goods: tuple[str, int], days: int, by: str = "linh", clicked: int = 3
    ) -> str:
        """Sell pieces of goods so many days ago, brought by a click some days before."""
        paid_at = ago(days)
        seeds = {seed.sku: seed for seed in web.PRODUCTS}
        lines = tuple(
            SaleLine(i, sku, pieces, seeds[sku].price_minor * pieces, seeds[sku].category)
            for i, (sku, pieces) in enumerate(goods, 1)
        )
        touch = Touch(self.partner(by).id, "click", paid_at - timedelta(days=clicked))
        sale = Sale(number, paid_at, self.program.currency, lines, touches=(touch,))
        conversions.record(self.session, self.program, [sale])
        self._order(number, paid_at, lines)
        return number

    def complete(self, *numbers: str, days: int) -> None:
        """Complete orders so many days ago."""
        done = [Completion(number, ago(days)) for number in numbers]
        accrual.accrue(self.session, self.program, done, actor="shop")

    def give_back(
        self, number: str, pieces: int | None, *, days: int, line: int | None = 1
    ) -> None:
        """Take pieces of a line back, or all of the order."""
        wanted = RefundLine(number, line if pieces else None, pieces)
        refund = Refund(f"R-{number}-{days}", ago(days), (wanted,))
        clawbacks.take_back(self.session, self.program, [refund], actor="shop")

    def release(self, *, days: int) -> None:
        """Release what is due."""
        approval.release(self.session, self.program, at=ago(days), actor="job")

    def pay(self, *, days: int, settled: bool = True) -> None:
        """Build a batch of all that is ready, and pay it."""
        at = ago(days)
        built = payouts.build_batch(self.session, self.program, maker="ha", at=at)
        if not settled:
            return
        rail = TestRail()
        payouts.approve(
            self.session, self.program, built.payouts[0].batch_id, checker="minh", at=at
        )
        ids = [payout.id for payout in built.payouts]
        orders = settling.begin_sending(self.session, self.program, ids, at=at, actor="job")
        told = {one: rail.send(order) for one, order in zip(ids, orders, strict=True)}
        settling.record_outcomes(self.session, self.program, told, at=at, actor="job")
        settling.settle(self.session, self.program, ids, at=at, actor="bank")

    def id_of(self, number: str) -> int:
        """Return the commission that an order earned its seller."""
        return (
            self.session.scalars(
                select(Commission.id).where(
                    Commission.reference.startswith(f"{number}:"), Commission.kind == "sale"
                )
            ).first()
            or 0
        )

    def _order(self, number: str, at: datetime, lines: Sequence[SaleLine]) -> None:
        goods = sum(line.amount_minor for line in lines)
        ids = {sku: id_ for sku, id_ in self.session.execute(select(Product.sku, Product.id))}
        order = Order(
            shop_id=self.session.scalars(select(Shop.id)).one(),
            number=number,
            token=f"token of {number}",
            checkout_key=f"key of {number}",
            state="paid",
            language="en",
            name="Thu Trang",
            phone="0905",
            address="12 Trần Phú",
            city="Đà Nẵng",
            goods_minor=goods,
            shipping_minor=0,
            total_minor=goods,
            placed_at=at,
        )
        order.lines = [
            OrderLine(
                line_no=line.line_no,
                product_id=ids[line.stock_code],
                sku=line.stock_code,
                name=NAMES[line.stock_code],
                category=line.category or "",
                quantity=line.quantity,
                unit_minor=line.amount_minor // line.quantity,
                amount_minor=line.amount_minor,
            )
            for line in lines
        ]
        self.session.add(order)
        self.session.flush()


def open_shop_with_a_past(engine: Engine) -> str:
    """Open the shop in a database, play its past, and return the database's address."""
    with database.transaction(engine) as session:
        live(session, web.open_shop(session))
    return engine.url.render_as_string(hide_password=False)


def live(session: Session, program: Program) -> Past:
    """Give the small shop two months in which Linh's money came into every state."""
    past = Past(session, program)
    _people(session, program)
    for number, goods, days in (
        ("HS-1", ("TON-200", 20), 64),
        ("HS-2", ("CRM-050", 2), 63),
        ("HS-3", ("TEA-100", 3), 42),
        ("HS-4", ("TON-200", 4), 30),
        ("HS-5", ("TEA-100", 2), 29),
        ("HS-6", ("TON-200", 10), 12),
        ("HS-7", ("CRM-050", 1), 11),
        ("HS-8", ("CRM-050", 1), 10),
        ("HS-9", ("TEA-100", 5), 9),
        ("HS-10", ("TON-200", 1), 6),
        ("HS-11", ("TON-200", 1), 4),
        ("HS-13", ("CRM-050", 2), 2),
    ):
        past.sell(number, goods, days=days)
    past.sell("HS-12", ("TON-200", 1), ("TEA-100", 2), days=1)
    past.sell("HS-20", ("TEA-100", 6), days=8, by="may")
    past.complete("HS-1", "HS-2", days=60)
    bonuses.award(
        session, program, month_of(ago(60), zone_of(program.time_zone)), now=NOW, actor="job"
    )
    past.release(days=44)
    past.pay(days=43)
    past.complete("HS-3", days=40)
    past.release(days=24)
    past.pay(days=23, settled=False)
    past.complete("HS-4", "HS-5", days=27)
    past.give_back("HS-4", 1, days=20)
    past.release(days=9)
    past.complete("HS-6", "HS-7", "HS-8", "HS-9", days=8)
    past.complete("HS-10", "HS-20", days=3)
    past.give_back("HS-6", 4, days=5)
    past.give_back("HS-2", 1, days=5)
    past.give_back("HS-9", None, days=4)
    approval.hold(
        session,
        program,
        [past.id_of("HS-7")],
        at=ago(3),
        actor="ha",
        reason="many clicks, one address",
    )
    approval.reject(session, program, [past.id_of("HS-8")], at=ago(2), actor="ha", reason="fraud")
    conversions.cancel(session, program, ["HS-11"], at=ago(2), actor="shop", reason="out of stock")
    return past


def _people(session: Session, program: Program) -> None:
    """Let the distributor sign in, and a partner of a second program in dollars."""
    dollars = programs.set_terms(
        session,
        programs.Terms(
            code="hoa-som-us",
            name="Hoa Sớm US",
            currency="USD",
            time_zone="America/New_York",
            window_days=30,
            hold_days=30,
            minimum_payout_minor=50_00,
        ),
    )
    plan = Plan(rules=(Rule(1, "Everything", rate_bps=1_000),))
    programs.publish_plan(session, dollars, plan, effective_from=ago(90))
    (dollar,) = partners.enrol(session, dollars, [PartnerTerms("dollar", "Jo", "jo", "koc")])
    touch = Touch(dollar.id, "click", ago(6))
    sale = Sale("US-1", ago(5), "USD", (SaleLine(1, "SERUM", 1, 123_45),), touches=(touch,))
    conversions.record(session, dollars, [sale])
    accrual.accrue(session, dollars, [Completion("US-1", ago(4))], actor="shop")
    for code, email in PEOPLE.items():
        owner = dollar if code == "dollar" else partners.find(session, program, code)
        users.create(
            session,
            email,
            name=owner.name,
            password_hash=web.HASHED,
            roles=[PARTNER],
            partner_id=owner.id,
        )
