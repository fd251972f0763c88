"""The shop's pages: home, a KOC's page, a product, and the pictures."""

from __future__ import annotations

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from storefront import clock, touching
from storefront.errors import Missing
from storefront.orders import support
from storefront.shop import reading, terms
from storefront.shop.current import program
from storefront.shop.current import shop as current_shop
from storefront.shop.models import Picture, ShopPage
from storefront.shop.texts import category_name, is_plain, language_attribute, text_of
from storefront.touching import Place
from storefront.transactions import session

shop = Blueprint("shop", __name__)

shop.add_app_template_global(text_of)
shop.add_app_template_global(category_name)
shop.add_app_template_global(language_attribute)


@shop.get("/")
def home() -> ResponseReturnValue:
    """Show the brand, what it sells, and who stands for it."""
    return render_template(
        "shop/home.html",
        categories=reading.on_sale(session),
        pages=reading.pages(session, program()),
        currency=program().currency,
    )


@shop.get("/@<handle>")
def page(handle: str) -> ResponseReturnValue:
    """Show a KOC's own page; opening it is a touch."""
    found = reading.page(session, program(), handle)
    if found is None:
        return _as_it_is_written(handle)
    touching.see(Place(program().id, found.partner_id, "shop_page"))
    return render_template(
        "shop/page.html",
        page=found,
        figures=reading.figures(session, found.partner_id),
        currency=program().currency,
    )


@shop.get("/p/<slug>")
def product(slug: str) -> ResponseReturnValue:
    """Show a product: what it is, what it costs to the door, and whom buying it supports."""
    found = reading.product(session, slug)
    if found is None:
        raise Missing(_no_product())
    now = clock.now(session)
    partner = support.supported(session, program(), at=now)
    theirs = session.get(ShopPage, partner.id) if partner else None
    return render_template(
        "shop/product.html",
        product=found,
        text=text_of(found),
        price=terms.price(current_shop(), found.price_minor),
        arrival=terms.arrival(current_shop(), now, program().time_zone),
        supported=partner,
        supported_page=theirs,
        note=reading.note(session, partner.id, found.id) if partner else None,
        pages=reading.pages(session, program()),
        others=reading.others(session, found, theirs) if not found.stock else (),
        currency=program().currency,
    )


@shop.get("/media/<name>")
def picture(name: str) -> ResponseReturnValue:
    """Send a picture; its name is its content's digest, so browsers keep it for good."""
    found = session.get(Picture, name) if is_plain(name) else None
    if found is None:
        raise Missing(_no_page())
    g.vary = None  # the same picture for every reader
    response = make_response(found.content)
    response.content_type = found.content_type
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.set_etag(found.name)
    return response.make_conditional(request)


def _as_it_is_written(handle: str) -> ResponseReturnValue:
    """Lead whoever typed a handle in other letters to the page that it names."""
    meant = reading.handle_like(session, program(), handle)
    if meant is None or meant == handle:
        raise Missing(_no_page())
    query = request.query_string.decode(errors="replace")
    return redirect(url_for("shop.page", handle=meant) + (f"?{query}" if query else ""))


def _no_page() -> str:
    return str(_("There is no page at this address. The shop itself is one tap away."))


def _no_product() -> str:
    return str(_("This product isn't in the shop, or not any more. The others are one tap away."))
