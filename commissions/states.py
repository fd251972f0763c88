"""The allowed moves of everything that has a state, as data.

Decides which move is allowed and which account a commission's money lies in. Does not move.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from commissions.errors import StateConflict


class SaleState(StrEnum):
    """A sale is paid, then completed or cancelled."""

    PAID = "paid"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class CommissionState(StrEnum):
    """Where one sum earned, or taken back, stands.

    ``held`` is a stop by finance while the money is accrued, ``held_ready`` one while it is
    payable; people see both as Held. ``reversed`` is taken back in whole while on hold.
    """

    ON_HOLD = "on_hold"
    HELD = "held"
    READY = "ready"
    HELD_READY = "held_ready"
    IN_PAYOUT = "in_payout"
    PAID = "paid"
    REJECTED = "rejected"
    REVERSED = "reversed"


class BatchState(StrEnum):
    """A batch is built by its maker, then approved or refused by a checker."""

    BUILT = "built"
    APPROVED = "approved"
    REFUSED = "refused"


class PayoutState(StrEnum):
    """Where one payment to one partner stands."""

    RESERVED = "reserved"
    APPROVED = "approved"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    SETTLED = "settled"
    FAILED = "failed"
    RETURNED = "returned"


SALE_MOVES: Mapping[str, frozenset[str]] = {
    SaleState.PAID: frozenset({SaleState.COMPLETED, SaleState.CANCELLED}),
}
COMMISSION_MOVES: Mapping[str, frozenset[str]] = {
    CommissionState.ON_HOLD: frozenset(
        {
            CommissionState.READY,
            CommissionState.HELD,
            CommissionState.REJECTED,
            CommissionState.REVERSED,
        }
    ),
    CommissionState.HELD: frozenset(
        {CommissionState.ON_HOLD, CommissionState.REJECTED, CommissionState.REVERSED}
    ),
    CommissionState.READY: frozenset(
        {CommissionState.IN_PAYOUT, CommissionState.HELD_READY, CommissionState.REJECTED}
    ),
    CommissionState.HELD_READY: frozenset({CommissionState.READY, CommissionState.REJECTED}),
    CommissionState.IN_PAYOUT: frozenset({CommissionState.PAID, CommissionState.READY}),
    CommissionState.PAID: frozenset({CommissionState.READY}),
}
BATCH_MOVES: Mapping[str, frozenset[str]] = {
    BatchState.BUILT: frozenset({BatchState.APPROVED, BatchState.REFUSED}),
}
PAYOUT_MOVES: Mapping[str, frozenset[str]] = {
    PayoutState.RESERVED: frozenset({PayoutState.APPROVED, PayoutState.FAILED}),
    PayoutState.APPROVED: frozenset({PayoutState.SENDING, PayoutState.FAILED}),
    PayoutState.SENDING: frozenset({PayoutState.SENT, PayoutState.FAILED, PayoutState.UNKNOWN}),
    PayoutState.UNKNOWN: frozenset({PayoutState.SENT, PayoutState.FAILED, PayoutState.APPROVED}),
    PayoutState.SENT: frozenset({PayoutState.SETTLED, PayoutState.FAILED}),
    PayoutState.SETTLED: frozenset({PayoutState.RETURNED}),
}

MONEY_LIES_IN: Mapping[str, str] = {
    CommissionState.ON_HOLD: "accrued",
    CommissionState.HELD: "accrued",
    CommissionState.READY: "payable",
    CommissionState.HELD_READY: "payable",
    CommissionState.IN_PAYOUT: "in_payout",
}
"""The partner account in which an open commission's money lies; all other states are done."""


def check_move(moves: Mapping[str, frozenset[str]], was: str, to: str, *, what: str) -> None:
    """Raise StateConflict unless the move is one of the allowed ones."""
    allowed = moves.get(was, frozenset())
    if to not in allowed:
        choices = ", ".join(sorted(allowed)) or "nothing more"
        message = f"{what} is {was} and can't become {to}; allowed: {choices}."
        raise StateConflict(message)
