"""Carts: found by their cookie, filled, changed, emptied.

Decides how many pieces a line may have; ``placing`` decides whether they can be had.
"""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storefront import visits
from storefront.errors import Refusal
from storefront.orders.models import Cart, CartLine
from storefront.shop.models import Product
from storefront.shop.texts import is_plain, text_of

MOST_PIECES = 20


def find(session: Session, *, for_change: bool = False) -> Cart | None:
    """Return the visitor's cart, if there is one; to change it, nobody else may meanwhile."""
    token = visits.cart_token()
    if token is None or not is_plain(token):
        return None
    query = select(Cart).where(Cart.token == token)
    if not for_change:
        return session.scalar(query)
    found = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if found:
        visits.keep_cart_token(token)
    return found


def find_or_make(session: Session, *, at: datetime) -> Cart:
    """Return the visitor's cart, a new one when there is none."""
    cart = find(session, for_change=True)
    if cart is None:
        cart = Cart(token=visits.make_cart_token(), changed_at=at, lines=[])
        session.add(cart)
        session.flush()
    return cart


def count(session: Session) -> int:
    """Return how many pieces lie in the visitor's cart."""
    token = visits.cart_token()
    if token is None or not is_plain(token):
        return 0
    query = select(func.coalesce(func.sum(CartLine.quantity), 0)).join(Cart)
    return int(session.scalar(query.where(Cart.token == token)) or 0)


def product_of(session: Session, sku: str) -> Product:
    """Return a product that can be bought; raises Refusal when it is on sale no more."""
    found = (
        session.scalar(select(Product).where(Product.sku == sku, Product.on_sale))
        if is_plain(sku)
        else None
    )
    if found is None:
        raise Refusal(_("This product is not on sale any more. Your cart is as it was."))
    return found


def put(session: Session, cart: Cart, product: Product, *, quantity: int) -> str | None:
    """Set a line to so many pieces, none removes it; returns what there is to tell about stock."""
    line = next((line for line in cart.lines if line.product_id == product.id), None)
    most = min(MOST_PIECES, product.stock)
    kept = min(max(quantity, 0), most)
    if line is None and kept:
        cart.lines.append(CartLine(product=product, product_id=product.id, quantity=kept))
    elif line is not None and kept:
        line.quantity = kept
    elif line is not None:
        cart.lines.remove(line)
    session.flush()
    return _told(product, quantity, most)


def pieces(cart: Cart, product: Product) -> int:
    """Return how many pieces of a product lie in a cart."""
    return sum(line.quantity for line in cart.lines if line.product_id == product.id)


def goods_minor(cart: Cart | None) -> int:
    """Return what a cart's goods cost, in minor units."""
    return sum(line.quantity * line.product.price_minor for line in cart.lines) if cart else 0


def _told(product: Product, wanted: int, most: int) -> str | None:
    if wanted <= most:
        return None
    name = text_of(product).name
    if not product.stock:
        return str(_("%(name)s is sold out just now. Everything else stayed as it was.", name=name))
    if product.stock < MOST_PIECES:
        return str(
            ngettext(
                "One piece of %(name)s is left, and it is in your cart.",
                "%(num)s pieces of %(name)s are left, and all are in your cart.",
                product.stock,
                name=name,
            )
        )
    return str(
        _(
            "Up to %(count)s pieces of one product fit in an order. For more, call us.",
            count=MOST_PIECES,
        )
    )
