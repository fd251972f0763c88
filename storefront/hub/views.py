"""The pages of the partner's desk: read, ask, render."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from commissions import earnings, partners
from commissions.models import Partner
from commissions.periods import month_of, zone_of
from commissions.teams import DISTRIBUTOR
from storefront import access, clock, i18n
from storefront.hub import addresses, desk, details, money
from storefront.shop import current
from storefront.transactions import session

hub = Blueprint("hub", __name__)

_LATEST = 3


@hub.get("/hub")
def home() -> ResponseReturnValue:
    """Show what is ready, what the next payout waits for, the latest, and the own addresses."""
    partner, program = desk.partner(), desk.program()
    totals = earnings.totals(session, program, partner.id)
    now = clock.now(session)
    latest, _more = money.rows(program, partner.id, money.Filters(None, None, None), limit=_LATEST)
    return _render(
        "hub/home.html",
        totals=totals,
        payday=desk.payday(totals),
        release=earnings.next_release(session, program, partner.id, after=now),
        latest=latest,
        addresses=addresses.own()[:2],
        account=details.masked(partner.payout_destination),
        rail=details.rail_in_words(partner.payout_rail),
    )


@hub.get("/hub/links")
def links() -> ResponseReturnValue:
    """Show every address of the partner's, and make one to a product in place."""
    slug = request.args.get("product", "")
    return _render(
        "hub/links.html",
        addresses=addresses.own(),
        products=addresses.products(),
        chosen=slug,
        made=addresses.for_product(slug) if slug else None,
    )


@hub.get("/hub/qr.svg")
def qr() -> ResponseReturnValue:
    """Send the QR code of one of the partner's own addresses, to print."""
    address = addresses.find(request.args.get("of", ""), request.args.get("product"))
    response = make_response(address.qr_file())
    response.content_type = "image/svg+xml"
    response.headers["Content-Disposition"] = f'attachment; filename="qr-{desk.partner().id}.svg"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


@hub.get("/hub/earnings", endpoint="earnings")
def earned() -> ResponseReturnValue:
    """Show the money line, the next release, and the list that opens to the sums."""
    partner, program = desk.partner(), desk.program()
    totals = earnings.totals(session, program, partner.id)
    wanted, now = money.filters(request.args), clock.now(session)
    rows, more = money.rows(program, partner.id, wanted)
    return _render(
        "hub/earnings.html",
        totals=totals,
        stretches=money.stretches(totals),
        payday=desk.payday(totals),
        release=earnings.next_release(session, program, partner.id, after=now),
        rows=rows,
        more=more,
        wanted=wanted,
        states=money.STATES,
        months=money.months(program, now),
    )


@hub.get("/hub/team")
def team() -> ResponseReturnValue:
    """Show a distributor what the team sold and what that earned; others who leads them."""
    partner, program = desk.partner(), desk.program()
    month = month_of(clock.now(session), zone_of(program.time_zone))
    return _render(
        "hub/team.html",
        leads=partner.kind == DISTRIBUTOR,
        sponsor=session.get(Partner, partner.sponsor_id) if partner.sponsor_id else None,
        members=earnings.team(session, program, partner.id, month=month),
        month=i18n.month_in_words(str(month)),
    )


@hub.get("/hub/payout-details")
def payout_details() -> ResponseReturnValue:
    """Show where the partner is paid, masked, and the form to change it."""
    return _details(details.before(desk.partner(), access.typed_before()))


@hub.post("/hub/payout-details")
def keep_payout_details() -> ResponseReturnValue:
    """Keep where the partner is paid."""
    typed = details.check(request.form)
    if typed.faults:
        return _details(typed), 422
    partners.set_payout_details(
        session,
        desk.program(),
        desk.partner().id,
        rail=typed.rail,
        destination=typed.account,
    )
    flash(_("Kept. The next payout goes to %(account)s.", account=details.masked(typed.account)),
          "leaf")  # fmt: skip
    return redirect(url_for("hub.payout_details"), 303)


def _details(typed: details.Typed) -> str:
    partner = desk.partner()
    return _render(
        "hub/payout_details.html",
        typed=typed,
        rails=details.rails(),
        rail=details.rail_in_words(partner.payout_rail),
        account=details.masked(partner.payout_destination),
    )


def _render(template: str, **shown: object) -> str:
    program = desk.program()
    return render_template(
        template,
        partner=desk.partner(),
        page=desk.page(),
        program=program,
        currency=program.currency,
        zone=program.time_zone,
        house=current.brand() if current.shop_here() else program.name,
        sells_here=addresses.sells_here(),
        **shown,
    )
