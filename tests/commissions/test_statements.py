"""Statements: what partners earned by month, read from the transfers alone."""

from __future__ import annotations

from sqlalchemy.orm import Session

from commissions import statements
from commissions.tiers import Tier
from tests.factories import make_plan, make_program
from tests.story import Owed, Story


def rows(story: Story) -> list[tuple[object, ...]]:
    """Return the statements as plain rows."""
    return [tuple(row) for row in statements.by_partner_and_month(story.session, story.program)]


def test_a_program_without_transfers_has_no_statement(story: Story) -> None:
    assert rows(story) == []


def test_a_statement_tells_what_was_earned_and_what_was_taken_back(session: Session) -> None:
    plan = make_plan(tiers=[Tier("koc", 100_00, 100)], override_bps=200)
    story = Story(session, make_program(session, plan, time_zone="Asia/Ho_Chi_Minh"))
    story.enrol("dao", kind="distributor")
    story.enrol("mai", sponsor_code="dao")
    story.sell("S-1")
    story.complete("S-1", on="2024-01-31 16:59:59")
    story.sell("S-2", on="2024-01-31 17:00:00")
    story.complete("S-2", on="2024-01-31 17:00:00")
    story.refund(2, of="S-2", on="2024-02-10")
    story.close("2024-01", on="2024-02-01")
    story.refund(5, of="S-1", on="2024-01-31 16:00:00", reference="late")
    bonus = story.id_of("bonus")
    story.reject(bonus, on="2024-02-20")
    story.release(on="2024-03-01 16:59:59.999999")

    assert rows(story) == [
        # partner, month, sale, override, bonus, reversed, net
        ("dao", "2024-01", 0, 2_00, 0, 0, 2_00),
        ("dao", "2024-02", 0, 2_00, 0, 1_40, 60),
        ("mai", "2024-01", 10_00, 0, 1_00, 0, 11_00),
        ("mai", "2024-02", 10_00, 0, 0, 8_00, 2_00),
    ]
    net = sum(int(str(row[-1])) for row in rows(story))
    assert net == sum(story.owed("mai")) + sum(story.owed("dao"))
    assert story.books_hold()


def test_releases_and_payouts_are_no_earnings(story: Story) -> None:
    story.sell()
    story.complete(on="2024-01-10")
    story.release(on="2024-02-09")
    payout = story.pay_out(on="2024-03-10")
    story.give_back(payout, on="2024-04-10")
    assert rows(story) == [("mai", "2024-01", 10_00, 0, 0, 0, 10_00)]
    assert story.owed() == Owed(payable=10_00)
    assert story.books_hold()


def test_a_month_may_end_below_nothing(story: Story) -> None:
    story.sell()
    story.complete(on="2024-01-10")
    story.refund(on="2024-02-02")
    assert rows(story) == [
        ("mai", "2024-01", 10_00, 0, 0, 0, 10_00),
        ("mai", "2024-02", 0, 0, 0, 10_00, -10_00),
    ]
    assert story.books_hold()
