"""The sum as screens show it: goods by their names, steps in words, reasons as sentences.

Decides words alone; every amount is the engine's. Texts are in the language of the request.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from commissions import earnings, sets
from commissions.attribution import SELF_PURCHASE, WON
from commissions.earnings import Part, Sum, SumLine
from commissions.models import Program
from storefront import i18n
from storefront.orders.models import Order, OrderLine
from storefront.shop.models import ProductText, Shop

Names = Mapping[tuple[str, int], str]
"""What sold goods are called in the reader's language, by the order's number and the line."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of a receipt: words to the left, an amount in minor units to the right."""

    label: str
    minor: int


@dataclass(frozen=True, slots=True)
class Step:
    """Goods, the base that they make, and what it is multiplied by under which rule."""

    goods: tuple[Figure, ...]
    base: Figure
    rate: str
    rule: str
    minor: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """A sum to be shown: its title, its steps, the total, what was taken back, and why."""

    id: int
    kind: str
    state: str
    title: str
    steps: tuple[Step, ...]
    total: Figure
    taken: tuple[Figure, ...]
    left: Figure | None
    notes: tuple[str, ...]
    sale_reference: str | None
    due_at: datetime | None
    reason: str | None


_REASONS: Mapping[str, str | LazyString] = {
    "taken back in whole": _l("all of the order came back"),
    "return": _l("goods came back"),
    "cancelled": _l("the order was cancelled"),
    "out of stock": _l("the goods were sold out"),
    "dispute": _l("the payment was disputed"),
    "fraud": _l("the order was fraudulent"),
}


def receipts(
    session: Session,
    program: Program,
    commission_ids: Collection[int],
    *,
    reader_id: int | None = None,
) -> dict[int, Receipt]:
    """Return sums as they are shown, by commission id; of estimates by the sale's id below zero.

    ``reader_id`` is the partner who reads them as their own; without it somebody of the brand does.
    """
    found = earnings.sums(session, program, commission_ids, partner_id=reader_id)
    names = names_of(session, program, (one.sale_reference for one in found.values()))
    return {
        one.id: _receipt(one, names, program, own=one.partner_id == reader_id)
        for one in found.values()
    }


def names_of(session: Session, program: Program, references: Iterable[str | None]) -> Names:
    """Return what the goods of the shop's own orders are called; imported ones have no names.

    As they were sold, unless the reader speaks another language in which they have a name.
    """
    reader = i18n.language()
    rows = session.execute(
        select(Order.number, OrderLine.line_no, func.coalesce(ProductText.name, OrderLine.name))
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Shop, Shop.id == Order.shop_id)
        .outerjoin(
            ProductText,
            and_(
                ProductText.product_id == OrderLine.product_id,
                ProductText.language == reader,
                Order.language != reader,
            ),
        )
        .where(
            Shop.program_id == program.id,
            sets.among(session, Order.number, {one for one in references if one}),
        )
    )
    return {(number, line_no): name for number, line_no, name in rows}


def came_back_in_time(quantity: int, minor: int) -> Figure:
    """Return the line of a receipt for pieces that never earned, as they came back too early."""
    label = ngettext(
        "%(num)d piece came back before completion",
        "%(num)d pieces came back before completion",
        quantity,
    )
    return Figure(label, -minor)


def reason_in_words(reason: str | None) -> str | None:
    """Return a reason in the reader's language, where it is one of ours; else as it was typed."""
    return str(_REASONS.get(reason, reason)) if reason else None


def _receipt(one: Sum, names: Names, program: Program, *, own: bool) -> Receipt:
    called = _names_in(one, names)
    taken = tuple(
        Figure(
            _(
                "taken back %(date)s: %(reason)s",
                date=i18n.day(back.occurred_at, program.time_zone),
                reason=reason_in_words(back.reason),
            ),
            back.amount_minor,
        )
        for back in one.taken
    )
    return Receipt(
        id=one.id,
        kind=one.kind,
        state=one.state,
        title=_title(one, called),
        steps=tuple(_step(one, part, called, program) for part in one.parts),
        total=Figure(_total(one, own=own), one.amount_minor),
        taken=taken,
        left=Figure(_("left of it"), one.left_minor) if taken else None,
        notes=tuple(note for note in (_state(one, program), _brought(one)) if note),
        sale_reference=one.sale_reference,
        due_at=one.due_at,
        reason=reason_in_words(one.reason),
    )


def _names_in(one: Sum, names: Names) -> Callable[[SumLine], str]:
    def called(line: SumLine) -> str:
        return names.get((one.sale_reference or "", line.line_no), line.stock_code)

    return called


def _title(one: Sum, called: Callable[[SumLine], str]) -> str:
    if one.month:
        return str(_("Bonus for %(month)s", month=i18n.month_in_words(one.month)))
    goods = _goods(one, called)
    if one.kind == "clawback":
        return str(_("Taken back: %(goods)s", goods=goods))
    if one.kind == "override":
        return str(_("%(name)s sold %(goods)s", name=one.seller_name, goods=goods))
    return goods


def _goods(one: Sum, called: Callable[[SumLine], str]) -> str:
    if not one.lines:
        return one.sale_reference or ""
    first, *others = one.lines
    title = called(first) if first.quantity == 1 else _pieces(called(first), first.quantity)
    if not others:
        return title
    return str(
        ngettext(
            "%(first)s and %(num)d more", "%(first)s and %(num)d more", len(others), first=title
        )
    )


def _pieces(name: str, quantity: int) -> str:
    return f"{name} ×\u00a0{i18n.count(quantity)}"


def _step(one: Sum, part: Part, called: Callable[[SumLine], str], program: Program) -> Step:
    goods = []
    for line in part.lines:
        goods.append(Figure(_pieces(called(line), line.quantity), line.amount_minor))
        if line.returned_minor:
            goods.append(came_back_in_time(line.returned_quantity, line.returned_minor))
    return Step(
        goods=tuple(goods),
        base=Figure(_base(one), part.base_minor),
        rate=_("flat") if part.rate_bps is None else f"× {i18n.percent(part.rate_bps)}",
        rule=", ".join(_terms(one, part, program)),
        minor=part.amount_minor,
    )


def _base(one: Sum) -> str:
    if one.month:
        return str(_("volume of %(month)s", month=i18n.month_in_words(one.month)))
    return str(_("base that came back") if one.kind == "clawback" else _("base"))


def _terms(one: Sum, part: Part, program: Program) -> Iterable[str]:
    """Yield what the rate stands on: the rule or the tier, and the version of the plan."""
    if one.tier:
        yield _(
            "tier from %(amount)s", amount=i18n.money(one.tier.threshold_minor, program.currency)
        )
    elif part.rule_name:
        yield part.rule_name
    elif one.seller_name:
        yield _("for leading %(name)s", name=one.seller_name)
    if one.plan_number:
        yield _("plan v%(number)s", number=one.plan_number)


def _total(one: Sum, *, own: bool) -> str:
    words = {
        "bonus": _("your bonus") if own else _("bonus"),
        "override": _("your share") if own else _("sponsor's share"),
        "clawback": _("taken back"),
    }
    return str(words.get(one.kind, _("your commission") if own else _("commission")))


def _state(one: Sum, program: Program) -> str:
    """Return the sentence on where the money is, with the date on which that changes."""
    reason = reason_in_words(one.reason) or ""
    until = i18n.day_full(one.due_at, program.time_zone) if one.due_at else ""
    paid = one.payout.settled_at if one.payout else None
    told = {
        "estimated": _("Estimated: it is booked when the order is complete."),
        "on_hold": _("On hold until %(date)s.", date=until),
        "held": _("Held for review: %(reason)s.", reason=reason),
        "held_ready": _("Held for review: %(reason)s.", reason=reason),
        "ready": _("Ready: the next payout takes it."),
        "in_payout": _("In payout %(number)s.", number=one.payout.id if one.payout else ""),
        "paid": _(
            "Paid on %(date)s, payout %(number)s.",
            date=i18n.day_full(paid, program.time_zone) if paid else "",
            number=one.payout.id if one.payout else "",
        ),
        "rejected": _("Rejected: %(reason)s.", reason=reason),
        "reversed": _("Reversed: %(reason)s.", reason=reason),
    }
    if one.kind == "clawback" and one.state == "ready":
        return str(_("The next payout is smaller by this."))
    return str(told.get(one.state, ""))


def _brought(one: Sum) -> str:
    """Return the sentence on the touch that won, and how long before the purchase it was."""
    if one.brought is None or one.kind == "clawback":
        return ""
    if one.brought.reason != WON:
        own = one.brought.reason == SELF_PURCHASE
        return str(_("Own purchases earn nothing.") if own else one.brought.reason)
    touches = {
        "click": _("Last click"),
        "shop_page": _("Last visit to the shop page"),
        "coupon": _("Last coupon"),
        "scan": _("Last scan"),
    }
    touch = touches.get(one.brought.touch_kind or "", _("Last touch"))
    days = one.brought.days_before or 0
    if not days:
        return str(_("%(touch)s, less than a day before the purchase.", touch=touch))
    return str(
        ngettext(
            "%(touch)s, %(num)d day before the purchase.",
            "%(touch)s, %(num)d days before the purchase.",
            days,
            touch=touch,
        )
    )
