"""The shapes of a sum: its lines, its parts, and everything said about it. No behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from commissions.tiers import Tier

ESTIMATED = "estimated"
"""The state of what is not booked yet."""


@dataclass(frozen=True, slots=True)
class SumLine:
    """One line of the order in a sum; minor units.

    ``returned_minor`` came back before the order was completed and so never earned. Of a clawback
    the quantity is what came back, and its amounts are below nothing.
    """

    line_no: int
    stock_code: str
    quantity: int
    amount_minor: int
    returned_quantity: int
    returned_minor: int
    share_minor: int

    @property
    def base_minor(self) -> int:
        """What the line adds to the base."""
        return self.amount_minor - self.returned_minor


@dataclass(frozen=True, slots=True)
class Part:
    """Lines under one rule, their base, and what they earn at a rate or as a flat sum."""

    lines: tuple[SumLine, ...]
    base_minor: int
    rate_bps: int | None
    flat_minor: int | None
    rule_name: str | None
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken back of a sum: how much, when in the books, when it happened, and why."""

    id: int
    base_minor: int
    amount_minor: int
    state: str
    effective_at: datetime
    occurred_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Brought:
    """Why the seller earns the sale: rule, reason, and the touch that won."""

    rule: str
    reason: str
    touch_kind: str | None
    touched_at: datetime | None
    days_before: int | None


@dataclass(frozen=True, slots=True)
class PayoutOf:
    """The payout that claimed a sum last; ``settled_at`` is when the money arrived."""

    id: int
    state: str
    rail: str
    rail_reference: str | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Sum:
    """How one amount came about, of a commission or (id below zero: the sale's) of an estimate.

    A commission has one part; an estimate one for each rule that its lines fall under. A bonus
    has its month, its volume as the base, and the tier reached. ``seller_name`` is told for an
    override, ``original_id`` for a clawback.
    """

    id: int
    kind: str
    state: str
    partner_id: int
    partner_code: str
    partner_name: str
    seller_name: str | None
    parts: tuple[Part, ...]
    base_minor: int
    amount_minor: int
    plan_number: int | None
    tier: Tier | None
    month: str | None
    sale_reference: str | None
    paid_at: datetime | None
    effective_at: datetime
    due_at: datetime | None
    reason: str | None
    brought: Brought | None
    original_id: int | None
    original_minor: int | None
    taken: tuple[Taken, ...]
    payout: PayoutOf | None

    @property
    def taken_minor(self) -> int:
        """What was taken back in all; nothing, or below it."""
        return sum(taken.amount_minor for taken in self.taken)

    @property
    def left_minor(self) -> int:
        """What is left of the amount."""
        return self.amount_minor + self.taken_minor

    @property
    def lines(self) -> tuple[SumLine, ...]:
        """The lines of all parts."""
        return tuple(line for part in self.parts for line in part.lines)
