"""Pieces on the shelf: taken when an order is placed, put back when it doesn't come about.

Products are locked in the order of their ids, so that two orders never wait for each other.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import CursorResult, update
from sqlalchemy.orm import Session

from storefront.shop.models import Product


def take(session: Session, pieces: Mapping[int, int]) -> int | None:
    """Take pieces by product id; returns the first product that hasn't enough, None for done."""
    for product_id, quantity in sorted(pieces.items()):
        taken = session.execute(
            update(Product)
            .where(Product.id == product_id, Product.stock >= quantity, Product.on_sale)
            .values(stock=Product.stock - quantity),
            execution_options={"synchronize_session": False},
        )
        if not (isinstance(taken, CursorResult) and taken.rowcount):
            return product_id
    return None


def put_back(session: Session, pieces: Mapping[int, int]) -> None:
    """Put pieces back on the shelf, by product id."""
    for product_id, quantity in sorted(pieces.items()):
        session.execute(
            update(Product).where(Product.id == product_id).values(stock=Product.stock + quantity),
            execution_options={"synchronize_session": False},
        )
