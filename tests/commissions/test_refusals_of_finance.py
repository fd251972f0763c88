"""Bad input from finance, as tables: who is refused what, by which named error.

Each step is tried in the program that ``refusing.world`` describes.
"""

from __future__ import annotations

import pytest

from commissions import (
    approval,
    bonuses,
    clicks,
    closing,
    errors,
    ledger,
    payouts,
    returns,
    settling,
)
from commissions.clicks import Visit
from commissions.money import MAX_MINOR
from commissions.periods import parse_month
from commissions.providers import Outcome, OutcomeKind
from commissions.returns import Returned
from tests.commissions.refusing import (
    LATER,
    NAIVE,
    WHO,
    Refusal,
    Step,
    check,
    payout_of,
    world,
)
from tests.factories import at
from tests.story import Story

__all__ = ["world"]
JANUARY, APRIL = parse_month("2024-01"), parse_month("2024-04")


def batch(world: Story) -> int:
    """Return the only batch's id."""
    return payout_of(world).batch_id


def post(reference: str = "held:1", **changes: object) -> Step:
    """Make the transfer that booked sale ``held`` once more, but for what is changed."""

    def step(world: Story) -> object:
        (row,) = (row for row in world.commissions(kind="sale") if row.reference == "held:1")
        usual = {
            "code": "accrual",
            "reference": reference,
            "debit": ledger.expense("sale"),
            "credit": ledger.accrued(row.partner_id),
            "amount_minor": row.amount_minor,
            "effective_at": row.effective_at,
            "cause_id": row.id,
        }
        posting = ledger.Posting(**usual | changes)
        return ledger.post(world.session, world.program, [posting])

    return step


def twice(world: Story) -> object:
    """Post one key with two contents in one set."""
    debit, credit = ledger.expense("sale"), ledger.accrued(world.partner("mai").id)
    postings = [
        ledger.Posting("accrual", "new", debit, credit, amount, LATER, 1) for amount in (1, 2)
    ]
    return ledger.post(world.session, world.program, postings)


LEDGER: list[Refusal] = [
    ("of nothing", errors.AmountInvalid, "give 1 to", post("new", amount_minor=0)),
    ("below nothing", errors.AmountInvalid, "moves -1", post("new", amount_minor=-1)),
    ("too large", errors.AmountInvalid, "give 1 to", post("new", amount_minor=MAX_MINOR + 1)),
    (
        "into a sealed month",
        errors.MonthSealed,
        "make it effective at 2024-02-01T00:00:00+00:00 or later",
        post("new", effective_at=at("2024-01-31 23:59:59.999999")),
    ),
    ("at no time of any zone", errors.TimeInvalid, "no time zone", post("new", effective_at=NAIVE)),
    (
        "again with another sum",
        errors.KeyConflict,
        "accrual:held:1 has another amount_minor: the books hold debit=expense:commission, credit=",
        post(amount_minor=1),
    ),
    (
        "again at another time",
        errors.KeyConflict,
        "another effective_at: the books hold",
        post(effective_at=LATER),
    ),
    ("again for another cause", errors.KeyConflict, "another cause_id: the", post(cause_id=77)),
    (
        "again between other accounts",
        errors.KeyConflict,
        "given was debit=expense:bonus, credit=accrued of partner ",
        post(debit=ledger.expense("bonus")),
    ),
    (
        "again with all else",
        errors.KeyConflict,
        "another amount_minor and cause_id: the books hold",
        post(amount_minor=1, cause_id=77),
    ),
    ("twice in one set", errors.KeyConflict, "given first was debit=", twice),
]

PAYOUTS: list[Refusal] = [
    (
        "approved by its maker",
        errors.FourEyes,
        "built by anna: somebody else must approve it",
        lambda w: w.approve(payout_of(w), on="2024-02-13", checker="anna"),
    ),
    (
        "approved by its maker in capitals",
        errors.FourEyes,
        "somebody else must approve it",
        lambda w: w.approve(payout_of(w), on="2024-02-13", checker=" ANNA "),
    ),
    (
        "refused by its maker",
        errors.FourEyes,
        "somebody else must refuse it",
        lambda w: w.refuse(payout_of(w), on="2024-02-13", checker="anna"),
    ),
    (
        "to a partner without details",
        errors.PayoutDetailsMissing,
        "Partner linh has no payout details: ask for them first",
        lambda w: (
            w.enrol("linh", payout_destination=None),
            w.sell("S-9", by="linh", on="2024-02-05"),
            w.complete("S-9", on="2024-02-05"),
            w.release(on="2024-03-10"),
            w.build("2024-03-10", of=["linh"]),
        ),
    ),
    (
        "to a partner of whom nobody knows",
        errors.PartnerUnknown,
        "no partner 'khoa'",
        lambda w: w.build("2024-02-13", of=["khoa", "mai"]),
    ),
    (
        "built at no time of any zone",
        errors.TimeInvalid,
        "no time zone",
        lambda w: (
            w.refuse(payout_of(w), on="2024-02-13"),
            payouts.build_batch(w.session, w.program, maker="anna", at=NAIVE),
        ),
    ),
    (
        "of an unknown batch",
        errors.BatchUnknown,
        "no batch 77",
        lambda w: payouts.approve(w.session, w.program, 77, checker="binh", at=LATER),
    ),
    (
        "of an unknown batch, looked up",
        errors.BatchUnknown,
        "no batch 77",
        lambda w: payouts.find_batch(w.session, w.program, 77),
    ),
    (
        "unknown",
        errors.PayoutUnknown,
        "no payout 77",
        lambda w: settling.settle(w.session, w.program, [77], at=LATER, actor="bank"),
    ),
    (
        "sent before it is approved",
        errors.StateConflict,
        "approve its batch first",
        lambda w: w.send(payout_of(w), on="2024-02-13"),
    ),
    (
        "settled before it is sent",
        errors.StateConflict,
        "reserved and can't become settled",
        lambda w: w.settle(payout_of(w), on="2024-02-13"),
    ),
    (
        "returned before it is settled",
        errors.StateConflict,
        "can't become returned",
        lambda w: w.give_back(payout_of(w), on="2024-02-13"),
    ),
    (
        "approved by a second checker",
        errors.StateConflict,
        "is approved and can't become approved",
        lambda w: [w.approve(payout_of(w), on="2024-02-13", checker=c) for c in ("binh", "chi")],
    ),
    (
        "settled at no time of any zone",
        errors.TimeInvalid,
        "no time zone",
        lambda w: (
            w.approve(payout_of(w), on="2024-02-13"),
            w.send(payout_of(w), on="2024-02-13"),
            settling.settle(w.session, w.program, [payout_of(w).id], at=NAIVE, actor="bank"),
        ),
    ),
    (
        "told of at no time of any zone",
        errors.TimeInvalid,
        "no time zone",
        lambda w: (
            w.approve(payout_of(w), on="2024-02-13"),
            w.send(payout_of(w), on="2024-02-13"),
            settling.record_outcomes(
                w.session,
                w.program,
                {payout_of(w).id: Outcome(OutcomeKind.ARRIVED)},
                at=NAIVE,
                actor="bank",
            ),
        ),
    ),
]


def ids(world: Story) -> list[int]:
    """Return the commission on hold."""
    return [row.id for row in world.commissions(state="on_hold", kind="sale")]


def hold_twice(world: Story) -> None:
    """Stop a commission that is stopped."""
    wanted = ids(world)
    world.hold(*wanted)
    world.hold(*wanted)


MONTHS_AND_STOPS: list[Refusal] = [
    (
        "a release at no time of any zone",
        errors.TimeInvalid,
        "no time zone",
        lambda w: approval.release(w.session, w.program, at=NAIVE, actor="job"),
    ),
    (
        "a stop at no time of any zone",
        errors.TimeInvalid,
        "no time zone",
        lambda w: approval.hold(w.session, w.program, ids(w), at=NAIVE, **WHO),
    ),
    (
        "a rejection at no time of any zone",
        errors.TimeInvalid,
        "no time zone",
        lambda w: approval.reject(w.session, w.program, ids(w), at=NAIVE, **WHO),
    ),
    (
        "a rejection in a sealed month",
        errors.MonthSealed,
        "sealed month",
        lambda w: w.reject(*ids(w), on="2024-01-31"),
    ),
    ("a lift of what isn't stopped", errors.StateConflict, "on_hold", lambda w: w.lift(*ids(w))),
    ("a stop of what is stopped", errors.StateConflict, "is held", hold_twice),
    (
        "a stop for an endless reason",
        errors.Invalid,
        "The reason",
        lambda w: approval.hold(
            w.session, w.program, ids(w), at=LATER, actor="thu", reason="x" * 401
        ),
    ),
    ("a stop of nothing known", errors.CommissionUnknown, "Commission 77", lambda w: w.hold(77)),
    (
        "a month that runs",
        errors.MonthOpen,
        "runs until 2024-05-01",
        lambda w: bonuses.award(w.session, w.program, APRIL, now=at("2024-04-30"), actor="job"),
    ),
    (
        "an award at no time of any zone",
        errors.TimeInvalid,
        "no time zone",
        lambda w: bonuses.award(w.session, w.program, APRIL, now=NAIVE, actor="job"),
    ),
    (
        "a seal at no time of any zone",
        errors.TimeInvalid,
        "no time zone",
        lambda w: closing.seal(w.session, w.program, APRIL, now=NAIVE, actor="job"),
    ),
    (
        "a balance as of no time of any zone",
        errors.TimeInvalid,
        "no time zone",
        lambda w: ledger.balance(w.session, w.program, ledger.expense("sale"), as_of=NAIVE),
    ),
    (
        "a visit at no time of any zone",
        errors.TimeInvalid,
        "no time zone",
        lambda w: clicks.record(w.session, w.program, [Visit(w.partner("mai").id, NAIVE)]),
    ),
    (
        "a visit of no kind",
        errors.Invalid,
        "click, shop_page, coupon, scan",
        lambda w: clicks.record(
            w.session, w.program, [Visit(w.partner("mai").id, LATER, kind="dream")]
        ),
    ),
    (
        "a visit to a stranger",
        errors.PartnerUnknown,
        "Partner 77 is none of program roses",
        lambda w: clicks.record(w.session, w.program, [Visit(77, LATER)]),
    ),
    (
        "a return at no time of any zone",
        errors.TimeInvalid,
        "no time zone",
        lambda w: returns.find(w.session, w.program, [Returned(1, "u-1", "ROSE", 1, NAIVE)]),
    ),
]


@pytest.mark.parametrize(
    "refusals",
    [LEDGER, PAYOUTS, MONTHS_AND_STOPS],
    ids=["a transfer", "a payout", "a step of finance"],
)
def test_bad_input_from_finance_is_refused_by_name(world: Story, refusals: list[Refusal]) -> None:
    check(world, refusals)
