"""Two months of trade in the demo's shop, day by day through the real verbs.

The same seed gives the same orders; only the calendar moves, so that the last day is yesterday.
Every day is one transaction; months and payouts take those that they need.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from commissions import approval, clicks, programs
from commissions.models import Commission, Program
from commissions.periods import month_of
from commissions.states import CommissionState
from commissions.values import Touch
from storefront import database, months
from storefront.orders import workflow
from storefront.orders.models import Order, OrderEvent, OrderLine
from storefront.orders.states import OrderState
from storefront.payments.models import Payment
from storefront.shop import terms
from storefront.shop.models import Product, Shop
from storefront.world.cast import Cast, Seller, Shopper
from storefront.world.paydays import Payday

DAYS = 62
_SEED = 20
_CARRIERS = ("Giao Sớm", "Viettel Post", "GHN")
_CLOSED_AFTER = timedelta(days=3)


@dataclass(frozen=True, order=True)
class Step:
    """One thing that happens at an instant."""

    at: datetime
    turn: int
    do: Callable[[Session, datetime], None] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Wish:
    """An order that somebody will place."""

    turn: int
    at: datetime
    shopper: Shopper
    seller: Seller | None
    pieces: tuple[tuple[str, int], ...]
    fate: str


def play(engine: Engine, cast: Cast, *, until: datetime) -> None:
    """Play two months of trade that end at an instant."""
    with database.transaction(engine) as session:
        zone = ZoneInfo(programs.find(session, cast.program_code).time_zone)
    first = (until - timedelta(days=DAYS)).astimezone(zone).replace(hour=0, minute=0, second=0)
    steps = sorted(_steps(cast, first, until))
    paydays = {DAYS - 33: Payday.PAID, DAYS - 12: Payday.ONE_FAILS, DAYS - 4: Payday.WAITING}
    for day in range(DAYS):
        begins = first + timedelta(days=day)
        ends = begins + timedelta(days=1)
        _close_last_month(engine, cast, begins)
        with database.transaction(engine) as session:
            approval.release(session, _program(session, cast), at=begins, actor="jobs")
            for step in steps:
                if begins <= step.at < ends:
                    step.do(session, step.at)
        if day in paydays:
            paydays[day].play(engine, cast, at=begins + timedelta(hours=9))
    _hold_one(engine, cast, at=until - timedelta(hours=20))


def _steps(cast: Cast, first: datetime, until: datetime) -> Iterator[Step]:
    for wish in _wishes(cast, first):
        life = _Life(cast, wish)
        for at, do in life.steps():
            if at < until:
                yield Step(at, wish.turn, do)


def _wishes(cast: Cast, first: datetime) -> Iterator[Wish]:
    luck = random.Random(_SEED)  # noqa: S311  # reason: made-up orders are no secrets
    yield _the_order(cast, first)
    turn = 0
    for day in range(DAYS):
        for _ in range(luck.choice((1, 2, 2, 3))):
            turn += 1
            seller = luck.choice(cast.sellers) if luck.random() < 0.9 else None  # noqa: PLR2004  # reason: one in ten comes by itself
            skus = seller.skus if seller else luck.choice(cast.sellers).skus
            chosen = luck.sample(skus, k=min(len(skus), luck.choice((1, 1, 2, 3))))
            yield Wish(
                turn,
                first + timedelta(days=day, minutes=luck.randint(8 * 60, 22 * 60)),
                luck.choice(cast.shoppers),
                seller,
                tuple((sku, luck.choice((1, 1, 1, 2))) for sku in chosen),
                luck.choices(("kept", "returned", "cancelled"), (90, 7, 3))[0],
            )


def _the_order(cast: Cast, first: datetime) -> Wish:
    """Return the order whose trail the demo prints: one piece of it comes back."""
    seller = cast.sellers[0]
    return Wish(
        0,
        first + timedelta(hours=7),
        cast.shoppers[0],
        seller,
        tuple((sku, pieces) for sku, pieces in zip(seller.skus, (2, 3), strict=False)),
        "returned",
    )


class _Life:
    """One order from the touch to what became of it."""

    def __init__(self, cast: Cast, wish: Wish) -> None:
        self._cast = cast
        self._wish = wish
        self._order_id = 0

    def steps(self) -> Iterator[tuple[datetime, Callable[[Session, datetime], None]]]:
        placed = self._wish.at
        yield placed, self._place
        if self._wish.fate == "cancelled":
            yield placed + timedelta(hours=5), self._give_all_back
            return
        yield placed + timedelta(hours=16), self._ship
        yield placed + timedelta(days=3, hours=2), self._deliver
        yield placed + timedelta(days=4), self._complete
        if self._wish.fate == "returned":
            yield placed + timedelta(days=7), self._take_one_back

    def _place(self, session: Session, at: datetime) -> None:
        order = _order(session, self._cast, self._wish)
        session.add(order)
        session.flush()
        order.number = f"HS-{1_000 + order.id}"
        self._order_id = order.id
        session.add(OrderEvent(order_id=order.id, kind="placed", at=at, actor="shopper"))
        paid_at = at + timedelta(minutes=4)
        session.add(_payment(order, at=paid_at))
        session.flush()
        workflow.mark_paid(session, order, at=paid_at, actor="shopper")

    def _ship(self, session: Session, at: datetime) -> None:
        carrier = _CARRIERS[self._wish.turn % len(_CARRIERS)]
        tracking = f"{8830_0000 + self._wish.turn * 137}"
        workflow.ship(
            session,
            self._order(session),
            carrier=carrier,
            tracking=tracking,
            at=at,
            actor=self._cast.operator,
        )

    def _deliver(self, session: Session, at: datetime) -> None:
        workflow.deliver(session, self._order(session), at=at, actor=self._cast.operator)

    def _complete(self, session: Session, at: datetime) -> None:
        workflow.complete(session, self._order(session), at=at, actor=self._cast.operator)

    def _give_all_back(self, session: Session, at: datetime) -> None:
        self._refund(session, at, lines=None, reason="Khách đổi ý trước khi gửi hàng")

    def _take_one_back(self, session: Session, at: datetime) -> None:
        self._refund(session, at, lines={1: 1}, reason="Khách trả một món, còn nguyên niêm phong")

    def _refund(
        self, session: Session, at: datetime, *, lines: dict[int, int] | None, reason: str
    ) -> None:
        workflow.refund(
            session,
            self._order(session),
            lines=lines,
            reason=reason,
            form_key=secrets.token_urlsafe(12),
            with_shipping=lines is None,
            at=at,
            actor=self._cast.operator,
        )

    def _order(self, session: Session) -> Order:
        return session.get_one(Order, self._order_id)


def _order(session: Session, cast: Cast, wish: Wish) -> Order:
    shop = session.scalars(select(Shop)).one()
    touch = _touch(session, _program(session, cast), wish)
    products = {one.sku: one for one in session.scalars(select(Product))}
    lines = [_line(no, products[sku], n) for no, (sku, n) in enumerate(wish.pieces, start=1)]
    price = terms.price(shop, sum(line.amount_minor for line in lines))
    return Order(
        shop_id=shop.id,
        number=secrets.token_urlsafe(12),
        token=secrets.token_urlsafe(24),
        checkout_key=secrets.token_urlsafe(24),
        state=OrderState.AWAITING_PAYMENT,
        language="vi",
        name=wish.shopper.name,
        phone=wish.shopper.phone,
        email=wish.shopper.email,
        address=wish.shopper.address,
        city=wish.shopper.city,
        goods_minor=price.goods_minor,
        shipping_minor=price.shipping_minor,
        total_minor=price.total_minor,
        partner_id=wish.seller.partner_id if wish.seller else None,
        touch_key=touch.key if touch else None,
        touch_kind=touch.kind if touch else None,
        touched_at=touch.occurred_at if touch else None,
        placed_at=wish.at,
        lines=lines,
    )


def _touch(session: Session, program: Program, wish: Wish) -> Touch | None:
    """Let the shopper come by the seller's link or page, some hours to days before they buy."""
    seller = wish.seller
    if seller is None:
        return None
    came = wish.at - timedelta(hours=3 + wish.turn * 7 % 90)
    visit = (
        clicks.Visit(seller.partner_id, came, kind="shop_page")
        if wish.turn % 2
        else clicks.Visit(seller.partner_id, came, link_id=seller.link_id)
    )
    return clicks.record(session, program, [visit])[0]


def _line(line_no: int, product: Product, quantity: int) -> OrderLine:
    name = next(text.name for text in product.texts if text.language == "vi")
    return OrderLine(
        line_no=line_no,
        product_id=product.id,
        sku=product.sku,
        name=name,
        category=product.category,
        quantity=quantity,
        unit_minor=product.price_minor,
        amount_minor=product.price_minor * quantity,
        returned_quantity=0,
    )


def _payment(order: Order, *, at: datetime) -> Payment:
    return Payment(
        order_id=order.id,
        provider="test",
        reference=secrets.token_urlsafe(24),
        amount_minor=order.total_minor,
        refunded_minor=0,
        state="succeeded",
        begun_at=at,
        ended_at=at,
    )


def _program(session: Session, cast: Cast) -> Program:
    return programs.find(session, cast.program_code)


def _close_last_month(engine: Engine, cast: Cast, now: datetime) -> None:
    """Close the month that ended three days ago."""
    day = now - _CLOSED_AFTER
    if day.day != 1:
        return
    zone = ZoneInfo(str(now.tzinfo))
    months.close_through(
        engine, cast.program_code, month_of(day - timedelta(days=1), zone), now=now, actor="jobs"
    )


def _hold_one(engine: Engine, cast: Cast, *, at: datetime) -> None:
    """Let finance stop one commission, so that there is something to look into."""
    with database.transaction(engine) as session:
        program = _program(session, cast)
        found = session.scalar(
            select(Commission.id)
            .where(Commission.program_id == program.id, Commission.state == CommissionState.ON_HOLD)
            .order_by(Commission.amount_minor.desc())
            .limit(1)
        )
        if found is not None:
            reason = "Bảy đơn đến cùng một địa chỉ: hỏi lại số điện thoại người mua"
            approval.hold(session, program, [found], at=at, actor=cast.maker, reason=reason)
