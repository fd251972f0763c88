"""A partner's own addresses: referral links and the shop page, and their QR codes.

Decides which addresses are the partner's; a code is drawn for those alone.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

import segno
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select

from commissions.models import ReferralLink
from storefront import paths
from storefront.errors import Missing
from storefront.hub import desk
from storefront.shop.current import shop_here
from storefront.shop.models import Product
from storefront.shop.texts import is_plain, text_of
from storefront.transactions import session

SHOP_PAGE = "shop"
_QUIET_ZONE = 4


@dataclass(frozen=True, slots=True)
class Address:
    """One address that brings sales; ``of`` names it in a QR's address, ``product`` by slug."""

    of: str
    label: str
    url: str
    product: str | None = None

    @property
    def short(self) -> str:
        """The address without its scheme, as people write it on a poster."""
        return self.url.partition("://")[2]

    @property
    def host(self) -> str:
        """The shop's own part of it."""
        return self.short.partition("/")[0]

    def qr(self) -> Markup:
        """Return the QR code as SVG that stands in a page."""
        return Markup(  # noqa: S704  # reason: segno's own drawing; the title is escaped by it
            segno.make_qr(self.url, error="m").svg_inline(
                border=_QUIET_ZONE,
                omitsize=True,
                svgclass="qr",
                lineclass=None,
                dark="black",
                light="white",
                title=_("QR code of %(address)s", address=self.short),
            )
        )

    def qr_file(self) -> bytes:
        """Return the QR code as an SVG file to print."""
        drawn = io.BytesIO()
        code = segno.make_qr(self.url, error="m")
        code.save(drawn, kind="svg", border=_QUIET_ZONE, scale=10, dark="black", light="white")
        return drawn.getvalue()


def own() -> list[Address]:
    """Return the partner's addresses: the shop page, then the links; none outside of the shop."""
    if not sells_here():
        return []
    listed = [
        Address(link.code, _("Referral link"), paths.address(f"/k/{quote(link.code)}"))
        for link in _links()
    ]
    if desk.page() is not None:
        handle = quote(desk.partner().handle)
        listed.insert(0, Address(SHOP_PAGE, _("Shop page"), paths.address(f"/@{handle}")))
    return listed


def sells_here() -> bool:
    """Tell whether the shop's own sales belong to the partner's program."""
    found = shop_here()
    return found is not None and found.program_id == desk.program().id


def for_product(slug: str) -> Address | None:
    """Return the partner's link to a product; None when either is missing."""
    if not is_plain(slug):
        return None
    product = session.scalar(select(Product).where(Product.slug == slug, Product.on_sale))
    codes = [link.code for link in _links()] if sells_here() else []
    if product is None or not codes:
        return None
    url = paths.address(f"/k/{quote(codes[0])}?to=/p/{quote(product.slug)}")
    return Address(codes[0], text_of(product).name, url, product.slug)


def products() -> Sequence[Product]:
    """Return what can be linked to, in the shop's order."""
    return session.scalars(
        select(Product).where(Product.on_sale).order_by(Product.position, Product.id)
    ).all()


def find(of: str, product: str | None) -> Address:
    """Return one of the partner's own addresses; raises Missing for all others."""
    known = {address.of: address for address in own()}
    found = known.get(of)
    if found and product:
        linked = for_product(product)
        found = linked if linked and linked.of == of else None
    if found is None:
        raise Missing(_("This isn't one of your addresses. Yours are on the page Links."))
    return found


def _links() -> Sequence[ReferralLink]:
    """Return the partner's links; those that lead to no product come first."""
    return session.scalars(
        select(ReferralLink)
        .where(ReferralLink.partner_id == desk.partner().id)
        .order_by(ReferralLink.target.is_not(None), ReferralLink.id)
    ).all()
