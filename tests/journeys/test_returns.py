"""Goods come back: before release, after it, after the payout. One piece of ten is one euro."""

from __future__ import annotations

import pytest

from commissions import payouts
from commissions.errors import RefundTooLarge, StateConflict
from commissions.models import RefundRecord
from commissions.values import RefundLine
from tests.factories import at, make_line, make_refund
from tests.story import NOTHING, House, Owed, Story, refused


def test_a_return_before_release_is_on_hold_too_and_both_are_released_as_one(story: Story) -> None:
    story.sell()
    story.complete(on="2024-01-10")
    assert story.refund(3, on="2024-01-20")[1:] == (1, -3_00, True)
    assert story.owed() == Owed(accrued=7_00)
    assert story.states() == ["on_hold", "on_hold"]

    assert story.release(on="2024-02-09") == (1, 7_00)
    assert story.owed() == Owed(payable=7_00)
    assert story.states() == ["ready", "ready"]

    payout = story.pay_out(on="2024-02-10")
    assert payout.amount_minor == 7_00
    assert story.owed() == NOTHING
    assert story.house() == House(commission=7_00, cash=7_00)
    assert story.books_hold()


def test_a_return_after_release_is_ready_at_once(story: Story) -> None:
    story.sell()
    story.complete(on="2024-01-10")
    story.release(on="2024-02-09")
    story.refund(3, on="2024-02-10")
    assert story.owed() == Owed(payable=7_00)
    assert story.states() == ["ready", "ready"]
    assert story.pay_out(on="2024-02-11").amount_minor == 7_00
    assert story.owed() == NOTHING
    assert story.books_hold()


def test_a_return_while_the_money_is_in_a_payout_is_taken_from_the_next_one(story: Story) -> None:
    story.sell()
    story.complete(on="2024-01-10")
    story.release(on="2024-02-09")
    payout = story.build_one("2024-02-10")
    story.refund(3, on="2024-02-11")
    assert story.owed() == Owed(payable=-3_00, in_payout=10_00)
    story.approve(payout, on="2024-02-12")
    story.send(payout, on="2024-02-12")
    story.settle(payout, on="2024-02-13")
    assert story.owed() == Owed(payable=-3_00)
    assert story.house() == House(commission=7_00, cash=10_00)
    assert story.books_hold()


def test_a_return_after_the_payout_is_a_debt_that_the_next_payout_nets(story: Story) -> None:
    story.sell("S-1")
    story.complete("S-1", on="2024-01-10")
    story.release(on="2024-02-09")
    story.pay_out(on="2024-02-10")
    assert story.owed() == NOTHING

    story.refund(4, of="S-1", on="2024-02-20")
    assert story.owed() == Owed(payable=-4_00)
    assert story.states() == ["paid", "ready"]
    built = story.build("2024-02-21")
    assert built.batch is None
    assert built.skipped == (("mai", -4_00, payouts.IN_DEBT),)

    story.sell("S-2", on="2024-02-22")
    story.complete("S-2", on="2024-02-25")
    assert story.owed() == Owed(accrued=10_00, payable=-4_00)
    story.release(on="2024-03-26")
    assert story.owed() == Owed(payable=6_00)
    assert story.pay_out(on="2024-03-27").amount_minor == 6_00
    assert story.owed() == NOTHING
    assert story.house() == House(commission=16_00, cash=16_00)
    assert story.states() == ["paid", "paid", "paid"]
    assert story.books_hold()


def test_a_debt_that_eats_up_all_that_is_ready_is_no_payout(story: Story) -> None:
    story.sell("S-1")
    story.complete("S-1")
    story.release(on="2024-02-09")
    story.pay_out(on="2024-02-10")
    story.refund(of="S-1", on="2024-02-20")
    story.sell("S-2", on="2024-02-21")
    story.complete("S-2", on="2024-02-21")
    story.release(on="2024-03-22")
    assert story.owed() == NOTHING
    built = story.build("2024-03-23")
    assert (built.batch, built.skipped) == (None, (("mai", 0, payouts.NOTHING_LEFT),))

    story.sell("S-3", on="2024-03-24", amount=50_00)
    story.complete("S-3", on="2024-03-24")
    story.release(on="2024-04-23")
    assert story.pay_out(on="2024-04-24").amount_minor == 5_00
    assert story.states() == ["paid"] * 4
    assert story.books_hold()


def test_pieces_that_come_back_one_by_one_leave_nothing_on_hold(story: Story) -> None:
    story.sell(lines=[make_line(amount_minor=9_99)])
    story.complete()
    accrued = [story.owed().accrued]
    for piece in range(10):
        story.refund(1, on=f"2024-01-{11 + piece}")
        accrued.append(story.owed().accrued)
    # 10 % of 9.99 is 1.00; each piece takes 10 cents, counted from the beginning.
    assert accrued == [1_00, 90, 80, 70, 60, 50, 40, 30, 20, 10, 0]
    assert story.states() == ["reversed"] * 11
    assert story.release(on="2024-02-09") == (0, 0)
    with refused(story.session, RefundTooLarge, "10 were sold", "10 came back"):
        story.refund(1, on="2024-01-25")
    assert story.books_hold()


def test_several_refunds_of_one_line_in_one_batch_are_worked_through_in_order(
    story: Story,
) -> None:
    story.sell()
    story.complete()
    told = story.take_back(
        make_refund("R-1", RefundLine("S-1", 1, 2)),
        make_refund("R-2", RefundLine("S-1", 1, 3)),
        make_refund("R-3", RefundLine("S-1", 1, 1), RefundLine("S-1", 1, 1)),
    )
    assert [one.amount_minor for one in told] == [-2_00, -3_00, -2_00]
    assert story.owed() == Owed(accrued=3_00)
    assert story.books_hold()


def test_the_same_refund_twice_in_one_batch_is_taken_once(story: Story) -> None:
    story.sell()
    story.complete()
    refund = make_refund("R-1", RefundLine("S-1", 1, 2))
    told = story.take_back(refund, refund)
    assert told == [("R-1", 1, -2_00, True)] * 2
    assert story.owed() == Owed(accrued=8_00)
    story.refund(8, on="2024-01-21")
    assert story.owed() == NOTHING
    assert story.books_hold()


def test_one_refund_of_two_sales_takes_from_each_what_it_earned(story: Story) -> None:
    story.enrol("linh")
    story.sell("S-1", by="mai")
    story.sell("S-2", by="linh", amount=50_00)
    story.complete("S-1", "S-2")
    told = story.take_back(
        make_refund("R-1", RefundLine("S-1", 1, 5), RefundLine("S-2", 1, 10)),
    )
    assert told == [("R-1", 2, -10_00, True)]
    assert story.owed("mai") == Owed(accrued=5_00)
    assert story.owed("linh") == NOTHING
    assert story.books_hold()


def test_what_came_back_before_completion_is_never_earned(story: Story) -> None:
    assert story.sell().estimated_minor == 10_00
    assert story.refund(4, on="2024-01-08") == ("R-S-1-1-4-2024-01-08", 0, 0, True)
    assert story.owed() == NOTHING
    story.complete(on="2024-01-10")
    assert story.owed() == Owed(accrued=6_00)
    story.refund(3, on="2024-01-20")
    assert story.owed() == Owed(accrued=3_00)
    story.refund(on="2024-01-21")
    assert story.owed() == NOTHING
    assert story.states() == ["reversed"] * 3
    assert story.books_hold()


def test_an_order_that_came_back_in_whole_before_completion_earns_nothing(story: Story) -> None:
    story.sell()
    story.refund(on="2024-01-08")
    assert story.complete(on="2024-01-10") == [("S-1", 0, 0, True)]
    assert story.commissions() == []
    assert story.books_hold()


def test_a_return_that_is_told_late_counts_from_the_completion_on(story: Story) -> None:
    story.sell(on="2024-01-05")
    story.complete(on="2024-01-10")
    story.refund(4, on="2024-01-08")
    assert story.owed(as_of="2024-01-09 23:59") == NOTHING
    assert story.owed(as_of="2024-01-10") == Owed(accrued=6_00)
    assert story.session.query(RefundRecord).one().occurred_at == at("2024-01-08")
    assert story.books_hold()


@pytest.mark.parametrize(
    ("stage", "before", "after", "states"),
    [
        ("on hold", Owed(accrued=10_00), NOTHING, ["reversed", "reversed"]),
        ("held", Owed(accrued=10_00), NOTHING, ["reversed", "reversed"]),
        ("ready", Owed(payable=10_00), NOTHING, ["ready", "ready"]),
        ("held when ready", Owed(payable=10_00), NOTHING, ["held_ready", "held_ready"]),
        (
            "in payout",
            Owed(in_payout=10_00),
            Owed(payable=-10_00, in_payout=10_00),
            ["in_payout", "ready"],
        ),
        ("paid", NOTHING, Owed(payable=-10_00), ["paid", "ready"]),
    ],
)
def test_fraud_takes_the_whole_order_back_wherever_its_money_lies(
    story: Story, stage: str, before: Owed, after: Owed, states: list[str]
) -> None:
    bring_to(story, stage)
    assert story.owed() == before
    told = story.refund(on="2024-02-20", reason="fraud")
    assert told.amount_minor == -10_00
    assert story.owed() == after
    assert story.states() == states
    assert story.house().commission == 0
    assert story.refund(on="2024-02-20", reason="fraud") == told._replace(new=False)
    assert story.books_hold()


def bring_to(story: Story, stage: str) -> None:
    """Bring a sale of a hundred euros to a stage of its life."""
    story.sell()
    story.complete(on="2024-01-10")
    if stage == "held":
        story.hold(story.id_of())
    if stage in {"on hold", "held"}:
        return
    story.release(on="2024-02-09")
    if stage == "held when ready":
        story.hold(story.id_of())
    if stage == "in payout":
        story.build_one("2024-02-10")
    if stage == "paid":
        story.pay_out(on="2024-02-10")


def test_a_return_never_takes_more_than_the_lines_that_earned(story: Story) -> None:
    story.sell(lines=[make_line(1, 60_00), make_line(2, 40_00, quantity=4)])
    story.complete()
    story.refund(4, line=2, on="2024-01-20")
    assert story.owed() == Owed(accrued=6_00)
    with refused(story.session, RefundTooLarge, "line 2 of sale S-1", "4 were sold"):
        story.refund(1, line=2, on="2024-01-21")
    with refused(story.session, RefundTooLarge, "no line 3"):
        story.refund(1, line=3, on="2024-01-21")
    assert story.owed() == Owed(accrued=6_00)
    assert story.books_hold()


def test_a_refund_of_a_rejected_commission_takes_nothing_more(story: Story) -> None:
    story.sell()
    story.complete()
    story.reject(story.id_of())
    assert story.owed() == NOTHING
    assert story.refund(5, on="2024-01-20").amount_minor == 0
    assert story.house() == House()
    assert story.books_hold()


def test_a_return_after_a_refused_one_is_counted_as_if_that_had_never_been(story: Story) -> None:
    story.sell()
    story.complete()
    with refused(story.session, RefundTooLarge):
        story.refund(11)
    story.refund(1)
    assert story.owed() == Owed(accrued=9_00)
    story.refund(9, on="2024-01-21")
    with refused(story.session, StateConflict, "reversed"):
        story.hold(story.id_of())
    assert story.books_hold()
