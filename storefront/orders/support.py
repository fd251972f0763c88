"""Whom a shopper supports: touches are recorded here, and the cart remembers the last one."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Request
from sqlalchemy.orm import Session

from commissions import clicks
from commissions.models import Partner, Program, TouchRecord
from commissions.values import Touch
from storefront import visits
from storefront.orders import carts
from storefront.orders.models import Cart

_SAME_VISIT = timedelta(minutes=30)


def is_reading_ahead(request: Request) -> bool:
    """Tell whether nobody looks at what is asked for: a HEAD, or a browser reading ahead."""
    purposes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    return request.method == "HEAD" or any("prefetch" in purpose.lower() for purpose in purposes)


def visit(session: Session, program: Program, visit: clicks.Visit) -> None:
    """Record a visit as a touch of the visitor's, and let their cart support its partner.

    Seeing the same partner's page again within half an hour is no visit of its own.
    """
    visitor = visits.make_visitor()
    cart = carts.find(session)
    if visit.kind == "shop_page":
        last = _last(session, program, visitor, at=visit.occurred_at)
        if last and _is_same_visit(last, visit) and (cart is None or cart.touch_id == last.id):
            return
    known = clicks.Visit(visit.partner_id, visit.occurred_at, visit.kind, visit.link_id, visitor)
    touch = clicks.record(session, program, [known])[0]
    if cart:
        _remember(cart, touch)


def give_cart_its_touch(session: Session, program: Program, cart: Cart, *, at: datetime) -> None:
    """Let a new cart support the partner whom the visitor saw last."""
    visitor = visits.visitor()
    touch = _last(session, program, visitor, at=at) if visitor else None
    if touch:
        _remember(cart, touch)


def choose(session: Session, program: Program, partner: Partner | None, *, at: datetime) -> None:
    """Support a partner, or nobody: the shopper's own word, kept in the cart."""
    cart = carts.find_or_make(session, at=at)
    if partner is None:
        cart.partner_id = cart.touch_id = None
        return
    visitor = visits.make_visitor()
    chosen = clicks.Visit(partner.id, at, "click", visitor=visitor)
    _remember(cart, clicks.record(session, program, [chosen])[0])


def supported(session: Session, program: Program, *, at: datetime) -> Partner | None:
    """Return the partner whom an order placed now would support."""
    cart = carts.find(session)
    if cart:
        touch = touch_of(session, cart.touch_id)
        in_time = touch and touch.occurred_at >= _opened(program, at)
        return session.get(Partner, cart.partner_id) if in_time else None
    visitor = visits.visitor()
    last = _last(session, program, visitor, at=at) if visitor else None
    return session.get(Partner, last.partner_id) if last else None


def touch_of(session: Session, touch_id: int | None) -> Touch | None:
    """Return a touch by its id."""
    row = session.get(TouchRecord, touch_id) if touch_id else None
    return Touch(row.partner_id, row.kind, row.occurred_at, row.id) if row else None


def _remember(cart: Cart, touch: Touch) -> None:
    cart.partner_id, cart.touch_id = touch.partner_id, touch.id


def _last(session: Session, program: Program, visitor: str, *, at: datetime) -> Touch | None:
    touches = clicks.of_visitor(session, program, visitor, since=_opened(program, at))
    return touches[-1] if touches else None


def _is_same_visit(last: Touch, visit: clicks.Visit) -> bool:
    return (
        last.partner_id == visit.partner_id and visit.occurred_at - last.occurred_at < _SAME_VISIT
    )


def _opened(program: Program, at: datetime) -> datetime:
    return at - timedelta(days=program.window_days)
