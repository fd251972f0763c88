"""Whom a shopper supports: the partner of the last touch that their browser or their cart knows.

Decides which of the two is the later one. Seeing a page writes nothing: the cart takes the touch
over when it is changed or becomes an order.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from commissions import clicks
from commissions.clicks import Visit
from commissions.models import Partner, Program
from commissions.repeats import SAME_VISIT
from commissions.values import Touch
from storefront import visits
from storefront.orders import carts
from storefront.orders.models import Cart, Order
from storefront.visits import Memory


def settle(cart: Cart) -> None:
    """Let a cart that is about to change take over what the visitor has seen since."""
    seen = _seen_since(cart)
    if seen:
        _keep(cart, seen)


def choose(session: Session, program: Program, partner: Partner | None, *, at: datetime) -> None:
    """Support a partner, or nobody: the shopper's own word, kept in the cart."""
    cart = carts.find_or_make(session, at=at)
    visitor = visits.visitor() or clicks.new_key(at)
    if partner is None:
        cart.partner_id = cart.touch_key = cart.touch_kind = None
        cart.touched_at = at
        visits.remember(Memory(visitor))
        return
    chosen = Visit(partner.id, at, "click", visitor=visitor)
    clicks.record(session, program, [chosen])
    _keep(cart, chosen)
    visits.remember(Memory(visitor, chosen))


def supported(session: Session, program: Program, *, at: datetime) -> Partner | None:
    """Return the partner whom an order placed now would support."""
    touch = _last(carts.find(session))
    opened = at - timedelta(days=program.window_days)
    if touch is None or touch.occurred_at < opened:
        return None
    return session.get(Partner, touch.partner_id)


def touch_of(carrier: Cart | Order) -> Touch | None:
    """Return the touch that a cart or an order carries, loaded or not."""
    if not (carrier.partner_id and carrier.touch_kind and carrier.touched_at):
        return None
    return Touch(carrier.partner_id, carrier.touch_kind, carrier.touched_at, key=carrier.touch_key)


def _last(cart: Cart | None) -> Touch | Visit | None:
    seen = _seen_since(cart)
    return seen or (touch_of(cart) if cart else None)


def _seen_since(cart: Cart | None) -> Visit | None:
    """Return what the browser remembers, when it is later than what the cart does.

    Who has said "nobody" and leafs back to a page within the hour still says so.
    """
    memory = visits.memory()
    seen = memory.last if memory else None
    if seen is None or cart is None or cart.touched_at is None:
        return seen
    is_said = cart.partner_id is None and seen.kind == "shop_page"
    until = cart.touched_at + (SAME_VISIT if is_said else timedelta())
    return seen if seen.occurred_at > until else None


def _keep(cart: Cart, seen: Visit) -> None:
    cart.partner_id, cart.touch_key = seen.partner_id, seen.key
    cart.touch_kind, cart.touched_at = seen.kind, seen.occurred_at
