"""Payouts that don't go as planned: refused, failed, returned, unknown, lost; then paid again."""

from __future__ import annotations

import pytest

from commissions import payouts, settling
from commissions.errors import StateConflict
from commissions.models import Payout
from commissions.providers import ManualRail, Outcome, OutcomeKind
from commissions.states import BatchState, PayoutState
from tests.factories import at
from tests.story import NOTHING, House, Owed, Story, refused


def ready(story: Story, reference: str = "S-1", *, amount: int = 100_00) -> None:
    """Bring a sale to where its commission is ready, on 9 February 2024."""
    story.sell(reference, amount=amount)
    story.complete(reference)
    story.release(on="2024-02-09")


def sending(story: Story) -> Payout:
    """Bring a payout to where the rail is about to be called."""
    payout = story.build_one("2024-02-10")
    story.approve(payout, on="2024-02-11")
    settling.begin_sending(
        story.session, story.program, [payout.id], at=at("2024-02-12"), actor="job"
    )
    return payout


def say(story: Story, payout: Payout, kind: OutcomeKind, **more: str | None) -> None:
    """Write down a rail's answer."""
    settling.record_outcomes(
        story.session,
        story.program,
        {payout.id: Outcome(kind, **more)},
        at=at("2024-02-13"),
        actor="job",
    )


def test_a_refused_batch_makes_everything_ready_again(story: Story) -> None:
    ready(story)
    payout = story.build_one("2024-02-10")
    story.refuse(payout, on="2024-02-11")
    assert payout.state == PayoutState.FAILED
    assert story.owed() == Owed(payable=10_00)
    assert story.states() == ["ready"]
    with refused(story.session, StateConflict, "refused"):
        story.approve(payout, on="2024-02-12")
    assert story.pay_out(on="2024-02-13").amount_minor == 10_00
    assert story.owed() == NOTHING
    assert story.house() == House(commission=10_00, cash=10_00)
    assert story.books_hold()


def test_a_refused_batch_can_be_claimed_again_with_what_came_meanwhile(story: Story) -> None:
    ready(story)
    story.refuse(story.build_one("2024-02-10"), on="2024-02-11")
    story.refund(4, on="2024-02-12")
    ready(story, "S-2", amount=20_00)
    assert story.owed() == Owed(payable=8_00)
    assert story.pay_out(on="2024-02-13").amount_minor == 8_00
    assert story.books_hold()


@pytest.mark.parametrize("stage", ["reserved", "approved", "sent"])
def test_a_payout_that_failed_is_ready_again_and_paid_by_the_next_batch(
    story: Story, stage: str
) -> None:
    ready(story)
    if stage in {"reserved", "approved"}:
        payout = story.build_one("2024-02-10")
    else:
        payout = sending(story)
        say(story, payout, OutcomeKind.DONE)
    if stage == "approved":
        story.approve(payout, on="2024-02-11")
    assert payout.state == stage
    assert story.owed() == Owed(in_payout=10_00)

    for _ in range(2):
        story.fail(payout, on="2024-02-14")
    assert payout.state == PayoutState.FAILED
    assert story.owed() == Owed(payable=10_00)
    with refused(story.session, StateConflict, "failed"):
        story.settle(payout, on="2024-02-15")

    again = story.pay_out(on="2024-02-16")
    assert again.key != payout.key
    assert story.owed() == NOTHING
    assert story.house() == House(commission=10_00, cash=10_00)
    assert story.books_hold()


def test_what_was_perhaps_sent_is_failed_by_its_rail_alone(story: Story) -> None:
    ready(story)
    payout = sending(story)
    say(story, payout, OutcomeKind.UNKNOWN)
    with refused(story.session, StateConflict, "asks its rail"):
        story.fail(payout, on="2024-02-14")
    assert story.owed() == Owed(in_payout=10_00)
    say(story, payout, OutcomeKind.REJECTED)
    assert payout.state == PayoutState.FAILED
    assert story.owed() == Owed(payable=10_00)
    assert story.books_hold()


def test_what_bounces_after_it_was_sent_is_ready_again(story: Story) -> None:
    ready(story)
    payout = sending(story)
    say(story, payout, OutcomeKind.DONE)
    for _ in range(2):
        say(story, payout, OutcomeKind.REJECTED)
    assert payout.state == PayoutState.FAILED
    assert story.owed() == Owed(payable=10_00)
    story.pay_out(on="2024-02-21")
    assert story.house() == House(commission=10_00, cash=10_00)
    assert story.books_hold()


def test_a_payout_that_came_back_is_ready_again_and_paid_by_the_next_batch(story: Story) -> None:
    ready(story)
    payout = story.pay_out(on="2024-02-10")
    assert story.house() == House(commission=10_00, cash=10_00)
    for _ in range(2):
        story.give_back(payout, on="2024-02-20")
    assert payout.state == PayoutState.RETURNED
    assert story.owed() == Owed(payable=10_00)
    assert story.states() == ["ready"]
    assert story.house() == House(commission=10_00)

    story.pay_out(on="2024-02-21")
    assert story.owed() == NOTHING
    assert story.house() == House(commission=10_00, cash=10_00)
    assert story.states() == ["paid"]
    assert story.books_hold()


def test_goods_and_payout_both_come_back(story: Story) -> None:
    """The refund first takes the debt up, then the bank sends the money home."""
    ready(story)
    payout = story.pay_out(on="2024-02-10")
    story.refund(4, on="2024-02-20")
    assert story.owed() == Owed(payable=-4_00)
    story.give_back(payout, on="2024-02-21")
    assert story.owed() == Owed(payable=6_00)
    assert story.states() == ["ready", "ready"]
    assert story.pay_out(on="2024-02-22").amount_minor == 6_00
    assert story.house() == House(commission=6_00, cash=6_00)
    assert story.books_hold()


def test_a_payout_that_netted_a_debt_fails_and_the_debt_is_back(story: Story) -> None:
    ready(story)
    story.pay_out(on="2024-02-10")
    story.refund(4, on="2024-02-20")
    story.sell("S-2", on="2024-02-20")
    story.complete("S-2", on="2024-02-20")
    story.release(on="2024-03-25")
    payout = story.build_one("2024-03-26")
    assert story.owed() == Owed(in_payout=6_00)
    story.fail(payout, on="2024-03-27")
    assert story.owed() == Owed(payable=6_00)
    assert story.states() == ["paid", "ready", "ready"]
    assert story.books_hold()


def test_a_rail_that_refuses_lets_the_payout_fail_with_its_reason(story: Story) -> None:
    ready(story)
    story.enrol("mai", payout_destination="reject")
    payout = story.build_one("2024-02-10")
    story.approve(payout, on="2024-02-11")
    story.send(payout, on="2024-02-12")
    assert payout.state == PayoutState.FAILED
    assert story.owed() == Owed(payable=10_00)
    story.enrol("mai", payout_destination="a better bank")
    assert story.pay_out(on="2024-02-13").destination == "a better bank"
    assert story.books_hold()


def test_a_payout_found_missing_while_it_was_being_sent_takes_the_answer_of_that_call(
    story: Story,
) -> None:
    """The janitor asks too early, and the rail hasn't heard of it; then the call ends."""
    ready(story)
    payout = sending(story)
    say(story, payout, OutcomeKind.MISSING)
    assert payout.state == PayoutState.APPROVED
    with refused(story.session, StateConflict, "asks its rail"):
        story.fail(payout, on="2024-02-14")
    say(story, payout, OutcomeKind.DONE, reference="bank-77")
    assert payout.state == PayoutState.SENT
    story.settle(payout, on="2024-02-15")
    assert story.house() == House(commission=10_00, cash=10_00)
    assert story.books_hold()


def test_a_person_who_sees_the_money_arrive_settles_a_payout_nobody_could_tell_of(
    story: Story,
) -> None:
    ready(story)
    payout = sending(story)
    say(story, payout, OutcomeKind.UNKNOWN)
    for _ in range(2):
        story.settle(payout, on="2024-02-15")
    assert payout.state == PayoutState.SETTLED
    assert story.owed() == NOTHING
    assert story.house() == House(commission=10_00, cash=10_00)
    assert story.books_hold()


def test_details_changed_after_the_batch_was_built_do_not_move_its_money(story: Story) -> None:
    ready(story)
    payout = story.build_one("2024-02-10")
    story.enrol("mai", payout_destination="a stranger")
    story.approve(payout, on="2024-02-11")
    order = settling.order_of(story.program, payout)
    assert order.destination == "bank of mai"
    assert story.books_hold()


def test_a_payout_nobody_can_tell_of_waits_and_never_opens_by_itself(story: Story) -> None:
    ready(story)
    payout = sending(story)
    with refused(story.session, StateConflict, "perhaps sent", "asks its rail"):
        story.fail(payout, on="2024-02-13")
    for _ in range(2):
        say(story, payout, OutcomeKind.UNKNOWN, reason="timed out")
    assert payout.state == PayoutState.UNKNOWN
    assert story.owed() == Owed(in_payout=10_00)
    story.send(payout, on="2024-02-14")
    assert payout.state == PayoutState.UNKNOWN, "what was perhaps sent is not sent again"
    assert story.build("2024-02-15").batch is None
    say(story, payout, OutcomeKind.ARRIVED, reference="bank-77")
    assert (payout.state, payout.rail_reference) == (PayoutState.SETTLED, "bank-77")
    assert story.house() == House(commission=10_00, cash=10_00)
    assert story.books_hold()


@pytest.mark.parametrize("asked", ["while sending", "after nobody could tell"])
def test_an_order_that_the_rail_never_saw_is_sent_again_under_its_key(
    story: Story, asked: str
) -> None:
    ready(story)
    payout = sending(story)
    if asked == "after nobody could tell":
        say(story, payout, OutcomeKind.UNKNOWN)
    key = payout.key
    say(story, payout, OutcomeKind.MISSING, reason="no such key")
    assert payout.state == PayoutState.APPROVED
    story.send(payout, on="2024-02-14")
    assert (payout.state, payout.key) == (PayoutState.SENT, key)
    story.settle(payout, on="2024-02-15")
    assert story.house() == House(commission=10_00, cash=10_00)
    assert story.books_hold()


def test_an_answer_that_comes_too_late_changes_nothing(story: Story) -> None:
    ready(story)
    payout = story.pay_out(on="2024-02-10")
    for kind in OutcomeKind:
        say(story, payout, kind)
    assert payout.state == PayoutState.SETTLED
    assert story.house() == House(commission=10_00, cash=10_00)
    assert story.books_hold()


@pytest.mark.parametrize("reference", ["bank-77", None])
def test_a_rail_that_has_what_failed_is_not_overlooked(story: Story, reference: str | None) -> None:
    ready(story)
    payout = sending(story)
    say(story, payout, OutcomeKind.REJECTED)
    known_as = f"payout {payout.id} as bank-77" if reference else f"payout {payout.id},"
    for kind in OutcomeKind:
        if kind in {OutcomeKind.DONE, OutcomeKind.ARRIVED}:
            with refused(story.session, StateConflict, known_as, "recall it at the rail"):
                say(story, payout, kind, reference=reference)
        else:
            say(story, payout, kind)
    assert payout.state == PayoutState.FAILED
    assert story.owed() == Owed(payable=10_00)
    assert story.books_hold()


@pytest.mark.parametrize("kind", OutcomeKind)
def test_a_rail_that_tells_late_of_what_came_back_tells_nothing_new(
    story: Story, kind: OutcomeKind
) -> None:
    ready(story)
    payout = story.pay_out(on="2024-02-10")
    story.give_back(payout, on="2024-02-20")
    say(story, payout, kind, reference="bank-77")
    assert payout.state == PayoutState.RETURNED
    assert story.owed() == Owed(payable=10_00)
    assert story.books_hold()


def test_the_manual_rail_leaves_the_money_in_payout_until_a_person_settles(story: Story) -> None:
    ready(story)
    story.enrol("mai", payout_rail="manual")
    payout = story.build_one("2024-02-10")
    story.approve(payout, on="2024-02-11")
    [order] = settling.begin_sending(
        story.session, story.program, [payout.id], at=at("2024-02-12"), actor="job"
    )
    rail = ManualRail()
    assert rail.find(order) == rail.send(order)
    say(story, payout, rail.send(order).kind, reference=f"manual-{order.key}")
    assert story.owed() == Owed(in_payout=10_00)
    story.settle(payout, on="2024-02-14")
    assert story.owed() == NOTHING
    assert story.house().cash == 0, "the money left by another rail"
    assert story.books_hold()


def test_a_payout_is_sent_only_after_its_batch_is_approved(story: Story) -> None:
    ready(story)
    payout = story.build_one("2024-02-10")
    with refused(story.session, StateConflict, "isn't approved", "approve its batch first"):
        story.send(payout, on="2024-02-11")
    with refused(story.session, StateConflict, "isn't approved"):
        settling.order_of(story.program, payout)
    with refused(story.session, StateConflict, "reserved"):
        story.settle(payout, on="2024-02-11")
    with refused(story.session, StateConflict, "reserved"):
        story.give_back(payout, on="2024-02-11")
    assert story.owed() == Owed(in_payout=10_00)
    assert story.books_hold()


def test_one_batch_pays_some_and_skips_others_with_the_reason(story: Story) -> None:
    story.enrol("linh", payout_destination=None)
    story.enrol("khoa")
    story.program.minimum_payout_minor = 10_00
    for code, amount in (("mai", 100_00), ("linh", 200_00), ("khoa", 99_90)):
        story.sell(f"S-{code}", by=code, amount=amount)
        story.complete(f"S-{code}")
    story.release(on="2024-02-09")
    built = story.build("2024-02-10")
    assert [payout.amount_minor for payout in built.payouts] == [10_00]
    assert built.skipped == (
        ("linh", 20_00, payouts.NO_DETAILS),
        ("khoa", 9_99, payouts.BELOW_MINIMUM),
    )
    assert built.batch is not None
    batch, found = payouts.find_batch(story.session, story.program, built.batch.id)
    assert (batch.state, found) == (BatchState.BUILT, [*built.payouts])
    waiting = payouts.in_state(story.session, story.program, PayoutState.RESERVED)
    assert waiting == found
    assert story.owed("linh") == Owed(payable=20_00)
    assert story.owed("khoa") == Owed(payable=9_99)
    assert story.books_hold()
