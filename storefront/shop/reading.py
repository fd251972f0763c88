"""What the shop's pages show, read from the database: products, KOCs, their pages and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from commissions.models import Partner, Program
from storefront.orders.models import Order, OrderLine
from storefront.shop.models import Collection, CollectionItem, Product, ShopPage
from storefront.shop.texts import is_plain

_MOST_OTHERS = 4


@dataclass(frozen=True, slots=True)
class Figures:
    """What a KOC's orders came to: delivered ones, and pieces kept of those in basis points."""

    delivered: int
    kept_bps: int | None


def on_sale(session: Session) -> dict[str, list[Product]]:
    """Return what is on sale by category, in the shop's order."""
    rows = session.scalars(
        select(Product).where(Product.on_sale).order_by(Product.position, Product.id)
    )
    found: dict[str, list[Product]] = {}
    for product in rows:
        found.setdefault(product.category, []).append(product)
    return found


def product(session: Session, slug: str) -> Product | None:
    """Return the product of an address, as long as it is on sale."""
    if not is_plain(slug):
        return None
    return session.scalar(select(Product).where(Product.slug == slug, Product.on_sale))


def pages(session: Session, program: Program) -> list[ShopPage]:
    """Return the shop pages of a program's partners by name."""
    return list(
        session.scalars(
            select(ShopPage)
            .join(Partner)
            .where(Partner.program_id == program.id)
            .order_by(Partner.name, Partner.id)
        )
    )


def page(session: Session, program: Program, handle: str) -> ShopPage | None:
    """Return the shop page of a handle."""
    if not is_plain(handle):
        return None
    return session.scalar(
        select(ShopPage)
        .join(Partner)
        .where(Partner.program_id == program.id, Partner.handle == handle)
    )


def handle_like(session: Session, program: Program, typed: str) -> str | None:
    """Return the handle with a shop page that was meant when one was typed in other letters."""
    if not is_plain(typed):
        return None
    return session.scalar(
        select(Partner.handle)
        .join(ShopPage)
        .where(Partner.program_id == program.id, func.lower(Partner.handle) == typed.lower())
        .order_by(Partner.id)
        .limit(1)
    )


def note(session: Session, partner_id: int, product_id: int) -> str | None:
    """Return what a KOC says of a product."""
    return session.scalar(
        select(CollectionItem.note)
        .join(Collection)
        .where(Collection.partner_id == partner_id, CollectionItem.product_id == product_id)
        .order_by(Collection.position, Collection.id)
        .limit(1)
    )


def figures(session: Session, partner_id: int) -> Figures:
    """Return a KOC's figures, from orders that were delivered."""
    sold = (
        select(
            Order.id.label("id"),
            func.sum(OrderLine.quantity).label("pieces"),
            func.sum(OrderLine.returned_quantity).label("back"),
        )
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(Order.partner_id == partner_id, Order.delivered_at.is_not(None))
        .group_by(Order.id)
        .subquery()
    )
    delivered, pieces, back = session.execute(
        select(func.count(sold.c.id), func.sum(sold.c.pieces), func.sum(sold.c.back))
    ).one()
    kept = 100 * ((int(pieces) - int(back)) * 100 // int(pieces)) if pieces else None
    return Figures(int(delivered), kept)


def others(session: Session, of: Product, page: ShopPage | None) -> Sequence[Product]:
    """Return what to look at instead: of the same KOC's page, else of the same category."""
    mine = [item.product for each in page.collections for item in each.items] if page else []
    alike = session.scalars(
        select(Product)
        .where(Product.category == of.category, Product.on_sale, Product.stock > 0)
        .order_by(Product.position, Product.id)
        .limit(_MOST_OTHERS + 1)
    )
    found = {one.id: one for one in (*mine, *alike) if one.on_sale and one.stock and one is not of}
    return list(found.values())[:_MOST_OTHERS]
