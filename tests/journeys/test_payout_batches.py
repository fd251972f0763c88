"""Every step of payouts takes a batch: all of it, or none of it."""

from __future__ import annotations

from commissions import settling
from commissions.errors import PayoutUnknown, StateConflict
from commissions.models import Payout
from commissions.providers import Outcome, OutcomeKind
from tests.factories import at
from tests.story import House, Owed, Story, refused


def three_payouts(story: Story) -> list[Payout]:
    """Build one batch of three payouts of 10.00 each, approved."""
    for code in ("mai", "an", "bo"):
        if code != "mai":
            story.enrol(code)
        story.sell(f"S-{code}", by=code)
        story.complete(f"S-{code}")
    story.release(on="2024-02-09")
    payouts = story.build("2024-02-10").payouts
    story.approve(payouts[0], on="2024-02-11")
    return list(payouts)


def test_a_batch_is_sent_told_and_settled_in_one_call_each(story: Story) -> None:
    listed = three_payouts(story)
    ids = [payout.id for payout in listed]
    when = at("2024-02-12")
    orders = settling.begin_sending(
        story.session, story.program, [*ids, ids[0]], at=when, actor="job"
    )
    assert [order.amount_minor for order in orders] == [10_00] * 3, "each once"
    told = {
        ids[0]: Outcome(OutcomeKind.ARRIVED),
        ids[1]: Outcome(OutcomeKind.REJECTED, reason="account closed"),
        ids[2]: Outcome(OutcomeKind.UNKNOWN, reason="no answer"),
    }
    for _ in range(2):  # what has ended stays as it is; what can't be told waits on
        settling.record_outcomes(story.session, story.program, told, at=when, actor="job")
        assert [payout.state for payout in listed] == ["settled", "failed", "unknown"]
        told = {ids[0]: told[ids[0]], ids[2]: told[ids[2]]}
    for _ in range(2):
        settling.settle(
            story.session, story.program, [ids[0], ids[2]], at=at("2024-02-13"), actor="bank"
        )
    assert [payout.state for payout in listed] == ["settled", "failed", "settled"]
    settling.take_return(
        story.session,
        story.program,
        [ids[0], ids[2]],
        at=at("2024-02-14"),
        actor="bank",
        reason="names differ",
    )
    assert story.house() == House(commission=30_00, cash=0)
    assert story.books_hold()


def test_one_payout_that_cannot_be_settled_lets_none_of_its_batch_be(story: Story) -> None:
    listed = three_payouts(story)
    ids = [payout.id for payout in listed]
    settling.begin_sending(story.session, story.program, ids[:2], at=at("2024-02-12"), actor="job")
    unknown = {one: Outcome(OutcomeKind.UNKNOWN) for one in ids[:2]}
    settling.record_outcomes(
        story.session, story.program, unknown, at=at("2024-02-12"), actor="job"
    )
    with refused(story.session, StateConflict, "approved and can't become settled"):
        settling.settle(story.session, story.program, ids, at=at("2024-02-13"), actor="bank")
    with refused(story.session, PayoutUnknown, "no payout 7777"):
        settling.settle(
            story.session, story.program, [*ids[:2], 7777], at=at("2024-02-13"), actor="bank"
        )
    assert [payout.state for payout in listed] == ["unknown", "unknown", "approved"]
    assert story.books_hold()


def test_a_batch_refused_twice_by_the_same_person_is_refused_once(story: Story) -> None:
    story.sell()
    story.complete()
    story.release(on="2024-02-09")
    payout = story.build_one("2024-02-10")
    for _ in range(2):
        story.refuse(payout, on="2024-02-11")
    assert story.owed() == Owed(payable=10_00)
    assert story.books_hold()
