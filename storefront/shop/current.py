"""The shop in hand: its row, read once a request."""

from __future__ import annotations

from flask import g
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from commissions.models import Program
from storefront.errors import Missing
from storefront.shop.models import Shop
from storefront.transactions import session


def shop() -> Shop:
    """Return the shop; raises Missing when there is none yet."""
    if "shop" not in g or g.shop not in session:
        g.shop = find(session)
    found: Shop = g.shop
    return found


def find(session: Session) -> Shop:
    """Return the shop of a database; raises Missing when there is none yet."""
    found = session.scalar(select(Shop).order_by(Shop.id).limit(1))
    if found is None:
        raise Missing(_("There is no shop here yet. Whoever runs this program can open one."))
    return found


def program() -> Program:
    """Return the program that the shop's sales belong to."""
    return shop().program
