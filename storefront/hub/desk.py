"""Whose desk it is: the signed-in partner, their program, and what the next payout waits for."""

from __future__ import annotations

from typing import NamedTuple

from flask import g
from flask_babel import gettext as _
from flask_login import current_user

from commissions.earnings import Totals
from commissions.models import Partner, Program
from storefront.errors import Missing
from storefront.shop.models import ShopPage
from storefront.transactions import session


class Payday(NamedTuple):
    """What the next payout waits for, in minor units: how far it is to the least that is paid."""

    minimum_minor: int
    missing_minor: int
    has_details: bool


def partner() -> Partner:
    """Return the partner whose desk is open; raises Missing for an account without one."""
    if "partner" not in g:
        g.partner = session.get(Partner, current_user.partner_id or 0)
    if g.partner is None:
        raise Missing(_("This account has no desk. Ask the brand to connect it with yours."))
    found: Partner = g.partner
    return found


def program() -> Program:
    """Return the program that the partner belongs to: its currency, zone and terms."""
    if "partner_program" not in g:
        g.partner_program = session.get_one(Program, partner().program_id)
    found: Program = g.partner_program
    return found


def page() -> ShopPage | None:
    """Return the partner's shop page, None for a partner without one."""
    return session.get(ShopPage, partner().id)


def payday(totals: Totals) -> Payday:
    """Return what stands between the ready money, without what is held, and a payout."""
    least = max(program().minimum_payout_minor, 1)
    return Payday(
        minimum_minor=program().minimum_payout_minor,
        missing_minor=max(0, least - totals.ready_minor),
        has_details=bool(partner().payout_rail and partner().payout_destination),
    )
