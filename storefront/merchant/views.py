"""The brand's desk: the list of orders, one order, and the steps of its way."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from commissions.periods import zone_of
from storefront import access, clock, i18n, logs
from storefront.accounts.people import person
from storefront.errors import Missing, Refusal
from storefront.merchant import desk, words
from storefront.orders import order_page, refunds, workflow
from storefront.orders.models import Order, OrderRefund
from storefront.orders.states import REFUNDABLE
from storefront.shop import current
from storefront.shop.models import Shop
from storefront.transactions import session, undo

merchant = Blueprint("merchant", __name__, url_prefix="/desk")

_LONGEST = 120
_LONGEST_REASON = 300
_LONGEST_COUNT = 6


@merchant.get("/orders", endpoint="orders")
def show_orders() -> ResponseReturnValue:
    """Show the orders in one view of the desk, of those that a search finds."""
    state, search = request.args.get("state", "every"), request.args.get("q", "")
    if state not in desk.FILTERS:
        state = "every"
    program = current.program()
    return render_template(
        "merchant/orders.html",
        section="merchant.orders",
        rows=desk.orders(session, state=state, search=search),
        counts=desk.counts(session),
        state=state,
        search=search,
        zone=program.time_zone,
        currency=program.currency,
        most=desk.MOST_SHOWN,
        words=words,
    )


@merchant.get("/orders/<number>", endpoint="order")
def show_order(number: str) -> ResponseReturnValue:
    """Show an order: its lines, its buyer, what happened, who earns, what comes next."""
    return _page(_find(number), typed=access.typed_before())


@merchant.post("/orders/<number>/ship")
def ship(number: str) -> ResponseReturnValue:
    """Note which carrier has an order, under which number."""
    order = _find(number)
    carrier, tracking = _line("carrier"), _line("tracking")
    faults = {}
    if not carrier:
        faults["carrier"] = _("Name the carrier, such as Giao Sớm.")
    for name, text in (("carrier", carrier), ("tracking", tracking)):
        if len(text) > _LONGEST or not text.isprintable():
            faults[name] = _("Keep it to one line of %(most)d signs at most.", most=_LONGEST)
    if faults:
        undo()
        return _page(_find(number), faults=faults, typed=request.form), 422
    shipped = workflow.ship(
        session, order, carrier=carrier, tracking=tracking, at=_now(), actor=logs.actor()
    )
    _tell(
        _("Order %(number)s is on its way.", number=number),
        _("Order %(number)s was on its way already. Nothing was changed.", number=number),
        is_new=shipped,
    )
    return _back(number)


@merchant.post("/orders/<number>/deliver")
def deliver(number: str) -> ResponseReturnValue:
    """Note that an order has arrived."""
    _tell(
        _("Order %(number)s has arrived.", number=number),
        _("Order %(number)s had arrived already. Nothing was changed.", number=number),
        is_new=workflow.deliver(session, _find(number), at=_now(), actor=logs.actor()),
    )
    return _back(number)


@merchant.post("/orders/<number>/complete")
def complete(number: str) -> ResponseReturnValue:
    """Take an order as final: who brought it is credited, on hold."""
    _tell(
        _("Order %(number)s is complete. Its commissions are on hold now.", number=number),
        _("Order %(number)s was complete already. Nothing was changed.", number=number),
        is_new=workflow.complete(session, _find(number), at=_now(), actor=logs.actor()),
    )
    return _back(number)


@merchant.post("/orders/<number>/refund")
def refund(number: str) -> ResponseReturnValue:
    """Give money back: in whole, or the pieces that the form names."""
    order, reason, key = _find(number), _line("reason"), _line("form_key")
    faults, pieces = _read_pieces(order)
    if not reason or len(reason) > _LONGEST_REASON or not reason.isprintable():
        faults["reason"] = _("Write in a few words why: it stays in the record.")
    if not key or len(key) > _LONGEST:
        faults["pieces"] = _("This form was open for too long. Load the page again.")
    if faults:
        return _refused(number, faults)
    program = desk.shop_of(session, order).program
    before = desk.credited(session, program, order)
    try:
        made = workflow.refund(
            session,
            order,
            lines=None if request.form.get("all") else pieces,
            reason=reason,
            form_key=key,
            with_shipping=bool(request.form.get("shipping")),
            seen_minor=_amount("all_left"),
            at=_now(),
            actor=logs.actor(),
        )
    except Refusal as refusal:
        return _refused(number, {"pieces": str(refusal)})
    flash(_told(made, before - desk.credited(session, program, order)), "leaf")
    return _back(number)


def _read_pieces(order: Order) -> tuple[dict[str, str], dict[int, int]]:
    """Return the faults of the pieces that the form names, and the pieces by line."""
    faults, pieces = {}, {}
    for line in order.lines:
        text = request.form.get(f"line-{line.line_no}", "").strip() or "0"
        if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_COUNT):
            faults[f"line-{line.line_no}"] = _("Write a whole number of pieces.")
        elif int(text):
            pieces[line.line_no] = int(text)
    return faults, pieces


def _amount(name: str) -> int:
    """Return the minor units in a hidden field; where there is no such number, what is no sum."""
    text = _line(name)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else -1  # noqa: PLR2004  # reason: what the books can hold


def _refused(number: str, faults: Mapping[str, str]) -> ResponseReturnValue:
    undo()
    return _page(_find(number), faults=faults, typed=request.form), 422


def _told(made: OrderRefund, taken_minor: int) -> str:
    currency = current.program().currency
    amount = i18n.money(made.amount_minor + made.shipping_minor, currency)
    if not taken_minor:
        return str(
            _(
                "%(amount)s went back to the shopper, as %(reference)s.",
                amount=amount,
                reference=made.reference,
            )
        )
    return str(
        _(
            "%(amount)s went back to the shopper, as %(reference)s."
            " Of the commissions %(taken)s were taken back.",
            amount=amount,
            reference=made.reference,
            taken=i18n.money(taken_minor, currency),
        )
    )


def _page(
    order: Order,
    *,
    faults: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> str:
    shop = desk.shop_of(session, order)
    program = shop.program
    left = refunds.pieces_left(order)
    return render_template(
        "merchant/order.html",
        section="merchant.orders",
        order=order,
        program=program,
        zone=program.time_zone,
        currency=program.currency,
        left=left,
        worth={line.line_no: refunds.amount_of(line, left[line.line_no]) for line in order.lines},
        shipping_left=refunds.shipping_left(order),
        all_left=refunds.all_left(order),
        supported=desk.supported(session, order),
        earners=desk.earners(session, program, order),
        person=person,
        next_step=desk.NEXT.get(order.state),
        returnable_until=_still_returnable(order, shop),
        refundable=order.state in REFUNDABLE,
        form_key=(typed or {}).get("form_key") or secrets.token_urlsafe(16),
        faults=faults or {},
        typed=typed or {},
        words=words,
    )


def _still_returnable(order: Order, shop: Shop) -> date | None:
    """Return until when the buyer may send an order back; None when that time is over."""
    until = order_page.returnable_until(order, shop)
    return until if _now().astimezone(zone_of(shop.program.time_zone)).date() <= until else None


def _find(number: str) -> Order:
    order = desk.find(session, number)
    if order is None:
        raise Missing(_("There is no order %(number)s.", number=number))
    return order


def _tell(done: str, was: str, *, is_new: bool) -> None:
    flash(done if is_new else was, "leaf" if is_new else "amber")


def _line(name: str) -> str:
    return request.form.get(name, "").strip()


def _now() -> datetime:
    return clock.now(session)


def _back(number: str) -> ResponseReturnValue:
    return redirect(url_for("merchant.order", number=number), 303)
