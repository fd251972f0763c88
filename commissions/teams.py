"""Who above the seller is paid, and how much; the bound of two paid levels.

Decides the sponsor's override. The seller is level 1, the sponsor level 2; there is no third.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from commissions.errors import PartnerInvalid
from commissions.money import share_of

DISTRIBUTOR = "distributor"


@dataclass(frozen=True, slots=True)
class Override:
    """What the sponsor earns on the seller's commissionable base."""

    partner_id: int
    base_minor: int
    rate_bps: int
    amount_minor: int


def override(*, sponsor_id: int | None, base_minor: int, rate_bps: int) -> Override | None:
    """Return the sponsor's share of the seller's base; None without sponsor, rate or base."""
    if sponsor_id is None or not rate_bps or not base_minor:
        return None
    return Override(sponsor_id, base_minor, rate_bps, share_of(base_minor, rate_bps))


def check_sponsors(kinds: Mapping[str, str], sponsors: Mapping[str, str | None]) -> None:
    """Raise PartnerInvalid unless every sponsor is a distributor who has no sponsor.

    Both mappings run over all partner codes of the program: the kind, and the sponsor's code.
    """
    for code, sponsor in sponsors.items():
        if sponsor is None:
            continue
        if sponsor not in kinds:
            message = f"Partner {code} names sponsor {sponsor}, whom nobody knows: add them first."
            raise PartnerInvalid(message)
        if kinds[sponsor] != DISTRIBUTOR:
            message = (
                f"Partner {code} names sponsor {sponsor}, who is no distributor: name one, or none."
            )
            raise PartnerInvalid(message)
        if sponsors.get(sponsor) is not None:
            message = (
                f"Partner {code} would be a third level: sponsor {sponsor} has a sponsor"
                f" ({sponsors[sponsor]}), and a partner who has one can't be one."
            )
            raise PartnerInvalid(message)
