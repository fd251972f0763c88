"""Who is paid what: the oracle's payouts, on top of its sums. See ``oracle``."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from commissions.errors import FourEyes, PayoutDetailsMissing, StateConflict
from tests.commissions.oracle import Books, Refusal, Sum

FAILS_FROM = {"reserved", "approved", "sent"}


@dataclass(eq=False)
class Pay:
    """One payout, and the sums that it claimed."""

    partner: str
    amount: int
    items: list[Sum]
    state: str = "reserved"
    begun: bool = False


@dataclass(eq=False)
class Run:
    """One batch."""

    maker: str
    payouts: list[int]
    state: str = "built"
    checker: str | None = None


@dataclass
class Payments:
    """All batches and payouts of one program, by their ids."""

    books: Books
    minimum: int
    batches: dict[int, Run] = field(default_factory=dict)
    payouts: dict[int, Pay] = field(default_factory=dict)
    approved: dict[int, int] = field(default_factory=dict)

    def claimable(self) -> tuple[dict[str, list[Sum]], set[tuple[str, int, str]]]:
        """Return who would be paid with which sums, and who is skipped with how much and why."""
        ready: dict[str, list[Sum]] = defaultdict(list)
        for one in self.books.sums:
            if one.state == "ready":
                ready[one.partner.code].append(one)
        skipped = set()
        for code, items in list(ready.items()):
            amount = sum(s.amount for s in items)
            reason = self._why_not(amount, has_details=bool(items[0].partner.destination))
            if reason:
                skipped.add((code, amount, reason))
                del ready[code]
        return ready, skipped

    def build_for(self, code: str) -> Refusal:
        """Tell whether a batch for one named person is refused."""
        _, skipped = self.claimable()
        missing = any(c == code and reason == "no payout details" for c, _, reason in skipped)
        return PayoutDetailsMissing if missing else None

    def built(self, batch_id: int, maker: str, payouts: dict[int, tuple[str, list[Sum]]]) -> None:
        self.batches[batch_id] = Run(maker, list(payouts))
        for payout_id, (code, items) in payouts.items():
            self.payouts[payout_id] = Pay(code, sum(s.amount for s in items), items)
            self._move(items, "in_payout")

    def approve(self, batch_id: int, checker: str) -> Refusal:
        batch = self.batches[batch_id]
        if checker == batch.maker:
            return FourEyes
        if batch.state != "built":
            return None if (batch.state, batch.checker) == ("approved", checker) else StateConflict
        batch.state, batch.checker = "approved", checker
        for payout_id in batch.payouts:
            if self.payouts[payout_id].state == "reserved":
                self.payouts[payout_id].state = "approved"
                self.approved[payout_id] = self.payouts[payout_id].amount
        return None

    def refuse(self, batch_id: int, checker: str) -> Refusal:
        batch = self.batches[batch_id]
        if checker == batch.maker:
            return FourEyes
        if batch.state != "built":
            return StateConflict
        batch.state, batch.checker = "refused", checker
        for payout_id in batch.payouts:
            if self.payouts[payout_id].state == "reserved":
                self._give_back(self.payouts[payout_id])
        return None

    def begin(self, payout_id: int) -> Refusal:
        pay = self.payouts[payout_id]
        if pay.state == "reserved":
            return StateConflict
        if pay.state == "approved":
            pay.state, pay.begun = "sending", True
        return None

    def hear(self, payout_id: int, outcome: str) -> Refusal:
        """The rail says what became of a payout."""
        pay = self.payouts[payout_id]
        if pay.state == "sent" and outcome == "arrived":
            return self.settle(payout_id)
        if pay.state == "sent" and outcome == "rejected":
            self._give_back(pay)
        if pay.state == "failed" and outcome in {"done", "arrived"}:
            return StateConflict
        if pay.state == "approved" and outcome != "missing":
            pay.state, pay.begun = (
                "sending",
                True,
            )  # somebody found it missing while it was being sent
        if pay.state not in {"sending", "unknown"}:
            return None
        if outcome == "rejected":
            self._give_back(pay)
        else:
            after = {"done": "sent", "arrived": "sent", "missing": "approved"}
            pay.state = after.get(outcome, "unknown")
        return self.settle(payout_id) if outcome == "arrived" else None

    def settle(self, payout_id: int) -> Refusal:
        pay = self.payouts[payout_id]
        if pay.state in {"sent", "unknown"}:
            pay.state = "settled"
            self._move(pay.items, "paid")
            self.books.house["cash:test"] -= pay.amount
        return None if pay.state == "settled" else StateConflict

    def fail(self, payout_id: int) -> Refusal:
        pay = self.payouts[payout_id]
        if pay.state in FAILS_FROM and not (pay.state == "approved" and pay.begun):
            self._give_back(pay)
        return None if pay.state == "failed" else StateConflict

    def take_return(self, payout_id: int) -> Refusal:
        pay = self.payouts[payout_id]
        if pay.state == "settled":
            pay.state = "returned"
            self._move(pay.items, "ready")
            self.books.house["cash:test"] += pay.amount
        return None if pay.state == "returned" else StateConflict

    def paid(self) -> int:
        """Return what has left and not come back."""
        return sum(pay.amount for pay in self.payouts.values() if pay.state == "settled")

    def _why_not(self, amount: int, *, has_details: bool) -> str | None:
        if amount <= 0:
            return "owes more than is ready" if amount else "nothing is left to pay"
        if amount < self.minimum:
            return "below the minimum payout"
        return None if has_details else "no payout details"

    def _give_back(self, pay: Pay) -> None:
        pay.state = "failed"
        self._move(pay.items, "ready")

    def _move(self, items: list[Sum], to: str) -> None:
        for one in items:
            one.state = to
