"""The rails that move no money by themselves: what each says of an order."""

from __future__ import annotations

import pytest

from commissions.providers import ManualRail, OutcomeKind, PayoutOrder, PayoutRail, TestRail

DONE, ARRIVED, REJECTED, UNKNOWN, MISSING = (
    OutcomeKind.DONE,
    OutcomeKind.ARRIVED,
    OutcomeKind.REJECTED,
    OutcomeKind.UNKNOWN,
    OutcomeKind.MISSING,
)


@pytest.mark.parametrize(
    ("rail", "destination", "sent", "found"),
    [
        (TestRail(), "a bank", DONE, ARRIVED),
        (TestRail(), "reject", REJECTED, REJECTED),
        (TestRail(), "unknown", UNKNOWN, UNKNOWN),
        (TestRail(), "lost", UNKNOWN, MISSING),
        (ManualRail(), "a bank", DONE, DONE),
        (ManualRail(), "reject", DONE, DONE),
    ],
)
def test_a_rail_answers_the_same_however_often_it_is_asked(
    rail: PayoutRail, destination: str, sent: OutcomeKind, found: OutcomeKind
) -> None:
    order = PayoutOrder("roses-payout-1", 10_00, "EUR", destination)
    assert rail.send(order) == rail.send(order)
    assert rail.send(order).kind is sent
    assert rail.find(order).kind is found
    reference = f"{rail.name}-roses-payout-1" if sent is DONE else None
    assert rail.send(order).reference == reference


@pytest.mark.parametrize("destination", ["reject", "unknown", "lost", "reject ACB 2086"])
def test_a_rail_that_did_not_take_an_order_says_why(destination: str) -> None:
    assert TestRail().send(PayoutOrder("k", 1, "EUR", destination)).reason
