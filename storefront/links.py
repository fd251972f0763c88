"""``/k/<code>``: see the visitor, and lead on, to a path of this shop alone.

``quick_links`` repeats these answers without asking again, for a second at most.
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from commissions import partners
from commissions.errors import LinkUnknown
from commissions.models import Partner, ReferralLink
from storefront import clock, quick_links, security, touching
from storefront.paths import own_path
from storefront.shop.current import program
from storefront.shop.models import ShopPage
from storefront.shop.texts import is_plain
from storefront.touching import Place
from storefront.transactions import session

links = Blueprint("links", __name__)


@links.get("/k/<code>")
def follow(code: str) -> ResponseReturnValue:
    """Follow a partner's link: the shopper lands in the shop, and the partner is remembered."""
    link = _find(code)
    if link is None:
        flash(_("We don't know this link. Here is the shop; everything in it is yours to see."))
        return redirect(url_for("shop.home"))
    place = Place(link.program_id, link.partner_id, "click", link.id)
    touching.see(place)
    wanted = request.args.get("to", link.target)
    answer = redirect(own_path(wanted or "") or _page_of(link))
    answer.headers["Content-Security-Policy"] = security.NOTHING_RUNS
    quick_links.teach(request, place, ahead=clock.ahead(session))
    return answer


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
