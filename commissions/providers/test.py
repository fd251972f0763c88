"""The ``test`` rail: moves no money, and answers by the destination so that all ends can be played.

A destination that begins with the word ``reject`` is refused, with ``unknown`` can't be told, with
``lost`` never reached the rail; all else is done at once and has arrived when it is looked for. It
keeps nothing: the same order always has the same answer, so sending twice is harmless.
"""

from __future__ import annotations

from commissions.providers.rail import Found, Outcome, OutcomeKind, PayoutOrder


class TestRail:
    """Answers as a rail would; no money moves."""

    __test__ = False
    name = "test"

    def send(self, order: PayoutOrder) -> Outcome:
        """Take an order, as its destination says."""
        if _word(order) == "reject":
            return Outcome(OutcomeKind.REJECTED, reason="the test destination refuses")
        if _word(order) in {"unknown", "lost"}:
            return Outcome(OutcomeKind.UNKNOWN, reason="the test destination doesn't answer")
        return Outcome(OutcomeKind.DONE, reference=f"test-{order.key}")

    def find(self, order: PayoutOrder) -> Found:
        """Tell what became of an order: it has arrived unless its destination says otherwise."""
        if _word(order) == "lost":
            return Found(OutcomeKind.MISSING)
        sent = self.send(order)
        if sent.kind is OutcomeKind.DONE:
            return Found(OutcomeKind.ARRIVED, reference=sent.reference)
        return sent


def _word(order: PayoutOrder) -> str:
    """Return the first word of a destination; an account may follow it."""
    return order.destination.partition(" ")[0]
