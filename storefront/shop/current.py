"""The shop in hand, if there is one: its row, read once a request."""

from __future__ import annotations

from datetime import datetime

from flask import g
from flask_babel import gettext as _
from sqlalchemy import select

from commissions.models import Program
from storefront import i18n, transactions
from storefront.errors import Missing
from storefront.shop.models import Shop
from storefront.transactions import session


class NoShop(Missing):
    """There is no shop yet: shoppers see nothing, partners and staff have their desks."""


def shop() -> Shop:
    """Return the shop; raises NoShop when there is none yet."""
    found = shop_here()
    if found is None:
        raise NoShop(
            _("Nothing is sold at this address so far. Partners and staff have their desks."),
            title=_("There is no shop here yet"),
        )
    return found


def shop_here() -> Shop | None:
    """Return the shop, None when there is none yet or the database can't be asked."""
    if transactions.is_given_up():
        return None
    if g.get("shop") is None or g.shop not in session:
        g.shop = session.scalar(select(Shop).order_by(Shop.id).limit(1))
    found: Shop | None = g.shop
    return found


def brand() -> str:
    """Return whose pages these are: the shop's name, where there is none the program's own."""
    found = shop_here()
    return found.name if found else "Hoahong"


def program() -> Program:
    """Return the program that the shop's sales belong to."""
    return shop().program


def clock_time(at: datetime) -> str:
    """Write the time of day to whoever isn't at a desk yet: the shop's, a program's, or UTC."""
    found = shop_here()
    first = select(Program.time_zone).order_by(Program.id).limit(1)
    zone = found.program.time_zone if found else session.scalar(first)
    return i18n.clock_time(at, zone) if zone else f"{i18n.clock_time(at)} UTC"
