"""Everything takes batches: none is a batch too, and twice in one batch is once."""

from __future__ import annotations

from commissions import accrual, approval, clawbacks, clicks, conversions, ledger, partners, returns
from commissions.values import Completion
from tests.factories import at, make_sale
from tests.story import Owed, Story

WHO = {"actor": "thu", "reason": "none"}


def test_a_batch_of_none_is_done_at_once_and_changes_nothing(story: Story) -> None:
    session, program, when = story.session, story.program, at("2024-01-10")
    assert clicks.record(session, program, []) == []
    assert conversions.record(session, program, []) == []
    assert conversions.known(session, program, []) == {}
    conversions.cancel(session, program, [], at=when, **WHO)
    assert accrual.accrue(session, program, [], actor="shop") == []
    assert clawbacks.take_back(session, program, [], actor="shop") == []
    assert clawbacks.known(session, program, []) == {}
    assert returns.find(session, program, []) == []
    assert returns.matched_pieces(session, program, []) == {}
    assert approval.release(session, program, at=when, actor="job") == (0, 0)
    assert approval.release(session, program, at=[], actor="job") == (0, 0)
    assert approval.next_due(session, program, []) == {}
    for step in (approval.hold, approval.lift, approval.reject):
        step(session, program, [], at=when, **WHO)
    assert partners.enrol(session, program, []) == []
    assert partners.ids_by_code(session, program, []) == {}
    assert story.build("2024-01-10").batch is None
    assert story.build("2024-01-10", of=[]).batch is None
    assert ledger.post(session, program, []) == (0, 0)
    assert story.books_hold()


def test_a_sale_twice_in_one_batch_is_recorded_once(story: Story) -> None:
    sale = make_sale()
    told = conversions.record(story.session, story.program, [sale, make_sale("S-2"), sale])
    assert [one.reference for one in told] == ["S-1", "S-2", "S-1"]
    assert [one.new for one in told] == [True, True, True]
    again = conversions.record(story.session, story.program, [sale])
    assert again == [("S-1", None, 0, False)]


def test_a_completion_twice_in_one_batch_is_booked_once(story: Story) -> None:
    story.sell()
    completion = Completion("S-1", at("2024-01-10"))
    told = accrual.accrue(story.session, story.program, [completion, completion], actor="shop")
    assert told == [("S-1", 1, 10_00, True)] * 2
    assert story.owed() == Owed(accrued=10_00)
    assert story.books_hold()


def test_what_is_told_again_is_answered_as_the_first_time(story: Story) -> None:
    sold, (completed,), back = story.sell(), story.complete(), story.refund(3)
    assert (sold.new, completed.new, back.new) == (True, True, True)
    assert story.sell() == sold._replace(new=False)
    assert story.complete() == [completed._replace(new=False)]
    assert story.refund(3) == back._replace(new=False)
    assert story.owed() == Owed(accrued=7_00)
    assert story.books_hold()


def test_a_batch_answers_in_the_order_in_which_it_was_asked(story: Story) -> None:
    for reference, amount in (("S-3", 30_00), ("S-1", 10_00), ("S-2", 20_00)):
        story.sell(reference, amount=amount)
    told = story.complete("S-2", "S-3", "S-1")
    assert [(one.reference, one.amount_minor) for one in told] == [
        ("S-2", 2_00),
        ("S-3", 3_00),
        ("S-1", 1_00),
    ]
    assert story.books_hold()


def test_many_are_released_as_of_the_day_on_which_each_was_due(story: Story) -> None:
    """The importer's clock: each release runs at the first of its instants that isn't too early."""
    for reference, day in (("S-1", "2024-01-10"), ("S-2", "2024-01-20"), ("S-3", "2024-01-30")):
        story.sell(reference)
        story.complete(reference, on=day)
    story.refund(2, of="S-2", on="2024-01-25")
    clock = [at(day) for day in ("2024-02-01", "2024-02-10", "2024-02-19", "2024-02-25")]
    told = approval.release(story.session, story.program, at=clock, actor="import")
    assert told == (2, 18_00)
    moments = {
        "2024-02-09": Owed(accrued=28_00),
        "2024-02-10": Owed(accrued=18_00, payable=10_00),
        "2024-02-19": Owed(accrued=10_00, payable=18_00),
    }
    assert {moment: story.owed(as_of=moment) for moment in moments} == moments
    due = approval.next_due(story.session, story.program, ["S-1", "S-3", "S-9"])
    assert due == {"S-3": at("2024-02-29")}
    assert story.books_hold()


def test_only_the_partners_who_are_named_are_paid(story: Story) -> None:
    story.enrol("linh")
    for code in ("mai", "linh"):
        story.sell(f"S-{code}", by=code)
        story.complete(f"S-{code}")
    story.release(on="2024-02-09")
    story.program.minimum_payout_minor = 20_00
    built = story.build("2024-02-10", of=["mai"])
    assert (built.batch, [one.partner_code for one in built.skipped]) == (None, ["mai"])
    story.program.minimum_payout_minor = 0
    (payout,) = story.build("2024-02-10", of=["linh"]).payouts
    assert payout.partner_id == story.partner("linh").id
    assert story.owed("mai") == Owed(payable=10_00)
    assert story.owed("linh") == Owed(in_payout=10_00)
    assert story.books_hold()
