"""A cart becomes an order: stock is reserved, lines are copied, the cart is emptied.

Decides who gets the last piece: whoever's update finds it. Asks for no money; ``payments`` does.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from string import ascii_uppercase

from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions import conversions
from storefront import i18n, visits
from storefront.orders import stock, support
from storefront.orders.models import Cart, Order, OrderEvent, OrderLine
from storefront.orders.states import OrderState
from storefront.shop import terms
from storefront.shop.models import Product, Shop
from storefront.shop.texts import text_of

_FIRST_NUMBER = 1_000


class SoldOut(Exception):
    """A product has fewer pieces left than the cart wants; ``left`` is what was seen last."""

    def __init__(self, name: str, left: int) -> None:
        super().__init__(name)
        self.name = name
        self.left = left


@dataclass(frozen=True, slots=True)
class Placing:
    """What an order is made of, besides its cart."""

    shop: Shop
    key: str
    values: Mapping[str, str]
    at: datetime
    actor: str
    buyer_partner_id: int | None = None


def placed(session: Session, key: str) -> Order | None:
    """Return the order that a form has made already."""
    return session.scalar(select(Order).where(Order.checkout_key == key))


def place(session: Session, cart: Cart, placing: Placing) -> Order:
    """Make the order of a cart that the caller has locked, and empty the cart.

    Raises SoldOut; what had been reserved until then must be undone by the caller.
    """
    _reserve(session, cart)
    support.settle(cart)
    order = _order(session, cart, placing)
    session.add(order)
    session.flush()
    order.number = _number(session, placing.shop, order.id)
    session.add(OrderEvent(order_id=order.id, kind="placed", at=placing.at, actor=placing.actor))
    cart.lines.clear()
    cart.changed_at = placing.at
    session.flush()
    return order


def _number(session: Session, shop: Shop, order_id: int) -> str:
    """Return the order's number; one that an import has used for a sale gets a letter behind."""
    plain = f"{shop.order_prefix}-{_FIRST_NUMBER + order_id}"
    wanted = [plain, *(f"{plain}{letter}" for letter in ascii_uppercase)]
    taken = conversions.known(session, shop.program, wanted)
    return next(number for number in wanted if number not in taken)


def _reserve(session: Session, cart: Cart) -> None:
    short = stock.take(session, {line.product_id: line.quantity for line in cart.lines})
    if short is not None:
        product = session.get_one(Product, short)
        session.refresh(product, ["stock", "on_sale"])
        raise SoldOut(text_of(product).name, product.stock if product.on_sale else 0)


def _order(session: Session, cart: Cart, placing: Placing) -> Order:
    goods = sum(line.quantity * line.product.price_minor for line in cart.lines)
    price = terms.price(placing.shop, goods)
    partner = support.supported(session, placing.shop.program, at=placing.at)
    token = secrets.token_urlsafe(24)
    values = placing.values
    return Order(
        shop_id=placing.shop.id,
        number=token,  # until the id is known
        token=token,
        checkout_key=placing.key,
        state=OrderState.AWAITING_PAYMENT,
        language=i18n.language(),
        name=values["name"],
        phone=values["phone"],
        email=values["email"] or None,
        address=values["address"],
        city=values["city"],
        note=values["note"] or None,
        goods_minor=price.goods_minor,
        shipping_minor=price.shipping_minor,
        total_minor=price.total_minor,
        partner_id=partner.id if partner else None,
        touch_key=cart.touch_key if partner else None,
        touch_kind=cart.touch_kind if partner else None,
        touched_at=cart.touched_at if partner else None,
        # Who chose to support nobody takes no earlier touch along.
        visitor=visits.visitor() if partner else None,
        buyer_partner_id=placing.buyer_partner_id,
        placed_at=placing.at,
        lines=[_line(no, line.product, line.quantity) for no, line in enumerate(cart.lines, 1)],
    )


def _line(line_no: int, product: Product, quantity: int) -> OrderLine:
    return OrderLine(
        line_no=line_no,
        product_id=product.id,
        sku=product.sku,
        name=text_of(product).name,
        category=product.category,
        quantity=quantity,
        unit_minor=product.price_minor,
        amount_minor=product.price_minor * quantity,
        returned_quantity=0,
    )
