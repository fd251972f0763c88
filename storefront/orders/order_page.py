"""What an order's page says: the answer first, then what happened and what comes next.

Pure: from the order, the shop's terms and the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import itemgetter
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from storefront import i18n
from storefront.orders.models import Order, OrderEvent
from storefront.orders.states import OrderState
from storefront.shop import terms
from storefront.shop.models import Shop

DONE, NOW, NEXT, BAD = "done", "now", "next", "bad"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the timeline: the day in the margin, and what happened or will."""

    look: str
    day: date | None
    title: str
    told: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """An order's page: headline, the sentence below it, the timeline."""

    headline: str
    told: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class _Facts:
    order: Order
    shop: Shop
    zone: str

    def event(self, kind: str) -> OrderEvent | None:
        """Return the first event of a kind."""
        return next((event for event in self.order.events if event.kind == kind), None)

    def day(self, at: datetime) -> date:
        """Return the day of an instant where the shop is."""
        return at.astimezone(ZoneInfo(self.zone)).date()

    def time(self, at: datetime) -> str:
        """Return the time of day where the shop is."""
        return i18n.clock_time(at, self.zone)

    @property
    def arrival(self) -> tuple[date, date]:
        """The days between which the order should arrive."""
        return terms.arrival(self.shop, self.order.paid_at or self.order.placed_at, self.zone)

    @property
    def given_back_minor(self) -> int:
        """What has gone back to the shopper, in minor units."""
        return sum(one.amount_minor + one.shipping_minor for one in self.order.refunds)

    @property
    def returnable_until(self) -> date:
        """The last day on which pieces may be sent back."""
        arrived = self.order.delivered_at
        first = self.day(arrived) if arrived else self.arrival[1]
        return first + timedelta(days=self.shop.return_days)


def returnable_until(order: Order, shop: Shop) -> date:
    """Return the last day on which a buyer may send back what an order brought."""
    return _Facts(order, shop, shop.program.time_zone).returnable_until


def view(order: Order, shop: Shop) -> View:
    """Return what an order's page says."""
    facts = _Facts(order, shop, shop.program.time_zone)
    return View(*_answer(facts), steps=tuple(_steps(facts)))


def _answer(facts: _Facts) -> tuple[str, str]:
    order = facts.order
    first, last = facts.arrival
    between = _(
        "Arrives %(first)s to %(last)s.", first=i18n.weekday(first), last=i18n.weekday(last)
    )
    answers: Mapping[OrderState, Callable[[], tuple[str, str]]] = {
        OrderState.AWAITING_PAYMENT: lambda: (
            _("Almost yours: it waits for your payment"),
            _("We keep the pieces for you for half an hour."),
        ),
        OrderState.PAID: lambda: (_("Thank you. We are packing it"), between),
        OrderState.SHIPPED: lambda: (_("On its way to %(city)s", city=order.city), between),
        OrderState.DELIVERED: lambda: (
            _("It has arrived"),
            _("You can send it back until %(day)s.", day=i18n.weekday(facts.returnable_until)),
        ),
        OrderState.COMPLETED: lambda: (
            _("All done"),
            f"{_returns(facts)} " + str(_("Thank you for buying from us.")),
        ),
        OrderState.CANCELLED: lambda: (
            _("Cancelled, and your money is on its way back"),
            _(
                "%(amount)s goes back the way it came. You needn't do anything.",
                amount=i18n.money(facts.given_back_minor, facts.shop.program.currency),
            ),
        ),
        OrderState.EXPIRED: lambda: (
            _("This order wasn't paid in time"),
            _("Nothing was taken, and the pieces are back on the shelf. Order again if you like."),
        ),
    }
    return answers[OrderState(order.state)]()


def _returns(facts: _Facts) -> str:
    """Return whether the finished order can still go back: its time may not be over yet."""
    completed = facts.event("completed")
    if completed and facts.day(completed.at) <= facts.returnable_until:
        return str(
            _("You can send it back until %(day)s.", day=i18n.weekday(facts.returnable_until))
        )
    return str(_("The time for returns is over."))


def _steps(facts: _Facts) -> Iterator[Step]:
    order = facts.order
    if order.paid_at is None:
        yield from _unpaid_steps(facts)
        return
    yield Step(DONE, facts.day(order.paid_at), _("Confirmed"),
               _("%(time)s, %(amount)s received", time=facts.time(order.paid_at),
                 amount=i18n.money(order.total_minor, facts.shop.program.currency)))  # fmt: skip
    past = [*_happened(facts), *_refunds(facts)]
    yield from (step for _at, step in sorted(past, key=itemgetter(0)))
    cancelled = facts.event("cancelled")
    if cancelled:
        yield Step(BAD, facts.day(cancelled.at), _("Cancelled"), facts.time(cancelled.at))
        return
    yield from _to_come(facts)


def _unpaid_steps(facts: _Facts) -> Iterator[Step]:
    order = facts.order
    yield Step(DONE, facts.day(order.placed_at), _("Ordered"), facts.time(order.placed_at))
    expired = facts.event("expired")
    if expired:
        yield Step(BAD, facts.day(expired.at), _("Not paid in time"), facts.time(expired.at))
        return
    yield Step(NOW, facts.day(order.placed_at), _("Next: your payment"),
               _("We start packing as soon as it is here."))  # fmt: skip


def _happened(facts: _Facts) -> Iterator[tuple[datetime, Step]]:
    """Yield what was done for the order since it was paid, each with its time."""
    order = facts.order
    shipped, delivered = facts.event("shipped"), facts.event("delivered")
    completed = facts.event("completed")
    if shipped:
        day, time = facts.day(shipped.at), facts.time(shipped.at)
        told = ", ".join(one for one in (time, order.carrier, order.tracking) if one)
        look = NOW if order.state == OrderState.SHIPPED else DONE
        yield shipped.at, Step(DONE, day, _("Prepared"), _("Packed, and handed to the courier"))
        yield shipped.at, Step(look, day, _("Shipped"), told)
    if delivered:
        look = NOW if order.state == OrderState.DELIVERED else DONE
        day, told = facts.day(delivered.at), facts.time(delivered.at)
        yield delivered.at, Step(look, day, _("Delivered"), told)
    if completed:
        day, told = facts.day(completed.at), _returns(facts).rstrip(".")
        yield completed.at, Step(DONE, day, _("Completed"), told)


def _refunds(facts: _Facts) -> Iterator[tuple[datetime, Step]]:
    """Yield what went back, each with its time."""
    for refund in facts.order.refunds:
        amount = i18n.money(
            refund.amount_minor + refund.shipping_minor, facts.shop.program.currency
        )
        told = _(
            "%(time)s, %(amount)s goes back the way it came",
            time=facts.time(refund.at),
            amount=amount,
        )
        yield refund.at, Step(DONE, facts.day(refund.at), _("Money back"), told)


def _to_come(facts: _Facts) -> Iterator[Step]:
    order = facts.order
    state = OrderState(order.state)
    first, last = facts.arrival
    if state is OrderState.PAID:
        yield Step(NOW, None, _("Preparing"), _("We pack it by hand, and ship it next."))
    if state in {OrderState.PAID, OrderState.SHIPPED}:
        title = _("Next: delivered to you") if state is OrderState.SHIPPED else _("Delivery")
        told = _("By %(day)s. The courier calls before coming.", day=i18n.weekday(last))
        yield Step(NEXT, first, title, f"{told} {order.address}, {order.city}")
    if state is not OrderState.COMPLETED:
        told = _("%(count)s days after you receive it", count=facts.shop.return_days)
        yield Step(NEXT, facts.returnable_until, _("Time for returns ends"), told)
