"""Reversals as tables: partial returns add up to what was earned, never to more."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from commissions import clawbacks
from commissions.rules import Plan
from commissions.values import RefundLine, SaleLine
from tests.factories import make_line, make_plan, make_program, make_refund, make_rule
from tests.story import Owed, Story

TEN_PERCENT = make_plan()
FLAT = make_plan(make_rule(1, flat_minor=5_00))
TWELVE_AND_EIGHT = make_plan(
    make_rule(1, stock_codes=("VASE*",), rate_bps=1_200), make_rule(2, rate_bps=800)
)


def told(session: Session, plan: Plan, *lines: SaleLine, currency: str = "EUR") -> Story:
    """Return a story whose only sale is completed."""
    story = Story(session, make_program(session, plan, currency=currency))
    story.enrol("mai")
    story.sell(lines=lines)
    story.complete()
    return story


def taken(story: Story, steps: list[tuple[int, int]]) -> list[int]:
    """Return what each return of (line, pieces) took, in minor units."""
    return [
        -story.refund(pieces, line=line, reference=f"R-{number}").amount_minor
        for number, (line, pieces) in enumerate(steps)
    ]


@pytest.mark.parametrize(
    ("plan", "lines", "steps", "amounts"),
    [
        # 10 % of 10.00 in three pieces: 0.33, 0.67, 1.00 from the beginning.
        (TEN_PERCENT, [make_line(1, 10_00, quantity=3)], [(1, 1)] * 3, [33, 34, 33]),
        # One cent for ten pieces: it goes when half of them are back.
        (
            TEN_PERCENT,
            [make_line(1, 10)],
            [(1, 1)] * 10,
            [0, 0, 0, 0, 1, 0, 0, 0, 0, 0],
        ),
        # A base of one cent earns nothing, and nothing is taken.
        (TEN_PERCENT, [make_line(1, 1)], [(1, 5), (1, 5)], [0, 0]),
        # A flat sum goes in proportion to the base that comes back.
        (FLAT, [make_line(1, 30_00, quantity=3)], [(1, 1)] * 3, [1_67, 1_66, 1_67]),
        (FLAT, [make_line(1, 90_00), make_line(2, 10_00)], [(2, 10), (1, 10)], [50, 4_50]),
        # Two lines of one group: 12 % of 1.08 is 0.13, each line's half takes 0.065 of it.
        (
            TWELVE_AND_EIGHT,
            [
                make_line(1, 54, quantity=1, stock_code="VASE-1"),
                make_line(2, 54, quantity=1, stock_code="VASE-2"),
            ],
            [(1, 1), (2, 1)],
            [7, 6],
        ),
        # Two groups, each for itself: 12 % of 50.00 and 8 % of 25.00.
        (
            TWELVE_AND_EIGHT,
            [make_line(1, 50_00, stock_code="VASE-1"), make_line(2, 25_00, quantity=5)],
            [(2, 1), (1, 3), (2, 4), (1, 7)],
            [40, 1_80, 1_60, 4_20],
        ),
    ],
)
def test_partial_returns_add_up_to_what_was_earned(
    session: Session,
    plan: Plan,
    lines: list[SaleLine],
    steps: list[tuple[int, int]],
    amounts: list[int],
) -> None:
    story = told(session, plan, *lines)
    earned = story.owed().accrued
    assert taken(story, steps) == amounts
    assert sum(amounts) == earned
    assert story.owed() == Owed()
    assert {*story.states()} == {"reversed"}
    assert story.house().commission == 0
    assert story.books_hold()


@pytest.mark.parametrize("currency", ["JPY", "VND", "EUR", "KWD", "CLF"])
def test_the_rule_is_one_for_every_exponent(session: Session, currency: str) -> None:
    story = told(session, TEN_PERCENT, make_line(1, 1_005, quantity=4), currency=currency)
    assert story.owed() == Owed(accrued=101)
    # 251, 503, 754 and 1005 come back, of which 10.05 % each is 25, 51, 76 and 101.
    assert taken(story, [(1, 1)] * 4) == [25, 26, 25, 25]
    assert story.owed() == Owed()
    assert story.books_hold()


def test_all_that_is_left_takes_the_rest_to_the_cent(session: Session) -> None:
    story = told(session, TWELVE_AND_EIGHT, make_line(1, 9_99), make_line(2, 3_33, quantity=3))
    assert story.owed() == Owed(accrued=1_07)
    taken(story, [(1, 3), (2, 1)])
    before = story.owed().accrued
    assert story.refund(on="2024-01-21").amount_minor == -before
    assert story.owed() == Owed()
    assert story.refund(on="2024-01-22").amount_minor == 0, "all of nothing is nothing"
    assert story.books_hold()


def test_a_piece_that_was_worth_nothing_takes_nothing_and_leaves_a_trace(
    session: Session,
) -> None:
    story = told(session, TEN_PERCENT, make_line(1, 10, quantity=1_000))
    assert story.refund(1, on="2024-01-20") == ("R-S-1-1-1-2024-01-20", 0, 0, True)
    assert story.refund(999, on="2024-01-21").amount_minor == -1
    assert story.owed() == Owed()
    assert story.books_hold()


def test_refunds_that_are_recorded_are_known_by_their_digest(session: Session) -> None:
    story = told(session, TEN_PERCENT, make_line())
    refund = make_refund("R-1", RefundLine("S-1", 1, 1))
    by_document = make_refund("R-2", RefundLine("S-1", 1, 1), content="digest of the document")
    story.take_back(refund, by_document)
    found = clawbacks.known(session, story.program, ["R-1", "R-2", "R-3"])
    assert found == {"R-1": refund.fingerprint(), "R-2": "digest of the document"}
    again = make_refund("R-2", RefundLine("S-1", 1, 5), content="digest of the document")
    assert story.take_back(again)[0].new is False, "the document is the same, whatever we found"
    assert story.owed() == Owed(accrued=8_00)
    assert story.books_hold()


def test_two_programs_may_use_the_same_references(story: Story) -> None:
    other = Story(story.session, make_program(story.session, code="tulips"))
    other.enrol("mai")
    for told_in, pieces in ((story, 2), (other, 5)):
        told_in.sell()
        told_in.complete()
        told_in.refund(pieces, reference="R-1")
    assert story.owed() == Owed(accrued=8_00)
    assert other.owed() == Owed(accrued=5_00)
    assert story.books_hold()


def test_references_that_look_like_each_other_stay_apart(story: Story) -> None:
    """What a clawback is called joins two references; no two pairs may join to one name."""
    story.sell("S>T")
    story.sell("T")
    story.complete("S>T", "T")
    story.take_back(
        make_refund("R", RefundLine("S>T", 1, 1)), make_refund("R>S", RefundLine("T", 1, 2))
    )
    assert story.owed() == Owed(accrued=17_00)
    assert story.books_hold()
