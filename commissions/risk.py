"""Findings about a sale, each with its evidence. Decides what is suspicious; blocks nothing."""

from __future__ import annotations

from dataclasses import dataclass

from commissions.identity import normal_email, normal_phone
from commissions.values import Buyer


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known of a partner as a person; mail and phone in their normal forms."""

    partner_id: int
    account: str | None
    email: str | None
    phone: str | None
    country: str | None


def self_purchase(buyer: Buyer, partner: Identity) -> str | None:
    """Return by what the buyer is the partner (account, email, phone); None when by nothing."""
    if buyer.partner_id == partner.partner_id:
        return "account"
    if buyer.account and buyer.account == partner.account:
        return "account"
    if partner.email and normal_email(buyer.email) == partner.email:
        return "email"
    if partner.phone and normal_phone(buyer.phone, partner.country) == partner.phone:
        return "phone"
    return None
