"""The chart of accounts: which accounts a program has and which side makes them grow.

Decides names and sides. Does not post.
"""

from __future__ import annotations

from typing import NamedTuple

ACCRUED = "accrued"
PAYABLE = "payable"
IN_PAYOUT = "in_payout"
EXPENSE_COMMISSION = "expense:commission"
EXPENSE_BONUS = "expense:bonus"
CASH = "cash:"

PARTNER_ROLES = (ACCRUED, PAYABLE, IN_PAYOUT)


class AccountRef(NamedTuple):
    """An account by its role, and its partner for a partner's account."""

    role: str
    partner_id: int | None = None

    def __str__(self) -> str:
        """Name the account for a sentence."""
        return self.role if self.partner_id is None else f"{self.role} of partner {self.partner_id}"


def accrued(partner_id: int) -> AccountRef:
    """Return the partner's account of money on hold."""
    return AccountRef(ACCRUED, partner_id)


def payable(partner_id: int) -> AccountRef:
    """Return the partner's account of money that is ready; below zero it is a debt to recover."""
    return AccountRef(PAYABLE, partner_id)


def in_payout(partner_id: int) -> AccountRef:
    """Return the partner's account of money that a payout has claimed."""
    return AccountRef(IN_PAYOUT, partner_id)


def of_partner(role: str, partner_id: int) -> AccountRef:
    """Return the partner's account of a role."""
    return AccountRef(role, partner_id)


def expense(kind: str) -> AccountRef:
    """Return the house account that bears a commission of a kind."""
    return AccountRef(EXPENSE_BONUS if kind == "bonus" else EXPENSE_COMMISSION)


def cash(rail: str) -> AccountRef:
    """Return the house account of the money that a rail pays out."""
    return AccountRef(CASH + rail)


def grows_by_credit(role: str) -> bool:
    """Tell whether a balance is shown as credits − debits: what we owe grows by credits."""
    return role in PARTNER_ROLES
