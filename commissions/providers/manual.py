"""The ``manual`` rail: a person pays by hand and then settles or fails the payout by hand."""

from __future__ import annotations

from commissions.providers.rail import Found, Outcome, OutcomeKind, PayoutOrder


class ManualRail:
    """Hands every order to a person; only that person knows whether the money arrived."""

    name = "manual"

    def send(self, order: PayoutOrder) -> Outcome:
        """Put an order on the person's list, under its key."""
        return Outcome(OutcomeKind.DONE, reference=f"manual-{order.key}")

    def find(self, order: PayoutOrder) -> Found:
        """Say that the order is on the list; whether it was paid, no program can tell."""
        return self.send(order)
