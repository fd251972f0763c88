"""Finance stops commissions, lifts the stop, refuses them; goods come back in between."""

from __future__ import annotations

import pytest

from commissions.errors import CommissionUnknown, StateConflict
from commissions.models import StateChange
from tests.factories import make_program
from tests.story import NOTHING, House, Owed, Story, refused


def test_a_stop_never_opens_by_itself(story: Story) -> None:
    story.sell()
    story.complete(on="2024-01-10")
    story.hold(story.id_of(), on="2024-01-15")
    assert story.states() == ["held"]
    assert story.owed() == Owed(accrued=10_00)
    assert story.release(on="2024-12-31") == (0, 0)
    story.lift(story.id_of(), on="2024-12-31")
    assert story.states() == ["on_hold"]
    assert story.release(on="2024-12-31") == (1, 10_00)
    assert story.owed() == Owed(payable=10_00)
    assert story.books_hold()


def test_a_stop_on_ready_money_keeps_it_out_of_every_payout(story: Story) -> None:
    story.sell()
    story.complete(on="2024-01-10")
    story.release(on="2024-02-09")
    story.hold(story.id_of(), on="2024-02-10")
    assert story.states() == ["held_ready"]
    assert story.owed() == Owed(payable=10_00)
    assert story.build("2024-02-11").batch is None
    story.lift(story.id_of(), on="2024-02-12")
    assert story.pay_out(on="2024-02-13").amount_minor == 10_00
    assert story.owed() == NOTHING
    assert story.books_hold()


def test_what_came_back_follows_its_commission_through_stop_and_lift(story: Story) -> None:
    story.sell()
    story.complete(on="2024-01-10")
    story.refund(1, on="2024-01-12")
    story.hold(story.id_of(), on="2024-01-15")
    story.refund(2, on="2024-01-20")
    assert story.states() == ["held"] * 3
    assert story.owed() == Owed(accrued=7_00)
    story.lift(story.id_of(), on="2024-01-21")
    assert story.states() == ["on_hold"] * 3
    assert story.release(on="2024-02-09") == (1, 7_00)

    story.hold(story.id_of(), on="2024-02-10")
    story.refund(3, on="2024-02-11")
    assert story.states() == ["held_ready"] * 4
    assert story.owed() == Owed(payable=4_00)
    story.lift(story.id_of(), on="2024-02-12")
    assert story.pay_out(on="2024-02-13").amount_minor == 4_00
    assert story.states() == ["paid"] * 4
    assert story.books_hold()


@pytest.mark.parametrize("stage", ["on hold", "held", "ready", "held when ready"])
def test_a_rejected_commission_costs_the_house_nothing(story: Story, stage: str) -> None:
    story.sell()
    story.complete(on="2024-01-10")
    story.refund(3, on="2024-01-11")
    if "ready" in stage:
        story.release(on="2024-02-09")
    if "held" in stage:
        story.hold(story.id_of(), on="2024-02-10")
    assert sum(story.owed()) == 7_00
    story.reject(story.id_of(), on="2024-02-11")
    assert story.owed() == NOTHING
    assert story.house() == House()
    assert story.states() == ["rejected", "rejected"]
    assert story.books_hold()


def test_a_commission_that_came_back_in_whole_when_ready_is_rejected_without_a_transfer(
    story: Story,
) -> None:
    story.sell()
    story.complete(on="2024-01-10")
    story.release(on="2024-02-09")
    story.refund(on="2024-02-10")
    assert story.owed() == NOTHING
    story.reject(story.id_of(), on="2024-02-11")
    assert story.states() == ["rejected", "rejected"]
    assert story.house() == House()
    assert story.books_hold()


def test_what_is_in_a_payout_or_paid_can_be_neither_stopped_nor_rejected(story: Story) -> None:
    story.sell()
    story.complete(on="2024-01-10")
    story.release(on="2024-02-09")
    payout = story.build_one("2024-02-10")
    for state in ("in_payout", "paid"):
        for step in (story.hold, story.lift, story.reject):
            with refused(story.session, StateConflict, f"is {state}"):
                step(story.id_of(), on="2024-02-11")
        if state == "in_payout":
            story.approve(payout, on="2024-02-12")
            story.send(payout, on="2024-02-12")
            story.settle(payout, on="2024-02-12")
    assert story.house() == House(commission=10_00, cash=10_00)
    assert story.books_hold()


def test_a_clawback_is_never_moved_alone(story: Story) -> None:
    story.sell()
    story.complete()
    story.refund(3)
    for step in (story.hold, story.lift, story.reject):
        with refused(story.session, CommissionUnknown, "can be moved"):
            step(story.id_of("clawback"))
    assert story.owed() == Owed(accrued=7_00)
    assert story.books_hold()


def test_a_commission_of_another_program_is_unknown_here(story: Story) -> None:
    other = Story(story.session, make_program(story.session, code="tulips"))
    other.enrol("mai")
    other.sell()
    other.complete()
    with refused(story.session, CommissionUnknown, "roses"):
        story.hold(other.id_of())
    assert other.owed() == Owed(accrued=10_00)
    assert story.books_hold()


def test_a_commission_whose_return_was_netted_elsewhere_is_taken_back_and_not_rejected(
    story: Story,
) -> None:
    """Mai's payout comes back after another one took her debt: rejecting would take it twice."""
    story.sell("S-1")
    story.complete("S-1", on="2024-01-10")
    story.release(on="2024-02-09")
    first = story.pay_out(on="2024-02-10")
    story.refund(4, of="S-1", on="2024-02-11")
    story.sell("S-2", on="2024-02-12")
    story.complete("S-2", on="2024-02-12")
    story.release(on="2024-03-20")
    assert story.pay_out(on="2024-03-21").amount_minor == 6_00
    story.give_back(first, on="2024-03-22")
    assert story.owed() == Owed(payable=10_00)
    original = story.commissions(kind="sale")[0].id

    with refused(story.session, StateConflict, "refund"):
        story.reject(original, on="2024-03-23")
    assert story.refund(of="S-1", on="2024-03-23", reason="fraud").amount_minor == -6_00
    assert story.owed() == Owed(payable=4_00), "what her second payout had paid for the first"
    assert story.pay_out(on="2024-03-24").amount_minor == 4_00
    assert story.house() == House(commission=10_00, cash=10_00)
    assert story.books_hold()


def test_a_commission_whose_return_is_in_another_payout_waits_for_that_one(story: Story) -> None:
    story.sell("S-1")
    story.complete("S-1", on="2024-01-10")
    story.release(on="2024-02-09")
    first = story.pay_out(on="2024-02-10")
    story.refund(4, of="S-1", on="2024-02-11")
    story.sell("S-2", on="2024-02-12")
    story.complete("S-2", on="2024-02-12")
    story.release(on="2024-03-20")
    second = story.build_one("2024-03-21")
    story.give_back(first, on="2024-03-22")
    assert story.owed() == Owed(payable=10_00, in_payout=6_00)
    original = story.commissions(kind="sale")[0].id
    with refused(story.session, StateConflict, "record a refund"):
        story.reject(original, on="2024-03-23")
    story.hold(original, on="2024-03-23")
    assert story.states() == ["held_ready", "in_payout", "in_payout"]
    story.lift(original, on="2024-03-23")
    story.fail(second, on="2024-03-24")
    story.reject(original, on="2024-03-25")
    assert story.owed() == Owed(payable=10_00), "the second sale's, in full"
    assert story.books_hold()


def test_every_move_says_who_made_it_when_and_why(story: Story) -> None:
    story.sell()
    story.complete(on="2024-01-10")
    story.hold(story.id_of(), on="2024-01-15")
    story.lift(story.id_of(), on="2024-01-16")
    story.reject(story.id_of(), on="2024-01-17")
    moves = story.session.query(StateChange).order_by(StateChange.id).all()
    told = [
        (m.subject, m.from_state, m.to_state, f"{m.effective_at:%m-%d}", m.actor, m.reason)
        for m in moves
    ]
    assert told == [
        ("sale", "paid", "completed", "01-10", "shop", None),
        ("commission", "on_hold", "held", "01-15", "thu", "odd traffic"),
        ("commission", "held", "on_hold", "01-16", "thu", "explained"),
        ("commission", "on_hold", "rejected", "01-17", "thu", "fraud"),
    ]
    assert story.books_hold()
