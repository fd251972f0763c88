"""Cart, checkout, and the order's own page."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as browser_session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import select

from commissions.models import Partner
from storefront import access, clock, i18n, logs, transactions
from storefront.errors import Missing
from storefront.orders import carts, checkout, order_page, placing, support
from storefront.orders.models import Order, OrderLine
from storefront.paths import own_path
from storefront.payments import choosing
from storefront.shop import reading, terms
from storefront.shop.current import program, shop
from storefront.shop.models import ShopPage
from storefront.shop.texts import is_plain, sold_name
from storefront.transactions import session

orders = Blueprint("orders", __name__)

_TYPED = "checkout"
_MOST_KEPT = 500


@orders.app_template_global()
def cart_count() -> int:
    """Return how many pieces lie in the visitor's cart."""
    return carts.count(session)


@orders.app_template_global()
def called(order: Order, line: OrderLine) -> str:
    """Return what the goods of an order's line are called to the reader."""
    return sold_name(line.product, name=line.name, language=order.language)


@orders.get("/cart")
def cart() -> ResponseReturnValue:
    """Show the cart."""
    return render_template("orders/cart.html", **_cart_parts())


@orders.post("/cart/add")
def add() -> ResponseReturnValue:
    """Put pieces into the cart, and go on to the cart or straight to checkout."""
    choosing.must_sell()
    now = clock.now(session)
    product = carts.product_of(session, request.form.get("sku", ""))
    found = carts.find_or_make(session, at=now)
    support.settle(found)
    wanted = carts.pieces(found, product) + max(_quantity(), 1)
    is_buying_now = request.form.get("then") == "checkout"
    told = carts.put(session, found, product, quantity=wanted)
    found.changed_at = now
    if told:
        flash(told)
    if is_buying_now and found.lines:
        return redirect(url_for("orders.checkout"), 303)
    return redirect(url_for("orders.cart"), 303)


@orders.post("/cart/change")
def change() -> ResponseReturnValue:
    """Set how many pieces of a product lie in the cart; none removes it."""
    found = carts.find(session, for_change=True)
    line = (
        next((one for one in found.lines if one.product.sku == request.form.get("sku")), None)
        if found
        else None
    )
    if found and line:
        support.settle(found)
        told = carts.put(session, found, line.product, quantity=_quantity())
        found.changed_at = clock.now(session)
        if told:
            flash(told)
    return redirect(url_for("orders.cart"), 303)


@orders.post("/supporting", endpoint="support")
def supporting() -> ResponseReturnValue:
    """Support the KOC whom the shopper names, or nobody."""
    handle = request.form.get("handle", "")
    page = reading.page(session, program(), handle)
    if handle and page is None:
        raise Missing(_("We don't know this KOC. Your cart is as it was."))
    support.choose(session, program(), page.partner if page else None, at=clock.now(session))
    return redirect(own_path(request.form.get("back", "")) or url_for("orders.cart"), 303)


@orders.get("/checkout", endpoint="checkout")
def show_checkout() -> ResponseReturnValue:
    """Show the form; an empty cart leads back to the cart, which says what to do."""
    choosing.must_sell()
    parts = _cart_parts()
    if not parts["lines"]:
        return redirect(url_for("orders.cart"))
    return _form(checkout.empty(access.typed_before() or browser_session.get(_TYPED)))


@orders.post("/checkout")
def place() -> ResponseReturnValue:
    """Make the order of the cart, once a form; what is wrong is told, and nothing typed is lost."""
    choosing.must_sell()
    form = checkout.read(request.form)
    found = carts.find(session, for_change=True)
    made = placing.placed(session, form.key) if form.key else None
    if made:
        return _on_to_payment(made)
    total = terms.price(shop(), carts.goods_minor(found)).total_minor
    trouble = _trouble(form, total)
    if found is None or not found.lines:
        return _form(form, trouble=_("Your cart is empty, so there is nothing to order yet."))
    if form.faults or trouble or form.key is None:
        return _form(form, trouble=trouble)
    try:
        order = placing.place(session, found, _placing(form.key, form))
    except placing.SoldOut as sold_out:
        transactions.undo()
        return _form(form, trouble=_sold_out(sold_out))
    browser_session.pop(_TYPED, None)
    return _on_to_payment(order)


@orders.get("/o/<token>")
def order(token: str) -> ResponseReturnValue:
    """Show an order to whoever has its link."""
    found = session.scalar(select(Order).where(Order.token == token)) if is_plain(token) else None
    if found is None:
        raise Missing(_("There is no such order. Look at the link once more, or call the shop."))
    partner = session.get(Partner, found.partner_id) if found.partner_id else None
    return render_template(
        "orders/order.html",
        order=found,
        view=order_page.view(found, shop()),
        partner=partner,
        currency=program().currency,
        zone=program().time_zone,
    )


def _placing(key: str, form: checkout.Form) -> placing.Placing:
    return placing.Placing(
        shop(),
        key,
        form.values,
        clock.now(session),
        logs.actor(),
        buyer_partner_id=getattr(current_user, "partner_id", None),
    )


def _trouble(form: checkout.Form, total: int) -> str | None:
    if form.key is None:
        return str(
            _("This form was open for too long. Everything is still here: send it once more.")
        )
    if form.total_minor != total:
        return str(_("The total is now %(total)s. Look at it, and send the order once more.",
                 total=i18n.money(total, program().currency)))  # fmt: skip
    return None


def _sold_out(sold_out: placing.SoldOut) -> str:
    if sold_out.left:
        return str(
            ngettext(
                "Somebody was faster: one piece of %(name)s is left. Change your cart; what you"
                " typed here is kept.",
                "Somebody was faster: %(num)s pieces of %(name)s are left. Change your cart; what"
                " you typed here is kept.",
                sold_out.left,
                name=sold_out.name,
            )
        )
    return str(
        _(
            "Somebody was faster: %(name)s is sold out. Nothing was ordered. Take it out of your"
            " cart to order the rest; what you typed here is kept.",
            name=sold_out.name,
        )
    )


def _on_to_payment(order: Order) -> ResponseReturnValue:
    if order.paid_at or order.state != "awaiting_payment":
        return redirect(url_for("orders.order", token=order.token), 303)
    asked = choosing.provider().ask(session, order, at=clock.now(session))
    return redirect(asked.url, 303)


def _form(form: checkout.Form, *, trouble: str | None = None) -> ResponseReturnValue:
    if form.key or form.faults or trouble:
        _keep_typed(form)
    page = render_template(
        "orders/checkout.html",
        form=form,
        trouble=trouble,
        checkout_key=checkout.new_key(),
        **_cart_parts(),
    )
    return page, 422 if trouble or form.faults else 200


def _keep_typed(form: checkout.Form) -> None:
    """Keep what was typed in the shopper's own cookie, as far as one holds it.

    They may have to change the cart first.
    """
    values = dict(form.values)
    if sum(map(len, values.values())) > _MOST_KEPT:
        values.pop("note", None)
    if sum(map(len, values.values())) <= _MOST_KEPT:
        browser_session[_TYPED] = values


def _cart_parts() -> dict[str, object]:
    found = carts.find(session)
    now = clock.now(session)
    partner = support.supported(session, program(), at=now)
    return {
        "lines": found.lines if found else [],
        "price": terms.price(shop(), carts.goods_minor(found)),
        "most": carts.MOST_PIECES,
        "arrival": terms.arrival(shop(), now, program().time_zone),
        "supported": partner,
        "supported_page": session.get(ShopPage, partner.id) if partner else None,
        "pages": reading.pages(session, program()),
        "currency": program().currency,
    }


def _quantity() -> int:
    text = request.form.get("quantity", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1  # noqa: PLR2004  # reason: far above the most
