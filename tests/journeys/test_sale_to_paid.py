"""One sale from the click to the bank, and what ends it on the way there."""

from __future__ import annotations

from commissions import conversions, payouts, settling
from commissions.errors import StateConflict
from commissions.providers import OutcomeKind
from commissions.states import PayoutState
from tests.factories import at, make_click, make_line, make_sale
from tests.story import NOTHING, RAIL, House, Owed, Story, refused


def test_a_sale_is_clicked_paid_completed_released_and_paid_out(story: Story) -> None:
    touch = make_click(
        story.session, story.program, story.partner("mai"), when=at("2024-01-03"), visitor="v-7"
    )
    recorded = story.record(make_sale(touches=(touch,)))
    assert recorded == ("S-1", story.partner("mai").id, 10_00, True)
    assert story.owed() == NOTHING

    assert story.complete(on="2024-01-10") == [("S-1", 1, 10_00, True)]
    assert story.owed() == Owed(accrued=10_00)
    assert story.house() == House(commission=10_00)

    assert story.release(on="2024-02-08") == (0, 0), "the hold has a day to go"
    assert story.owed() == Owed(accrued=10_00)
    assert story.release(on="2024-02-09") == (1, 10_00)
    assert story.owed() == Owed(payable=10_00)

    payout = story.build_one("2024-02-10")
    assert payout.amount_minor == 10_00
    assert story.owed() == Owed(in_payout=10_00)
    story.approve(payout, on="2024-02-11")
    story.send(payout, on="2024-02-12")
    assert payout.state == PayoutState.SENT
    assert story.owed() == Owed(in_payout=10_00)

    story.settle(payout, on="2024-02-13")
    assert story.owed() == NOTHING
    assert story.house() == House(commission=10_00, cash=10_00)
    assert story.states() == ["paid"]
    assert story.books_hold()


def test_every_step_done_twice_changes_nothing(story: Story) -> None:
    for _ in range(2):
        story.sell()
        story.complete()
        story.refund(2, on="2024-01-20")
        story.release(on="2024-02-09")
    assert story.owed() == Owed(payable=8_00)

    payout = story.build_one("2024-02-10")
    assert story.build("2024-02-10").batch is None, "nothing is left to claim"
    for _ in range(2):
        story.approve(payout, on="2024-02-11")
    for _ in range(2):
        story.send(payout, on="2024-02-12")
    for _ in range(2):
        story.settle(payout, on="2024-02-13")
    assert story.owed() == NOTHING
    assert story.house() == House(commission=8_00, cash=8_00)
    assert story.books_hold()


def test_balances_are_known_for_every_moment_of_the_past(story: Story) -> None:
    story.sell()
    story.complete(on="2024-01-10")
    story.refund(3, on="2024-01-20")
    story.release(on="2024-02-09")
    story.pay_out(on="2024-03-05")

    moments = {
        "2024-01-09 23:59": NOTHING,
        "2024-01-10": Owed(accrued=10_00),
        "2024-01-20": Owed(accrued=7_00),
        "2024-02-08": Owed(accrued=7_00),
        "2024-02-09": Owed(payable=7_00),
        "2024-03-05": NOTHING,
    }
    assert {moment: story.owed(as_of=moment) for moment in moments} == moments
    for month in ("2024-01", "2024-02", "2024-03"):
        story.close(month)
    assert {moment: story.owed(as_of=moment) for moment in moments} == moments
    assert story.house(as_of="2024-02-29") == House(commission=7_00)
    assert story.house() == House(commission=7_00, cash=7_00)
    assert story.books_hold()


def test_a_sale_that_nobody_brought_is_stored_and_earns_nothing(story: Story) -> None:
    assert story.sell(by=None) == ("S-1", None, 0, True)
    assert story.complete() == [("S-1", 0, 0, True)]
    assert story.refund(10).amount_minor == 0
    assert story.commissions() == []
    assert story.books_hold()


def test_an_order_cancelled_before_completion_moves_no_money(story: Story) -> None:
    story.sell()
    story.cancel("S-1")
    story.cancel("S-1")
    assert story.owed() == NOTHING
    with refused(story.session, StateConflict, "S-1", "cancelled"):
        story.complete()
    with refused(story.session, StateConflict, "S-1", "nothing to refund"):
        story.refund()
    assert story.commissions() == []
    assert story.books_hold()


def test_a_completed_order_can_not_be_cancelled_any_more(story: Story) -> None:
    story.sell()
    story.complete()
    with refused(story.session, StateConflict, "S-1", "completed"):
        story.cancel("S-1", on="2024-01-12")
    assert story.owed() == Owed(accrued=10_00)
    assert story.books_hold()


def test_thirty_orders_in_one_batch_come_to_the_same_as_one_by_one(story: Story) -> None:
    """Thirty is more than a plain insert takes: the rows go by the fast way, where there is one."""
    story.enrol("linh")
    by = {"mai": range(20), "linh": range(20, 30)}
    sales = [
        make_sale(
            f"S-{number}",
            lines=(make_line(amount_minor=number * 1_00 + 50),),
            touches=(make_click(story.session, story.program, story.partner(code), when=paid),),
        )
        for code, numbers in by.items()
        for number in numbers
        for paid in [at("2024-01-05 11:00")]
    ]
    recorded = conversions.record(story.session, story.program, sales)
    assert [one.reference for one in recorded] == [sale.reference for sale in sales]
    story.complete(*(sale.reference for sale in sales))
    # Mai: 10 % of 0.50, 1.50 … 19.50 is 200.00 / 10. Linh: 10 % of 20.50 … 29.50.
    assert story.owed("mai") == Owed(accrued=20_00)
    assert story.owed("linh") == Owed(accrued=25_00)
    assert story.release(on="2024-02-09") == (30, 45_00)
    built = story.build("2024-02-10")
    assert [payout.amount_minor for payout in built.payouts] == [20_00, 25_00]
    assert story.books_hold()


def test_a_commission_of_nothing_has_a_base_and_no_transfer(story: Story) -> None:
    story.sell("S-1", amount=4)
    assert story.complete("S-1", on="2024-01-10") == [("S-1", 1, 0, True)]
    assert story.refund(5, of="S-1", on="2024-01-11") == ("R-S-1-1-5-2024-01-11", 1, 0, True)
    assert [(row.base_minor, row.amount_minor) for row in story.commissions()] == [(4, 0), (-2, 0)]
    assert story.house() == House()
    assert story.release(on="2024-02-09") == (1, 0)
    built = story.build("2024-02-10")
    assert (built.batch, built.skipped) == (None, (("mai", 0, payouts.NOTHING_LEFT),))

    story.sell("S-2", on="2024-02-10")
    story.complete("S-2", on="2024-02-10")
    story.release(on="2024-03-11")
    assert story.pay_out(on="2024-03-12").amount_minor == 10_00
    assert story.states() == ["paid"] * 3
    assert story.books_hold()


def test_a_payout_that_has_arrived_when_it_is_looked_for_is_settled(story: Story) -> None:
    story.sell()
    story.complete()
    story.release(on="2024-02-09")
    payout = story.build_one("2024-02-10")
    story.approve(payout, on="2024-02-11")
    story.send(payout, on="2024-02-12")
    found = RAIL.find(settling.order_of(story.program, payout))
    assert found.kind is OutcomeKind.ARRIVED
    for _ in range(2):
        settling.record_outcomes(
            story.session,
            story.program,
            {payout.id: found},
            at=at("2024-02-14"),
            actor="janitor",
        )
    assert payout.state == PayoutState.SETTLED
    assert story.house() == House(commission=10_00, cash=10_00)
    assert story.books_hold()
