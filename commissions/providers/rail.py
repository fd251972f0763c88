"""What a payout rail is: it sends an order once per key, and finds it again by the key."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class OutcomeKind(StrEnum):
    """What a rail knows of an order.

    ``done``: it has it. ``arrived``: the money is there. ``rejected``: it will never move.
    ``unknown``: nobody can say yet. ``missing``: the rail has never seen the key.
    """

    DONE = "done"
    ARRIVED = "arrived"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class PayoutOrder:
    """One payment to make: the key under which it may happen once, and what goes where."""

    key: str
    amount_minor: int
    currency: str
    destination: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A rail's answer; ``reference`` is its own name for the payment, ``reason`` why not."""

    kind: OutcomeKind
    reference: str | None = None
    reason: str | None = None


Found = Outcome


class PayoutRail(Protocol):
    """A way to pay partners. A second ``send`` of the same key must not pay twice."""

    name: str

    def send(self, order: PayoutOrder) -> Outcome:
        """Hand an order over: done, rejected or unknown; raising counts as unknown."""

    def find(self, order: PayoutOrder) -> Found:
        """Tell what became of an order sent before, by its key."""
