"""Held for review is a state of its own on the money line: neither on hold nor ready."""

from __future__ import annotations

from commissions import earnings
from commissions.earnings import Totals
from tests.story import Story


def totals(story: Story) -> Totals:
    """Return Mai's money line; on hold, held and ready are what the ledger has of her."""
    partner_id = story.partner("mai").id
    found = earnings.totals(story.session, story.program, partner_id)
    owed = story.owed()
    assert found.on_hold_minor + found.held_minor + found.ready_minor == owed.accrued + owed.payable
    assert found.in_payout_minor == owed.in_payout
    assert story.books_hold()
    return found


def test_what_is_held_while_on_hold_is_held_alone(story: Story) -> None:
    story.sell(amount=100_00)
    story.complete(on="2024-01-10")
    story.hold(story.id_of())
    assert totals(story) == Totals(0, 0, 10_00, 0, 0, 0)
    story.lift(story.id_of())
    assert totals(story) == Totals(0, 10_00, 0, 0, 0, 0)


def test_what_is_held_when_it_was_ready_is_not_called_ready(story: Story) -> None:
    story.sell("S-1", amount=100_00)
    story.sell("S-2", amount=1_000_00)
    story.complete("S-1", "S-2", on="2024-01-10")
    story.release(on="2024-02-09")
    story.hold(story.commissions(reference="S-1:1")[0].id, on="2024-02-10")
    assert totals(story) == Totals(0, 0, 10_00, 100_00, 0, 0)
    assert story.build_one("2024-02-11").amount_minor == 100_00
    assert totals(story) == Totals(0, 0, 10_00, 0, 100_00, 0)


def test_what_came_back_of_held_money_is_taken_from_what_is_held(story: Story) -> None:
    story.sell(amount=100_00)
    story.complete(on="2024-01-10")
    story.hold(story.id_of())
    story.refund(5, on="2024-01-20")
    assert totals(story) == Totals(0, 0, 5_00, 0, 0, 0)


def test_rejected_money_is_no_longer_held(story: Story) -> None:
    story.sell(amount=100_00)
    story.complete(on="2024-01-10")
    story.release(on="2024-02-09")
    story.hold(story.id_of(), on="2024-02-10")
    story.reject(story.id_of(), on="2024-02-11")
    assert totals(story) == Totals(0, 0, 0, 0, 0, 0)
