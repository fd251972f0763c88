"""``/k/<code>``: record the touch, and lead on, to a path of this shop alone."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from commissions import clicks, partners
from commissions.errors import LinkUnknown
from commissions.models import Partner, ReferralLink
from storefront import clock
from storefront.orders import support
from storefront.paths import own_path
from storefront.shop.current import program
from storefront.shop.models import ShopPage
from storefront.shop.texts import is_plain
from storefront.transactions import session

links = Blueprint("links", __name__)


@links.get("/k/<code>")
def follow(code: str) -> ResponseReturnValue:
    """Follow a partner's link: the shopper lands in the shop, and the partner is remembered."""
    link = _find(code)
    if link is None:
        flash(_("We don't know this link. Here is the shop; everything in it is yours to see."))
        return redirect(url_for("shop.home"))
    if not support.is_reading_ahead(request):
        visit = clicks.Visit(link.partner_id, clock.now(session), "click", link.id)
        support.visit(session, program(), visit)
    wanted = request.args.get("to", link.target)
    return redirect(own_path(wanted or "") or _page_of(link))


def _find(code: str) -> ReferralLink | None:
    if not is_plain(code):
        return None
    try:
        return partners.find_link(session, program(), code)
    except LinkUnknown:
        return None


def _page_of(link: ReferralLink) -> str:
    """Return the address of the partner's page; a partner without one leads to the shop."""
    partner = session.get(Partner, link.partner_id)
    if partner is None or session.get(ShopPage, partner.id) is None:
        return url_for("shop.home")
    return url_for("shop.page", handle=partner.handle)
